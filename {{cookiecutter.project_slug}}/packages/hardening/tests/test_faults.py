"""What goes wrong between validation and COMMIT, and after it."""

import threading
from collections.abc import Callable, Iterator

import pytest
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.utils import ConnectionHandler

from shapes import models

OUTERMOST = pytest.mark.django_db(transaction=True, databases=["default", "second"])


@pytest.fixture
def author(way) -> models.Author:
    return models.Author.objects.create(name="Ada")


@pytest.fixture
def other() -> Iterator[object]:
    """A second connection to the database under test, for what somebody else does meanwhile."""
    settings = {**connection.settings_dict, "OPTIONS": {**connection.settings_dict["OPTIONS"]}}
    settings["OPTIONS"].pop("pool", None)
    handler = ConnectionHandler({DEFAULT_DB_ALIAS: settings})
    somebody = handler[DEFAULT_DB_ALIAS]
    somebody.inc_thread_sharing()
    yield somebody
    somebody.close()


@pytest.fixture
def session() -> Iterator[Callable[[str], None]]:
    """Return a function that sets something for the connection, which goes back to its pool without it."""

    def set_for_session(statement: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)

    yield set_for_session
    if connection.vendor == "postgresql":
        set_for_session("RESET ALL")
    connection.close()


@pytest.mark.checked_before_commit
def test_a_reference_that_vanished_is_reported_as_one_that_is_not_there(post, author, way):
    response = post("books-vanishing", author=author.pk, title="x")

    assert response.status_code == 400
    assert response.json() == {"author": [f'Invalid pk "{author.pk}" - object does not exist.']}


@pytest.mark.checked_before_commit
def test_one_of_many_references_that_vanished_has_its_index(ada, post, way):
    crates = [models.Crate.objects.create(owner=ada.user, code=f"c{number}").pk for number in range(3)]

    response = post("parcels-vanishing", title="x", crates=crates)

    assert response.status_code == 400
    assert response.json() == {"crates": {"2": [f'Invalid pk "{crates[2]}" - object does not exist.']}}
    assert models.Parcel.objects.count() == 0


def test_null_where_the_client_writes_is_400(post, author):
    response = post("books-lax", author=author.pk, title=None)

    assert response.status_code == 400
    assert response.json() == {"title": ["This field may not be null."]}


def test_null_where_only_the_server_writes_is_a_fault_of_ours(post, way):
    response = post("books-forgetful", title="x")

    assert response.status_code == 500
    assert response.json() == {"detail": "A server error occurred.", "code": "error"}


def test_a_value_that_its_column_cannot_hold_is_400(postgresql, post, author):
    response = post("books-lax", author=author.pk, title="x" * 21)

    assert response.status_code == 400
    assert response.json() == {"title": ["Ensure this value has at most 20 characters (it has 21)."]}


@OUTERMOST
def test_an_error_after_commit_is_not_a_conflict_and_the_row_is_kept(post):
    response = post("books-later", number="7")

    assert response.status_code == 500
    assert models.Badge.objects.count() == 1


def test_a_violation_in_a_savepoint_can_be_caught(post, way):
    models.Badge.objects.create(number="taken")

    response = post("books-catching", number="free")

    assert response.status_code == 201
    assert models.Badge.objects.count() == 2


@OUTERMOST
def test_everything_holds_with_atomic_requests_as_well(ada, post, atomic_requests):
    created = post("badges", badge="1").json()
    post("badges", badge="2")

    created_again = post("badges", badge="1")
    patched = ada.patch(f"/shapes/badges/{created['id']}/", {"badge": "2"})
    listed = post("badges", [{"badge": "3"}, {"badge": "1"}])

    error = {"badge": ["badge with this number already exists."]}
    assert [each.status_code for each in (created_again, patched, listed)] == [409, 409, 409]
    assert [each.json() for each in (created_again, patched, listed)] == [error, error, {"1": error}]
    assert sorted(models.Badge.objects.values_list("number", flat=True)) == ["1", "2"]


@OUTERMOST
def test_a_violation_at_commit_is_translated_with_atomic_requests_too(postgresql, post, atomic_requests):
    post("steps", position=1)

    response = post("steps", position=1)

    assert (response.status_code, response.json()) == (409, {"position": ["Position taken."]})


