"""What was a fault once, found by trying: another row was written, another field accused, or nothing was explained."""

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.exceptions import ValidationError

from hardening import serializers
from hardening.relations import PrimaryKeyRelatedField, SlugRelatedField
from shapes import models
from shapes.urls import SERIALIZERS

pytestmark = pytest.mark.usefixtures("way")

TOO_LARGE = {"non_field_errors": ["A value is too large."]}


@pytest.mark.parametrize("method", ["put", "patch"])
def test_a_primary_key_is_chosen_once_so_that_no_other_row_is_written(ada, post, method):
    for code, name in (("de", "Germany"), ("fr", "France")):
        assert post("countries", code=code, name=name).status_code == 201

    for code in ("fr", "it"):
        response = getattr(ada, method)("/shapes/countries/de/", {"code": code, "name": "Mine"})
        assert (response.status_code, response.json()) == (400, {"code": ["This field cannot be changed."]})
    same = getattr(ada, method)("/shapes/countries/de/", {"code": "de", "name": "Deutschland"})

    assert same.status_code == 200
    assert set(models.Country.objects.values_list()) == {("de", "Deutschland"), ("fr", "France")}


def test_a_part_of_a_composite_key_is_chosen_once(post):
    post("lines", sheet=1, number=1, text="a")
    change = SERIALIZERS["lines"](models.Line.objects.get(), data={"number": 2}, partial=True)

    assert not change.is_valid()
    assert change.errors == {"number": ["This field cannot be changed."]}


def test_a_primary_key_of_the_parent_table_does_not_affect_child_rows(ada, post):
    truck = post("trucks", plate="a", fleet_number=1).json()

    response = ada.patch(f"/shapes/trucks/{truck['id']}/", {"plate": "b", "id": truck["id"]})

    assert (response.status_code, models.Vehicle.objects.get().plate) == (200, "b")


def test_a_change_locks_the_rows_of_its_parents_too(postgresql, ada, post):
    truck = post("trucks", plate="a", fleet_number=1).json()

    with CaptureQueriesContext(connection) as queries:
        ada.patch(f"/shapes/trucks/{truck['id']}/", {"plate": "b"})

    locks = [sql.partition(" FOR UPDATE OF ")[2] for sql in (each["sql"] for each in queries) if "FOR UPDATE" in sql]
    assert [sorted(each.split(", ")) for each in locks] == [['"shapes_truck"', '"shapes_vehicle"']]


def test_a_parent_may_be_written_along_with_its_child(post):
    first = post("items", basket={"name": "fruit"}, name="apple")
    taken = post("items", basket={"name": "fruit"}, name="pear")

    assert (first.status_code, first.json()["basket"]) == (201, {"name": "fruit"})
    assert (taken.status_code, taken.json()) == (409, {"basket": {"name": ["basket with this name already exists."]}})
    assert models.Item.objects.count() == 1


def test_only_a_duplicate_among_the_new_nested_rows_is_409(ada, post):
    basket = post("baskets", name="fruit", items=[{"name": "apple"}]).json()

    items = [{"name": "apple"}, {"name": "pear"}, {"name": "pear"}]
    response = ada.patch(f"/shapes/baskets/{basket['id']}/", {"items": items})

    assert (response.status_code, response.json()) == (409, {"items": {"2": {"name": ["Twice."]}}})
    assert models.Item.objects.get().name == "apple"


def test_a_row_of_a_bulk_write_is_not_taken_for_the_one_before_that_looks_like_it(post):
    rows = [{"day": "2026-01-01", "room": "A", "live": False, "starts": starts, "ends": 9} for starts in (8, 8, 9)]

    response = post("slots-at-once", rows)

    assert (response.status_code, list(response.json())) == (400, ["2"])


def test_a_number_without_bounds_is_limited_by_its_column(post):
    least = 2**31 if connection.vendor == "postgresql" else 2**63  # SQLite's integers have 64 bits, whatever is said

    for number in (least, -(10**30)):
        response = post("loose", integer=number)
        assert (response.status_code, list(response.json())) == (400, ["integer"])


def test_a_computed_column_that_overflows_is_explained_though_no_field_is_wrong(postgresql, post):
    response = post("totals", price=2_000_000_000, quantity=2_000_000_000)

    assert (response.status_code, response.json()) == (400, TOO_LARGE)


def test_a_text_that_is_too_long_for_its_index_is_explained(postgresql, post):
    text = "".join(chr(0x4E00 + (number * 7919) % 20_000) for number in range(4000))  # which does not compress

    response = post("totals", text=text)

    assert (response.status_code, response.json()) == (400, TOO_LARGE)


def test_a_rule_with_a_name_that_the_database_cuts_is_recognised(post):
    post("totals", text="a")

    response = post("totals", text="A")

    assert (response.status_code, response.json()) == (409, {"text": ["Said before."]})


def test_a_deletion_that_would_break_a_rule_elsewhere_is_rejected(ada, post):
    basket = post("baskets", name="fruit", items=[]).json()
    models.Kept.objects.create(basket_id=basket["id"])

    response = ada.delete(f"/shapes/baskets/{basket['id']}/")

    assert (response.status_code, response.json()["code"]) == (409, "in_use")
    assert models.Basket.objects.count() == 1


