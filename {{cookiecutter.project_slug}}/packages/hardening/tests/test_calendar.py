"""Date-times at the edges of the calendar, and in hours that a clock skips or shows twice."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.utils import timezone

from hardening import serializers
from hardening.testing.client import codes
from shapes import echoes
from shapes.models import Document, Kinds

pytestmark = pytest.mark.django_db

KINDS = "/shapes/kinds/"


@pytest.fixture(params=["UTC", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati", "Pacific/Apia"])
def zone(request, settings):
    settings.TIME_ZONE = request.param
    timezone.get_default_timezone.cache_clear()
    yield request.param
    timezone.get_default_timezone.cache_clear()


EDGES = [
    f"{day}T{time}{offset}"
    for day, times in (("0001-01-01", ("00:00", "00:00:00.000001")), ("9999-12-31", ("23:59", "23:59:59.999999")))
    for time in times
    for offset in ("", "Z", "+00:00", "+14:00", "-12:00", "+23:59", "-23:59")
]


@pytest.mark.parametrize("sent", EDGES)
def test_an_edge_of_the_calendar_is_stored_and_shown_or_400(ada, zone, sent):
    response = ada.post(KINDS, {"moment": sent})

    assert response.status_code in (201, 400)
    if response.status_code == 400:
        assert codes(response.data) == {"overflow"}
    assert ada.get(KINDS).status_code == 200


@pytest.mark.parametrize("moment", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, tzinfo=UTC)])
def test_a_stored_edge_of_the_calendar_is_shown_in_every_time_zone(ada, zone, moment):
    stored = Kinds.objects.create(moment=moment)

    response = ada.get(f"{KINDS}{stored.pk}/")

    assert response.status_code == 200
    assert datetime.fromisoformat(response.json()["moment"]) == moment
    assert ada.put(f"{KINDS}{stored.pk}/", {"moment": response.json()["moment"]}).status_code in (200, 400)


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("Europe/Berlin", "2026-03-29T02:30:00"),  # skipped
        ("Europe/Berlin", "2026-10-25T02:30:00"),  # shown twice
        ("America/New_York", "2026-03-08T02:00:00"),
        ("America/New_York", "2026-11-01T01:59:59"),
        ("Pacific/Apia", "2011-12-30T12:00:00"),  # a day that was skipped
    ],
)
def test_a_time_that_a_clock_skips_or_shows_twice_is_400(ada, settings, name, sent):
    settings.TIME_ZONE = name
    timezone.get_default_timezone.cache_clear()
    try:
        response = ada.post(KINDS, {"moment": sent})
        clear = ada.post(KINDS, {"moment": f"{sent}+01:00"})
    finally:
        timezone.get_default_timezone.cache_clear()

    assert response.status_code == 400
    assert codes(response.data) == {"make_aware"}
    assert clear.status_code == 201


@pytest.mark.parametrize("sent", ["2026-03-29T01:59:59", "2026-03-29T03:00:00", "2026-10-25T03:00:00"])
def test_a_time_beside_a_change_of_the_clock_is_accepted(ada, settings, sent):
    settings.TIME_ZONE = "Europe/Berlin"
    timezone.get_default_timezone.cache_clear()
    try:
        assert ada.post(KINDS, {"moment": sent}).status_code == 201
    finally:
        timezone.get_default_timezone.cache_clear()


@pytest.mark.parametrize("value", ["1e999999", "1e101", "-1e999999", "1e-999999", "1" * 101, 10**99, "1" * 60 + ".55"])
def test_a_decimal_without_a_limit_has_as_many_digits_as_json(settings, value):
    post = echoes.route(
        settings,
        echoes.serializer(
            free=serializers.DecimalField(max_digits=None, decimal_places=None, required=False),
            cents=serializers.DecimalField(max_digits=None, decimal_places=2, required=False),
        ),
    )

    for field in ("free", "cents"):
        response = post({field: value})
        assert response.status_code in (200, 400)
        assert len(response.content) < 300
        if response.status_code == 200:
            assert Decimal(response.json()[field]) == Decimal(value)


class ByDateTimeSerializer(serializers.Serializer):
    document = serializers.SlugRelatedField("changed", queryset=Document.objects.all())


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("value", ["0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00"])
def test_a_related_object_is_not_found_by_a_date_time_that_no_database_stores(settings, value, many):
    post = echoes.route(settings, ByDateTimeSerializer, many=many)

    response = post([{"document": value}] if many else {"document": value})

    assert response.status_code == 400
    assert "does_not_exist" in codes(response.data)
