"""A request that lost against another transaction is repeated where its viewset says so."""

from collections.abc import Callable

import pytest
from django.db import connection

from hardening.resources import retries
from shapes import models

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "second"]),
    pytest.mark.usefixtures("postgresql"),
]

RETRIED = "/shapes/badges-retried/"
BUSY = (503, "1", {"detail": "The service is busy. Try again.", "code": "try_again"})


@pytest.fixture
def losing(postgresql: None) -> Callable[[str, int], None]:
    """Return a function that has the next writes of badges fail: with a SQLSTATE, and so many of them."""

    def lose(sqlstate: str, times: int) -> None:
        with connection.cursor() as cursor:
            # Nobody rolls a sequence back.
            cursor.execute(
                f"""
                CREATE SEQUENCE attempts;
                CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    IF nextval('attempts') <= {times} THEN RAISE 'lost' USING ERRCODE = '{sqlstate}'; END IF;
                    RETURN NULL;
                END $$;
                CREATE TRIGGER lose AFTER INSERT OR UPDATE OR DELETE ON shapes_badge
                    FOR EACH ROW EXECUTE FUNCTION lose();
                """
            )

    yield lose
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION IF EXISTS lose CASCADE; DROP SEQUENCE IF EXISTS attempts")


def count_attempts() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM attempts")
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize("sqlstate", ["40001", "40P01"])
def test_a_serialization_failure_and_a_deadlock_are_503_with_retry_after(losing, post, sqlstate):
    losing(sqlstate, 1)

    response = post("badges", badge="1")

    assert (response.status_code, response["Retry-After"], response.json()) == BUSY
    assert models.Badge.objects.count() == 0


@pytest.mark.parametrize("sqlstate", ["40001", "40P01"])
def test_a_viewset_repeats_what_lost_against_another_transaction(losing, post, ada, sqlstate):
    losing(sqlstate, 3)

    response = post("badges-retried", badge="1")

    assert response.status_code == 201
    assert [badge.number for badge in models.Badge.objects.all()] == ["1"]
    assert count_attempts() == 4


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_changes_are_repeated_too(losing, post, ada, method):
    created = post("badges-retried", badge="1").json()
    losing("40001", 1)

    response = getattr(ada, method)(f"{RETRIED}{created['id']}/", {"badge": "2"})

    assert response.status_code == (204 if method == "delete" else 200)
    assert list(models.Badge.objects.values_list("number", flat=True)) == ([] if method == "delete" else ["2"])


def test_retries_are_bounded(losing, post):
    losing("40001", 4)

    response = post("badges-retried", badge="1")

    assert (response.status_code, response["Retry-After"], response.json()) == BUSY
    assert count_attempts() == 4


@pytest.mark.parametrize("note", ["email", "elsewhere"])
def test_nothing_is_repeated_after_a_side_effect(losing, post, note):
    losing("40001", 1)

    response = post("badges-retried", badge="1", note=note)

    assert (response.status_code, response["Retry-After"], response.json()) == BUSY
    assert count_attempts() == 1
    assert models.Remote.objects.count() == (note == "elsewhere")


def test_a_violation_is_not_repeated(losing, post):
    post("badges-retried", badge="1")
    losing("40001", 0)

    response = post("badges-retried", badge="1")

    assert response.status_code == 409
    assert count_attempts() == 1


def test_pauses_grow_and_differ(losing, post, monkeypatch):
    pauses: list[float] = []
    monkeypatch.setattr(retries.time, "sleep", pauses.append)
    losing("40001", 3)

    post("badges-retried", badge="1")

    bounds = [(0.5 * retries.FIRST_PAUSE * 2**n, 1.5 * retries.FIRST_PAUSE * 2**n) for n in range(3)]
    assert all(low <= pause <= high for pause, (low, high) in zip(pauses, bounds, strict=True))


def test_nothing_is_repeated_within_a_transaction_of_the_whole_request(losing, post, atomic_requests):
    losing("40001", 1)

    response = post("badges-retried", badge="1")

    assert response.status_code == 503
    assert count_attempts() == 1
