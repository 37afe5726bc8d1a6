"""Expected statuses, for the tables of the apps."""

from typing import NamedTuple


class Statuses(NamedTuple):
    """The statuses for a client without a token, with an invalid one, for the owner, and for other users and staff."""

    nobody: int
    dead: int
    owner: int
    other: int


def to_all(status: int) -> Statuses:
    return Statuses(status, status, status, status)


def to_users(status: int) -> Statuses:
    return Statuses(401, 401, status, status)


def to_owner(status: int) -> Statuses:
    return Statuses(401, 401, status, 404)


METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")

NOTHING = dict.fromkeys(METHODS, to_users(405))
NOTHING_PUBLIC = dict.fromkeys(METHODS, to_all(405))  # for views without authentication
READABLE = {"GET": to_all(200), "HEAD": to_all(200)}
LIST = NOTHING | {"GET": to_users(200), "HEAD": to_users(200), "POST": to_users(201)}
OBJECT = NOTHING | {
    "GET": to_owner(200),
    "HEAD": to_owner(200),
    "PUT": to_owner(200),
    "PATCH": to_owner(200),
    "DELETE": to_owner(204),
}
