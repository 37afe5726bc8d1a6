from datetime import timedelta
from threading import Thread
from typing import Any

from django.db import connections
from knox.models import get_token_model

from hardening.authentication import find_token


def columns(instance: Any) -> dict[str, Any]:
    return {name: value for name, value in vars(instance).items() if name != "_state"}


def test_find_token_returns_the_same_token_and_user_as_the_orm(ada):
    stored, _token = get_token_model().objects.create(ada.user, expiry=timedelta(hours=1))
    expected = get_token_model().objects.select_related("user").get(pk=stored.pk)

    found = find_token(stored.digest)

    assert found == expected
    assert columns(found) == columns(expected)
    assert columns(found.user) == columns(expected.user)
    assert found._state.db == found.user._state.db == "default"
    assert not found._state.adding


def test_a_digest_that_is_not_stored_finds_nothing(db):
    assert find_token("0" * 128) is None


def test_the_statement_serves_every_thread(transactional_db, ada):
    stored, _token = get_token_model().objects.create(ada.user)
    found = [find_token(stored.digest)]

    def find() -> None:
        found.append(find_token(stored.digest))
        connections.close_all()

    thread = Thread(target=find)
    thread.start()
    thread.join()

    assert [each.user for each in found] == [ada.user] * 2
