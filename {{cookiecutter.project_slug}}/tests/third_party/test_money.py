"""django-money: amounts with a currency, whichever of the apps is loaded first."""

import pytest
from djmoney.models.fields import MoneyField
from rest_framework import serializers as drf

from hardening import serializers
from tests.third_party.models import Open, models
from tests.third_party.routed import checked, routes, viewset

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class Offer(Open):
    name = models.CharField(max_length=20, unique=True)
    price = MoneyField(max_digits=10, decimal_places=2, default_currency="EUR")


class OfferSerializer(serializers.ModelSerializer):
    class Meta:
        model = Offer
        fields = ("id", "name", "price", "price_currency")


urlpatterns = routes(offers=viewset(OfferSerializer))
BODY = {"name": "a", "price": "10.00", "price_currency": "USD"}


def test_money_is_created_shown_and_changed(ada):
    created = ada.post("/offers/", BODY)

    assert (created.status_code, created.json()) == (201, {"id": created.json()["id"], **BODY})
    where = f"/offers/{created.json()['id']}/"
    assert ada.get(where).json() == created.json()
    assert ada.put(where, created.json()).json() == created.json()
    change = {"price": "11.50", "price_currency": "USD"}
    assert ada.patch(where, change).json() == {**created.json(), **change}


def test_a_price_without_its_currency_takes_the_default_one(ada):
    created = ada.post("/offers/", BODY).json()

    changed = ada.patch(f"/offers/{created['id']}/", {"price": "11.50"}).json()

    assert changed == {**created, "price": "11.50", "price_currency": "EUR"}


@pytest.mark.parametrize(
    ("change", "field"),
    [({"price": "x"}, "price"), ({"price": "1.234"}, "price"), ({"price_currency": "XXXX"}, "price")],
)
def test_money_that_is_wrong_is_400_under_its_field(ada, change, field):
    response = ada.post("/offers/", {**BODY, **change})

    assert (response.status_code, list(response.json())) == (400, [field])
    assert not Offer.objects.exists()


def test_a_second_offer_of_that_name_is_409(ada):
    ada.post("/offers/", BODY)

    response = ada.post("/offers/", BODY)

    assert (response.status_code, list(response.json())) == (409, ["name"])


def test_a_field_that_a_package_registers_is_found():
    assert MoneyField in drf.ModelSerializer.serializer_field_mapping
    assert MoneyField in serializers.ModelSerializer.serializer_field_mapping


def test_the_checks_accept_money(db):
    assert checked(urlpatterns) == []
