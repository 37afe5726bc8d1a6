"""django-parler: translated fields in a table of their own, written in the language of the request."""

from typing import Any

import pytest
from django.db import models
from django.db.models import Q
from django.utils import translation
from parler.managers import TranslatableManager, TranslatableQuerySet
from parler.models import TranslatableModel, TranslatedFields

from hardening import serializers
from hardening.models import Model
from third_party.models import OpenQuerySet
from third_party.routed import checked, routes, viewset

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class SheetQuerySet(OpenQuerySet, TranslatableQuerySet):
    """What `docs/packages.md` shows."""


class Sheet(TranslatableModel, Model):
    number = models.IntegerField(unique=True)
    translations = TranslatedFields(
        title=models.CharField(max_length=10),
        pages=models.IntegerField(default=1),
        meta={
            "constraints": [
                models.UniqueConstraint(
                    fields=["language_code", "title"], name="sheet_title", violation_error_message="Title taken."
                ),
                models.CheckConstraint(
                    condition=Q(pages__gt=0), name="sheet_pages", violation_error_message="Too few."
                ),
            ]
        },
    )

    objects = TranslatableManager.from_queryset(SheetQuerySet)()

    class Meta:
        app_label = "third_party"


class SheetSerializer(serializers.ModelSerializer):
    title = serializers.CharField(max_length=10)
    pages = serializers.IntegerField(required=False)

    class Meta:
        model = Sheet
        fields = ("id", "number", "title", "pages")


class Undecided:
    """Writes the sheet, and then a row that is there."""

    def perform_update(self, serializer: Any) -> None:
        super().perform_update(serializer)
        Sheet.objects.create(number=serializer.instance.number)


urlpatterns = routes(sheets=viewset(SheetSerializer), undecided=viewset(SheetSerializer, Undecided))

SHEET = {"number": 1, "title": "a", "pages": 2}


@pytest.fixture
def sheet(ada):
    """The key of a sheet."""
    return ada.post("/sheets/", SHEET).json()["id"]


@pytest.fixture
def german(settings, ada):
    """Return a function that sends a request in German."""
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.middleware.locale.LocaleMiddleware"]
    with translation.override("en"):  # what is active after the test; the middleware leaves German
        yield lambda method, *args: getattr(ada, method)(*args, headers={"Accept-Language": "de"})


def test_a_translated_field_is_written_and_shown(ada, sheet):
    place = f"/sheets/{sheet}/"

    assert ada.get(place).json() == {"id": sheet, **SHEET}
    assert ada.patch(place, {"title": "b"}).json() == {"id": sheet, **SHEET, "title": "b"}
    assert ada.get("/sheets/").json()["results"] == [{"id": sheet, **SHEET, "title": "b"}]


@pytest.mark.parametrize("method", ["post", "patch"])
@pytest.mark.parametrize(
    ("change", "status", "errors"),
    [
        ({"title": "a"}, 409, {"title": ["Title taken."]}),
        ({"pages": 0}, 400, {"pages": ["Too few."]}),
        ({"number": 1}, 409, {"number": ["sheet with this number already exists."]}),
        ({"title": "longer than it"}, 400, {"title": ["Ensure this field has no more than 10 characters."]}),
    ],
)
def test_a_constraint_of_either_table_is_reported_under_its_field(ada, sheet, method, change, status, errors):
    other = {"number": 2, "title": "b", "pages": 1}
    place = "/sheets/" if method == "post" else f"/sheets/{ada.post('/sheets/', other).json()['id']}/"
    before = ada.get("/sheets/").json()

    response = getattr(ada, method)(place, {**other, **change})

    assert (response.status_code, response.json()) == (status, errors)
    assert ada.get("/sheets/").json() == before


def test_titles_are_unique_within_a_language(ada, german, sheet):
    place = f"/sheets/{ada.post('/sheets/', {**SHEET, 'number': 2, 'title': 'b'}).json()['id']}/"

    assert german("patch", place, {"title": "a"}).json()["title"] == "a"
    assert ada.get(place).json()["title"] == "b"
    assert german("patch", f"/sheets/{sheet}/", {"title": "a"}).status_code == 409


def test_a_translation_that_is_rolled_back_is_not_shown(ada, sheet):
    rejected = ada.patch(f"/undecided/{sheet}/", {"title": "b"})

    assert (rejected.status_code, list(rejected.json())) == (409, ["number"])
    assert ada.get(f"/sheets/{sheet}/").json()["title"] == "a"


def test_the_checks_report_the_cache_of_translations(db, settings):
    assert checked(urlpatterns) == []

    settings.PARLER_ENABLE_CACHING = True

    assert checked(urlpatterns) == ["W048"]
