"""Writers under a constraint that is checked late wait only for writers of rows that could violate it with theirs."""

import datetime
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, models
from django.db.models import F

from hardening.canonical import DigestField
from hardening.integrity import turns
from hardening.integrity.constraints import get_constraints
from shapes.models import Booking, Step

pytestmark = [pytest.mark.usefixtures("postgresql"), pytest.mark.django_db(transaction=True)]

NOW = datetime.datetime(2026, 12, 1, tzinfo=datetime.UTC)
SPAN = ["2026-01-01T08:00:00Z", "2026-01-01T10:00:00Z"]


@pytest.fixture
def elsewhere() -> Iterator[Any]:
    """Yield the cursor of another connection, in a transaction; and let nobody wait longer than a moment."""
    import psycopg  # noqa: PLC0415  # not installed for SQLite

    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '50ms'")
    with psycopg.connect(**connection.get_connection_params()) as other:
        yield other.cursor()
        other.rollback()
    with connection.cursor() as cursor:
        cursor.execute("RESET lock_timeout")
    connection.close()


def key(model: Any, *values: Any) -> int:
    [constraint] = [each for each in get_constraints(model) if each.checked_late]
    return turns._make_key(constraint, values)


def lock(cursor: Any, model: Any, *values: Any) -> None:
    """Lock *values* as a writer of them does."""
    cursor.execute(
        "SELECT pg_advisory_xact_lock_shared(hashtext(%s)), pg_advisory_xact_lock(%s)",
        [model._meta.db_table, key(model, *values)],
    )


def test_writers_of_other_values_do_not_wait(elsewhere, post):
    lock(elsewhere, Booking, 1)
    lock(elsewhere, Step, 1)

    assert post("bookings", room=2, span=SPAN).status_code == 201
    assert post("steps", position=2).status_code == 201


@pytest.mark.parametrize(
    ("shape", "model", "body"), [("bookings", Booking, {"room": 1, "span": SPAN}), ("steps", Step, {"position": 1})]
)
def test_writers_of_the_same_values_wait(elsewhere, post, shape, model, body):
    lock(elsewhere, model, 1)

    assert post(shape, **body).status_code == 503


@pytest.mark.parametrize("held", [1, 2])
def test_a_change_waits_for_the_writers_of_its_old_and_of_its_new_values(elsewhere, ada, post, held):
    step, other = (post("steps", position=position).json() for position in (1, 3))
    lock(elsewhere, Step, held)

    assert ada.patch(f"/shapes/steps/{step['id']}/", {"position": 2}).status_code == 503
    assert ada.patch(f"/shapes/steps/{other['id']}/", {"position": 4}).status_code == 200


def test_a_list_waits_for_the_writers_of_each_of_its_values(elsewhere, post):
    lock(elsewhere, Step, 7)

    assert post("steps", [{"position": position} for position in (5, 6, 7)]).status_code == 503
    assert post("steps", [{"position": position} for position in (5, 6)]).status_code == 201


def test_a_writer_of_more_values_than_one_statement_locks_waits_for_all_others(elsewhere, post, monkeypatch):
    lock(elsewhere, Step, 999)
    monkeypatch.setattr(turns, "_MOST", 1)

    assert post("steps", [{"position": 1}]).status_code == 201
    assert post("steps", [{"position": position} for position in (2, 3)]).status_code == 503


def test_a_create_of_the_projects_own_waits_for_all_others(elsewhere, post, monkeypatch):
    lock(elsewhere, Step, 999)
    monkeypatch.setattr(Step, "save", lambda self, **kwargs: super(Step, self).save(**kwargs))

    assert post("steps", position=1).status_code == 503


@pytest.mark.parametrize(
    ("field", "value", "certain"),
    [
        (models.IntegerField(), 1, True),
        (models.IntegerField(), True, False),
        (models.IntegerField(), F("room") + 1, False),
        (models.CharField(), "a", True),
        (models.CharField(db_collation="nondeterministic"), "a", False),
        (models.DecimalField(), Decimal("1.0"), False),
        (models.DateTimeField(), NOW, False),
        (models.DateField(), NOW, False),
        (models.DateField(), NOW.date(), True),
        (models.DateField(auto_now=True), NOW.date(), False),
        (models.IntegerField(), None, True),
        (DigestField(of="name"), "a", False),
    ],
)
def test_only_values_that_are_equal_in_the_database_exactly_if_they_are_in_python_are_locked(field, value, certain):
    known = turns._find_class(field)

    assert (known is not None and turns._is_plain(field, value)) is certain
