"""The renderer depends on `Accept` and on the view's renderers, whatever other requests have asked for."""

from typing import Any

import pytest
from rest_framework.renderers import BaseRenderer

from hardening import negotiation
from hardening.renderers import JSONRenderer
from hardening.viewsets import ModelViewSet
from shapes.models import Badge
from shapes.routed import serve
from shapes.serializers import plain

pytestmark = pytest.mark.django_db

JSON, TEXT = "application/json", "text/plain"


class Text(BaseRenderer):
    media_type = TEXT
    format = "txt"

    def render(self, data: Any, *args: Any, **kwargs: Any) -> bytes:
        return repr(data).encode()


@pytest.fixture(autouse=True)
def routed(settings: Any) -> Any:
    common = {"queryset": Badge.objects.all(), "serializer_class": plain(Badge)}
    orders = {"json": [JSONRenderer, Text], "text": [Text, JSONRenderer], "only": [JSONRenderer]}
    serve(
        settings,
        **{name: type("View", (ModelViewSet,), {**common, "renderer_classes": own}) for name, own in orders.items()},
    )


CASES = [
    ("json", "*/*", JSON),
    ("text", "*/*", TEXT),
    ("only", "*/*", JSON),
    ("json", TEXT, TEXT),
    ("text", JSON, JSON),
    ("only", f"{TEXT}, {JSON};q=0.5", JSON),
    ("json", f"{TEXT}, {JSON}", JSON),
    ("text", "application/*, text/*", TEXT),
]


@pytest.mark.parametrize("again", ["first", "again"])
@pytest.mark.parametrize(("view", "accept", "expected"), CASES)
def test_the_renderer_is_chosen_by_accept_for_each_view(ada, view, accept, expected, again):
    for _ in range(2 if again == "again" else 1):
        response = ada.get(f"/{view}/", headers={"Accept": accept})

    assert (response.status_code, response["Content-Type"].partition(";")[0]) == (200, expected)


class ByHeader(negotiation.ContentNegotiation):
    """Chooses by another header, too."""

    def get_accept_list(self, request: Any) -> list[str]:
        return [request.headers.get("X-Accept", JSON)]


def test_a_class_of_the_projects_own_chooses_for_each_request(ada, settings):
    attributes = {"renderer_classes": [JSONRenderer, Text], "content_negotiation_class": ByHeader}
    common = {"queryset": Badge.objects.all(), "serializer_class": plain(Badge)}
    serve(settings, own=type("View", (ModelViewSet,), {**common, **attributes}))

    responses = [ada.get("/own/", headers=headers) for headers in ({}, {"X-Accept": TEXT}, {})]

    assert [each["Content-Type"].partition(";")[0] for each in responses] == [JSON, TEXT, JSON]


def test_a_choice_that_was_not_possible_is_406_each_time(ada):
    responses = [ada.get("/only/", headers={"Accept": TEXT}) for _ in range(2)]

    assert [each.status_code for each in responses] == [406, 406]


def test_the_choices_that_a_process_remembers_are_limited(ada):
    for number in range(negotiation.MAX_CHOICES + 1):
        assert ada.get("/only/", headers={"Accept": f"a/{number}, */*"}).status_code == 200

    assert len(negotiation._choices) <= negotiation.MAX_CHOICES
    assert ada.get("/text/", headers={"Accept": TEXT})["Content-Type"].startswith(TEXT)
