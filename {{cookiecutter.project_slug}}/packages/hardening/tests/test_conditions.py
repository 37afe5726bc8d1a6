"""Python's verdict on a condition never contradicts the database's."""

import datetime
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import CheckConstraint, F, Q, Value
from hypothesis import HealthCheck, given, settings, strategies as st
from hypothesis.extra.django import TestCase

from hardening.integrity.candidates import Verdict, holds
from shapes.models import Values

UTC = datetime.UTC
DAY = datetime.date(2026, 1, 1)
MOMENT = datetime.datetime(2026, 1, 1, 12, tzinfo=UTC)
BERLIN = datetime.timezone(datetime.timedelta(hours=1))

VALUES: dict[str, list[Any]] = {
    "integer": [-1, 0, 1, 2, 2**31 - 1],
    "other": [None, 0, 1],
    "flag": [None, True, False],
    "day": [None, DAY, DAY + datetime.timedelta(days=1), datetime.date(999, 1, 1)],
    "moment": [None, MOMENT, MOMENT.astimezone(BERLIN), MOMENT + datetime.timedelta(microseconds=1)],
    "amount": [None, Decimal("1.10"), Decimal("1.1"), Decimal("1.105"), Decimal(2)],
    "coarse": [None, Decimal("1.1"), Decimal("1.10"), Decimal("1.05")],
    "ratio": [None, 0.1, 0.1 + 0.2, 0.3, 1.0, 1e300],
    "span": [None, datetime.timedelta(hours=1), datetime.timedelta(minutes=60), datetime.timedelta(days=-1)],
    "identity": [None, uuid.UUID(int=1), uuid.UUID(int=2)],
    "text": [None, "", "a", "A", "ä"],
}
# What is compared with a column is mostly of its own type, and sometimes of another.
LITERALS: dict[str, list[Any]] = VALUES | {
    "integer": [-1, 0, 1, 2, Decimal("1.5"), 1.5],
    "amount": [Decimal("1.10"), Decimal("1.105"), 1, 1.1],
    "flag": [True, False],
    "day": [DAY, DAY + datetime.timedelta(days=1)],
}
COMPARISONS = ["exact", "gt", "gte", "lt", "lte"]


def leaf(name: str) -> st.SearchStrategy[Q]:
    """A condition on one column: compared with a value, a list of them, or another column."""
    literals = [each for each in LITERALS[name] if each is not None]
    one = st.sampled_from(literals)
    alike = [other for other in VALUES if type(VALUES[other][-1]) is type(VALUES[name][-1])]
    orders = ["exact"] if name in ("flag", "identity") else COMPARISONS
    compared = st.tuples(st.sampled_from(orders), one | one.map(Value) | st.sampled_from(alike).map(F))
    ranged = st.tuples(st.just("range"), st.tuples(one, one)) if len(orders) > 1 else compared
    listed = st.tuples(st.just("in"), st.lists(one, min_size=1, max_size=3))
    missing = st.tuples(st.just("isnull"), st.booleans())
    return (compared | ranged | listed | missing).map(lambda pair: Q(**{f"{name}__{pair[0]}": pair[1]}))


CONDITIONS = st.recursive(
    st.sampled_from(sorted(VALUES)).flatmap(leaf),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: pair[0] & pair[1]),
        st.tuples(inner, inner).map(lambda pair: pair[0] | pair[1]),
        st.tuples(inner, inner).map(lambda pair: pair[0] ^ pair[1]),
        inner.map(lambda condition: ~condition),
    ),
    max_leaves=4,
)
ROWS = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in VALUES.items()})


def asked(condition: Q, row: Values) -> bool | None:
    """Return what the database says of *condition* for the stored *row*, as it would judge a CHECK."""
    editor = connection.SchemaEditorClass(connection, collect_sql=True)
    sql = CheckConstraint(condition=condition, name="asked")._get_check_sql(Values, editor)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT ({sql.replace('%', '%%')}) FROM shapes_values WHERE id = %s", [row.pk])  # noqa: S608  # ours
        answer = cursor.fetchone()[0]
    return None if answer is None else bool(answer)


SAYS = {Verdict.TRUE: True, Verdict.FALSE: False, Verdict.NULL: None}


class Verdicts(TestCase):
    @settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(condition=CONDITIONS, values=ROWS)
    def test_a_verdict_of_pythons_is_the_databases(self, condition: Q, values: dict[str, Any]) -> None:
        given_values = Values(**values)
        verdict = holds(condition, given_values)
        row = Values.objects.create(**values)

        if verdict is not Verdict.UNDECIDED:
            assert asked(condition, row) == SAYS[verdict]


@pytest.mark.parametrize(
    ("condition", "verdict"),
    [
        (Q(integer__gt=0), Verdict.TRUE),
        (Q(integer__gt=1), Verdict.FALSE),
        (Q(other__gt=0), Verdict.NULL),
        (Q(other__isnull=True), Verdict.TRUE),
        (Q(other=None), Verdict.TRUE),
        (Q(integer__gt=F("other")), Verdict.NULL),
        (Q(integer__in=[1, 2]), Verdict.TRUE),
        (Q(integer__range=(2, 3)), Verdict.FALSE),
        (Q(integer=1) & Q(other=1), Verdict.NULL),
        (Q(integer=1) | Q(other=1), Verdict.TRUE),
        (Q(integer=1) ^ Q(flag=True), Verdict.FALSE),
        (~Q(integer=1), Verdict.FALSE),
        (~Q(other=1), Verdict.UNDECIDED),
        (Q(text="a"), Verdict.UNDECIDED),
        (Q(integer=Decimal("1.0")), Verdict.UNDECIDED),
        (Q(amount=Decimal("1.105")), Verdict.UNDECIDED),
        (Q(integer__gt=F("integer") + 1), Verdict.UNDECIDED),
        (Q(pk=1), Verdict.UNDECIDED),
        (Q(integer__mod=2), Verdict.UNDECIDED),
    ],
)
def test_python_decides_only_conditions_that_it_evaluates_like_the_database(condition, verdict):
    row = Values(integer=1, flag=True, text="a", amount=Decimal("1.10"))

    assert holds(condition, row) is verdict