@OUTERMOST
def test_a_change_that_is_rejected_at_commit_is_explained(postgresql, ada, post):
    post("steps", position=1)
    second = post("steps", position=2).json()

    response = ada.patch(f"/shapes/steps/{second['id']}/", {"position": 1})

    assert (response.status_code, response.json()) == (409, {"position": ["Position taken."]})


@OUTERMOST
def test_a_busy_database_is_503_with_retry_after(ada, post, other, session):
    created = post("badges", badge="1").json()
    session({"postgresql": "SET lock_timeout = '100ms'", "sqlite": "PRAGMA busy_timeout = 100"}[connection.vendor])
    with other.cursor() as cursor:
        cursor.execute("BEGIN IMMEDIATE" if connection.vendor == "sqlite" else "BEGIN")
        cursor.execute("UPDATE shapes_badge SET note = 'held'")

        response = ada.patch(f"/shapes/badges/{created['id']}/", {"note": "x"})

        cursor.execute("ROLLBACK")
    assert response.status_code == 503
    assert response["Retry-After"] == "1"
    assert response.json() == {"detail": "The service is busy. Try again.", "code": "try_again"}


@OUTERMOST
@pytest.mark.once
def test_a_full_disk_is_503_for_writes_and_not_for_reads(ada, post):
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        (pages,) = cursor.fetchone()
        cursor.execute(f"PRAGMA max_page_count = {pages}")

    response = post("totals", text="x" * 900_000)

    assert (response.status_code, response["Retry-After"]) == (503, "1")
    assert response.json() == {"detail": "The service is busy. Try again.", "code": "try_again"}
    assert ada.get("/shapes/totals/").json()["results"] == []
    connection.close()


@OUTERMOST
def test_a_statement_that_takes_too_long_is_503(postgresql, post, monkeypatch, session):
    session("SET statement_timeout = '100ms'")

    def slow(self: models.Badge, *args: object, **kwargs: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(2)")

    monkeypatch.setattr(models.Badge, "save", slow)
    response = post("badges", badge="1")

    assert (response.status_code, response["Retry-After"]) == (503, "1")


@OUTERMOST
def test_one_of_two_in_a_deadlock_is_503(postgresql, ada, post, other, session):
    session("SET deadlock_timeout = '50ms'")
    session("SET lock_timeout = 0")
    first, second = (post("badges", badge=number).json()["id"] for number in "12")
    held = threading.Event()

    def cross() -> None:
        with other.cursor() as cursor:
            cursor.execute("SET deadlock_timeout = '5s'")
            cursor.execute("BEGIN")
            cursor.execute("UPDATE shapes_badge SET note = 'other' WHERE id = %s", [second])
            held.set()
            cursor.execute("UPDATE shapes_badge SET note = 'other' WHERE id = %s", [first])
            cursor.execute("COMMIT")

    somebody = threading.Thread(target=cross)

    def save(self: models.Badge, *args: object, **kwargs: object) -> None:
        somebody.start()
        held.wait()
        models.Badge.objects.filter(pk=second).update(note="mine")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(models.Badge, "save", save)
        response = ada.patch(f"/shapes/badges/{first}/", {"note": "mine"})
    somebody.join()

    assert (response.status_code, response["Retry-After"]) == (503, "1")


@OUTERMOST
def test_a_snapshot_that_hides_the_winner_does_not_hide_the_conflict(postgresql, post, session):
    session("SET default_transaction_isolation = 'repeatable read'")
    post("baskets", name="fruit", items=[])

    response = post("baskets", name="fruit", items=[])

    assert (response.status_code, response.json()) == (409, {"name": ["basket with this name already exists."]})


@pytest.mark.parametrize(
    ("named", "status", "body"),
    [
        (", CONSTRAINT = 'raw_short'", 400, {"code": ["Invalid input."]}),
        ("", 500, {"detail": "A server error occurred.", "code": "error"}),
    ],
)
def test_a_trigger_that_names_a_declared_rule_is_explained(postgresql, db, post, named, status, body):
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                RAISE 'No.' USING ERRCODE = 'check_violation'{named};
            END $$;
            CREATE TRIGGER refuse BEFORE INSERT ON shapes_raw FOR EACH ROW EXECUTE FUNCTION refuse();
            """
        )

    response = post("raw-declared", code="x")

    assert (response.status_code, response.json()) == (status, body)
