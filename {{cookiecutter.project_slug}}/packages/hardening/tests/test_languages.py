"""Every request is answered in its own language, whichever came first."""

from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from hardening import serializers
from hardening.testing.client import Client
from shapes import echoes
from shapes.models import Kinds
from shapes.routed import serializer as model_serializer

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture(autouse=True)
def _translated(settings, monkeypatch):
    settings.USE_I18N = True
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.middleware.locale.LocaleMiddleware"]
    monkeypatch.setattr(translation, "_trans", type(translation._trans)())
    yield
    translation.deactivate()


BROKEN: dict[str, Any] = {
    "text": "x" * 11,
    "integer": 2**31,
    "small": -1,
    "amount": "1.555",
    "span": "106751992 00:00:00",
    "slug": "x" * 51,
    "link": "x",
    "address": "x",
    "choice": 9,
    "moment": "x",
    "flag": "x",
    "data": "\0",
}


def errors(client: Client, body: dict[str, Any], language: str) -> dict[str, Any]:
    response = client.post("/shapes/kinds/", body, headers={"Accept-Language": language})
    assert response.status_code == 400
    return dict(response.json())


@pytest.mark.parametrize("first", ["de", "en"])
def test_the_errors_of_cached_fields_are_in_the_language_of_the_request(ada, first):
    second = "en" if first == "de" else "de"

    found = {language: errors(ada, BROKEN, language) for language in (first, second)}
    again = errors(ada, BROKEN, first)

    assert again == found[first]
    assert found["en"]["text"] == ["Ensure this field has no more than 10 characters."]
    for field in BROKEN.keys() - {"span"}:
        assert found["de"][field] != found["en"][field], field


def test_the_errors_of_declared_fields_are_too(settings):
    fields = {
        "short": serializers.CharField(min_length=5),
        "number": serializers.IntegerField(min_value=5, max_value=9),
        "float": serializers.FloatField(max_value=9),
        "decimal": serializers.DecimalField(5, 2, max_value=Decimal(9)),
        "texts": serializers.ListField(child=serializers.CharField(max_length=1), max_length=1),
    }
    post = echoes.route(settings, echoes.serializer(**fields))
    body = {"short": "a", "number": 10, "float": 10, "decimal": 10, "texts": ["ab"]}

    german, english = (post(body, **{"Accept-Language": each}).json() for each in ("de", "en"))

    assert english["number"] == ["Ensure this value is less than or equal to 9."]
    assert all(german[field] != english[field] for field in body)


def test_no_validator_that_fields_share_keeps_a_language():
    cls = model_serializer(Kinds, ("text", "integer", "small", "amount", "span", "slug", "link"))
    shared = [(name, each.validators) for name, each in cls().fields.items()]

    said = {}
    for language in ("de", "en"):
        with translation.override(language):
            said[language] = {
                (name, index): str(each.message) for name, them in shared for index, each in enumerate(them)
            }

    assert said["de"]
    assert [key for key, text in said["en"].items() if text and said["de"][key] == text] == []
