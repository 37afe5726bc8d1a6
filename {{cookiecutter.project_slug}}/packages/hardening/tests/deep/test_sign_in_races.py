"""Signing in beside changes of the account, in real processes: no token outlives a password, and nothing is a 500."""

import os
from functools import partial
from itertools import count
from typing import Any

from deep.server import PASSWORD, Answer, Caller, Server, together

ROUNDS = int(os.environ.get("RACE_ROUNDS", "40")) // 2
LOGINS = 6
NEW = "another horse battery"
LOGIN, OWN, LOGOUT_ALL = (f"/api/v1/{path}/" for path in ("auth/login", "accounts/me", "auth/logout-all"))

NUMBERS = count(1)


def race(server: Server, *change: Any) -> tuple[str, Caller, Answer, list[Answer]]:
    """Register a user who makes *change* while others sign in; return the name, the user, and the responses."""
    name = f"racer{next(NUMBERS)}"
    user = server.caller(name)
    nobody = Caller(user.server)
    login = partial(nobody, "POST", LOGIN, {"username": name, "password": PASSWORD})
    changed, *logins = together([partial(user, *change), *[login] * LOGINS])
    return name, user, changed, logins


def statuses_of_tokens(user: Caller, logins: list[Answer]) -> set[int]:
    """Return the statuses that the tokens of successful *logins* get."""
    tokens = [answer.body["token"] for answer in logins if answer.status == 200]
    return {Caller(user.server, {"Authorization": f"Bearer {token}"})("GET", OWN).status for token in tokens}


def test_no_token_of_the_old_password_outlives_a_change_of_it(server: Server):
    for _round in range(ROUNDS):
        name, user, changed, logins = race(server, "PATCH", OWN, {"password": NEW, "current_password": PASSWORD})

        assert changed.status == 200
        assert {answer.status for answer in logins} <= {200, 401}
        assert statuses_of_tokens(user, logins) <= {401}
        assert user("GET", OWN).status == 200
        assert Caller(user.server)("POST", LOGIN, {"username": name, "password": PASSWORD}).status == 401


def test_signing_in_beside_the_deletion_of_the_account_is_a_token_that_ends_or_401(server: Server):
    for _round in range(ROUNDS):
        _name, user, changed, logins = race(server, "DELETE", OWN)

        assert changed.status == 204
        assert {answer.status for answer in logins} <= {200, 401}
        assert statuses_of_tokens(user, logins) <= {401}


def test_signing_in_beside_logging_out_everywhere_is_before_or_after_it(server: Server):
    for _round in range(ROUNDS):
        _name, user, changed, logins = race(server, "POST", LOGOUT_ALL)

        assert changed.status == 204
        assert {answer.status for answer in logins} == {200}
        assert user("GET", OWN).status == 401
