"""django-money: amounts with a currency, whichever of the apps is loaded first."""

import pytest
from djmoney.models.fields import MoneyField
from djmoney.money import Money
from rest_framework import serializers as drf

from hardening import serializers
from third_party.models import Open, models
from third_party.routed import checked, routes, viewset

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class Offer(Open):
    name = models.CharField(max_length=20, unique=True)
    price = MoneyField(max_digits=10, decimal_places=2, default_currency="EUR")


class OfferSerializer(serializers.ModelSerializer):
    class Meta:
        model = Offer
        fields = ("id", "name", "price", "price_currency")


class AmountSerializer(serializers.ModelSerializer):
    class Meta:
        model = Offer
        fields = ("id", "name", "price")


class Tip(Open):
    amount = MoneyField(max_digits=10, decimal_places=2, default_currency="EUR", null=True)


class TipSerializer(serializers.ModelSerializer):
    class Meta:
        model = Tip
        fields = ("id", "amount", "amount_currency")


urlpatterns = routes(offers=viewset(OfferSerializer), amounts=viewset(AmountSerializer), tips=viewset(TipSerializer))
BODY = {"name": "a", "price": "10.00", "price_currency": "USD"}


def test_money_is_created_shown_and_changed(ada):
    created = ada.post("/offers/", BODY)

    assert (created.status_code, created.json()) == (201, {"id": created.json()["id"], **BODY})
    where = f"/offers/{created.json()['id']}/"
    assert ada.get(where).json() == created.json()
    assert ada.put(where, created.json()).json() == created.json()
    change = {"price": "11.50", "price_currency": "USD"}
    assert ada.patch(where, change).json() == {**created.json(), **change}


@pytest.mark.parametrize("kind", ["offers", "amounts"])
def test_an_amount_that_is_changed_alone_keeps_its_currency(ada, kind):
    stored = Offer.objects.create(name="a", price=Money(10, "USD"))

    for method in (ada.patch, ada.put):
        response = method(f"/{kind}/{stored.pk}/", {"name": "a", "price": "11.50"})

        assert (response.status_code, response.json()["price"]) == (200, "11.50")
        assert Offer.objects.get().price == Money("11.50", "USD")


def test_an_amount_that_was_null_keeps_its_currency(ada):
    stored = Tip.objects.create(amount=None, amount_currency="USD")

    response = ada.patch(f"/tips/{stored.pk}/", {"amount": "1.00"})

    assert (response.status_code, response.json()) == (
        200,
        {"id": stored.pk, "amount": "1.00", "amount_currency": "USD"},
    )


def test_a_currency_that_is_changed_alone_keeps_its_amount(ada):
    created = ada.post("/offers/", BODY).json()

    changed = ada.patch(f"/offers/{created['id']}/", {"price_currency": "CHF"})

    assert (changed.status_code, changed.json()) == (200, {**created, "price_currency": "CHF"})


def test_a_new_price_without_its_currency_takes_the_default_one(ada):
    created = ada.post("/offers/", {"name": "a", "price": "10.00"})

    assert (created.status_code, created.json()["price_currency"]) == (201, "EUR")


def test_the_currency_of_a_serializer_without_one_cannot_be_sent(ada):
    response = ada.post("/amounts/", BODY)

    assert (response.status_code, list(response.json())) == (400, ["price_currency"])


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