@pytest.mark.checked_before_commit
def test_a_value_that_others_refer_to_is_not_taken_away(way, ada):
    crate = models.Crate.objects.create(owner=ada.user, code="c")
    models.Parcel.objects.create(title="x", by_code=crate)

    response = ada.patch(f"/shapes/crate/{crate.pk}/", {"code": "d"})

    assert (response.status_code, response.json()) == (409, {"code": ["This is in use."]})


@pytest.mark.parametrize("method", ["put", "patch"])
def test_rows_that_cannot_be_locked_as_they_are_read_are_changed_and_shown_whole(ada, method):
    basket = models.Basket.objects.create(name="fruit")
    models.Label.objects.create(basket=basket, text="sweet")

    response = getattr(ada, method)(f"/shapes/counted/{basket.pk}/", {"name": "nuts"})

    assert (response.status_code, response.json()) == (200, {"id": basket.pk, "name": "nuts", "labels": 1})
    assert ada.delete(f"/shapes/counted/{basket.pk}/").status_code == 204


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_a_key_that_no_column_holds_is_404(ada, method):
    for key in ("a%00", "%ED%A0%80"):
        assert getattr(ada, method)(f"/shapes/countries/{key}/").status_code == 404


COUNTER = iter(range(1000))


def test_a_default_is_asked_for_every_row(post, monkeypatch):
    monkeypatch.setattr(SERIALIZERS["gadgets"].Meta, "fields", ("id", "serial", "kind", "value"))
    monkeypatch.setattr(
        SERIALIZERS["gadgets"].Meta,
        "create_defaults",
        {"owner": serializers.current_user, "serial": lambda serializer: str(next(COUNTER))},
    )

    response = post("gadgets", [{"kind": "even", "value": 2}, {"kind": "even", "value": 4}])

    assert response.status_code == 201, response.content
    assert len({each["serial"] for each in response.json()}) == 2


def test_an_immutable_field_cannot_be_changed_in_a_list_either(ada, post):
    post("gadgets", serial="a", kind="even", value=2)
    gadget = models.Gadget.objects.get()

    class Changes(serializers.ListSerializer):
        def update(self, instance, validated_data):
            return [self.child.update(one, values) for one, values in zip(instance, validated_data, strict=True)]

    class GadgetSerializer(serializers.ModelSerializer):
        class Meta:
            model = models.Gadget
            fields = ("serial", "kind", "value")
            list_serializer_class = Changes

    change = GadgetSerializer([gadget], data=[{"serial": "b", "kind": "even", "value": 4}], many=True)
    change.is_valid(raise_exception=True)
    change.save()

    gadget.refresh_from_db()
    assert (gadget.serial, gadget.value) == ("a", 4)


def test_an_object_outside_of_a_scope_is_reported_for_every_row_and_field(post, monkeypatch):
    def refuse(queryset, field):
        raise ValidationError("Not today.")

    monkeypatch.setitem(SERIALIZERS["books"].Meta.related_querysets, "author", refuse)

    alone, listed = post("books", author=1, title="x"), post("books", [{"author": 1, "title": "x"}])

    assert (alone.status_code, alone.json()) == (400, {"author": ["Not today."]})
    assert (listed.status_code, listed.json()) == (400, {"0": {"author": ["Not today."]}})


@pytest.mark.parametrize(("codes", "guilty"), [(("a", "X", "A"), "2"), (("a", "Q", "z"), "1"), (("B", "Q", "z"), "1")])
def test_changes_in_save_do_not_change_which_row_of_a_list_is_rejected(post, monkeypatch, codes, guilty):
    save = models.Badge.save

    def normalised(self, *args, **kwargs):
        self.number = self.number.lower()
        save(self, *args, **kwargs)

    monkeypatch.setattr(models.Badge, "save", normalised)
    post("badges", badge="q")

    response = post("badges", [{"badge": code} for code in codes])

    assert (response.status_code, list(response.json())) == (409, [guilty])


def test_a_serializer_may_try_again_with_another_value(post):
    post("badges", badge="1")
    second = SERIALIZERS["badges"](data={"badge": "1"})
    second.is_valid(raise_exception=True)

    with pytest.raises(ValidationError):
        second.save()

    assert second.save(number="2").number == "2"
    assert second.data["badge"] == "2"


@pytest.mark.checked_before_commit
def test_a_write_of_an_account_deleted_meanwhile_is_503(way, post, monkeypatch):
    gone = {"owner": lambda serializer: get_user_model()(pk=10**6)}
    monkeypatch.setattr(SERIALIZERS["gadgets"].Meta, "create_defaults", gone)

    response = post("gadgets", serial="a", kind="even", value=2)

    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")


@pytest.mark.parametrize("value", [5, 1.5])
def test_a_slug_that_is_not_a_date_time_is_rejected(value):
    field = SlugRelatedField("changed", queryset=models.Document.objects.all())

    with pytest.raises(ValidationError) as refusal:
        field.run_validation(value)

    assert {each.code for each in refusal.value.detail} <= {"invalid", "does_not_exist"}


def test_a_scope_may_show_one_object_twice():
    basket = models.Basket.objects.create(name="fruit")
    for name in ("apple", "pear"):
        models.Item.objects.create(basket=basket, name=name)
    field = PrimaryKeyRelatedField(queryset=lambda baskets, field: baskets.filter(items__isnull=False), many=True)
    field.child_relation.queryset = models.Basket.objects.all()

    assert field.run_validation([basket.pk]) == [basket]
