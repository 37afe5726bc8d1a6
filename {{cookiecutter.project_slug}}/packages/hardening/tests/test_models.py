"""What a model promises holds in forms, in the admin and in scripts as it does in the API."""

from typing import Any

import pytest
from django.contrib.admin import ModelAdmin, site
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms import modelform_factory
from django.test import RequestFactory

from hardening.models import QuerySet
from shapes.models import Gadget, Handle, Slot

pytestmark = pytest.mark.django_db


@pytest.fixture
def gadget(ada) -> Gadget:
    return Gadget.objects.create(owner=ada.user, serial="s", kind="even", value=2)


def form(shape: Any, data: dict[str, Any], instance: Any = None) -> Any:
    fields = [each.name for each in shape._meta.fields if each.editable and each.name != "id" and not each.generated]
    return modelform_factory(shape, fields=fields)(data, instance=instance)


def admin_form(shape: Any, data: dict[str, Any], instance: Any = None) -> Any:
    request = RequestFactory().get("/")
    request.user = get_user_model()(is_superuser=True, is_staff=True)
    return ModelAdmin(shape, site).get_form(request)(data, instance=instance)


@pytest.mark.parametrize("make", [form, admin_form])
@pytest.mark.parametrize(
    ("shape", "path", "stored", "body", "errors"),
    [
        (Handle, "handles", {"name": "ada"}, {"name": "ADA"}, {"name": ["Taken."]}),
        (
            Slot,
            "slots",
            {"day": "2026-01-01", "room": "A", "live": True},
            {"day": "2026-01-01", "room": "A", "live": True, "starts": 8, "ends": 9, "seats": 1},
            {"room": ["Room taken."]},
        ),
        (
            Slot,
            "slots",
            None,
            {"day": "2026-01-01", "room": "A", "live": True, "starts": 9, "ends": 9, "seats": 1},
            {"ends": ["Ends before it starts."]},
        ),
        (
            Slot,
            "slots",
            None,
            {"day": "2026-01-01", "room": "A", "starts": 8, "ends": 9, "seats": 1, "label": "forbidden"},
            {"label": ["Not that label."]},
        ),
    ],
)
def test_a_form_reports_the_same_errors_as_the_api(ada, post, make, shape, path, stored, body, errors):
    if stored:
        assert post(path, stored).status_code == 201

    assert make(shape, body).errors == errors
    assert post(path, body).json() == errors


@pytest.mark.parametrize("make", [form, admin_form])
def test_a_rule_of_clean_is_the_same_in_a_form(ada, post, make):
    body = {"owner": ada.user.pk, "serial": "s", "kind": "even", "value": 3}

    assert make(Gadget, body).errors == {"value": ["This is not even."]}
    assert post("gadgets", body).json() == {"value": ["This is not even."]}


@pytest.mark.parametrize("make", [form, admin_form])
def test_a_form_does_not_change_an_immutable_field(bob, gadget, make):
    data = {"owner": bob.user.pk, "serial": "t", "kind": "even", "value": 2}

    errors = make(Gadget, data, gadget).errors

    assert errors == {"owner": ["This field cannot be changed."], "serial": ["This field cannot be changed."]}


def test_a_script_does_not_change_it_either(bob, gadget):
    for change in (
        lambda: Gadget.objects.filter(pk=gadget.pk).update(serial="t"),
        lambda: Gadget.objects.filter(pk=gadget.pk).update(owner_id=bob.user.pk),
        lambda: Gadget.objects.bulk_update([Gadget(pk=gadget.pk, serial="t")], ["serial"]),
        lambda: Gadget.objects.update_or_create({"serial": "t"}, pk=gadget.pk),
    ):
        with pytest.raises(ValidationError, match="This field cannot be changed"), transaction.atomic():
            change()
    for stored in (gadget, Gadget.objects.get()):
        stored.serial = "t"
        with pytest.raises(ValidationError, match="This field cannot be changed"):
            stored.save()
    assert Gadget.objects.get().serial == "s"


def test_the_rest_can_be_changed(gadget):
    Gadget.objects.filter(pk=gadget.pk).update(value=4)
    stored = Gadget.objects.defer("serial").get()
    stored.value = 6
    stored.save()

    assert Gadget.objects.get().value == 6


def test_a_queryset_without_visible_to_raises():
    with pytest.raises(NotImplementedError, match="visible_to"):
        QuerySet(Gadget).visible_to(None)
