"""The order of a list, where the view offers some."""

from typing import Any

import pytest

from hardening.testing.client import Client
from shapes.models import Values

pytestmark = pytest.mark.django_db

VALUES = "/shapes/values/"


@pytest.fixture
def page(ada: Client) -> Any:
    """Return a function that asks for a page, and returns its integers and the address of the next one."""
    for integer in (2, 1, 3, 1):
        Values.objects.create(integer=integer)

    def asked(path: str) -> tuple[list[int], str | None]:
        body = ada.get(path).json()
        return [each["integer"] for each in body["results"]], body["next"]

    return asked


@pytest.mark.parametrize(("order", "sorted_by_it"), [("integer", [1, 1, 2, 3]), ("-integer", [3, 2, 1, 1])])
def test_every_row_is_on_exactly_one_page(page, order, sorted_by_it):
    found, following = page(f"{VALUES}?ordering={order}&page_size=1")
    while following:
        more, following = page(following)
        found += more

    assert found == sorted_by_it


def test_without_one_the_newest_come_first(page):
    assert page(VALUES)[0] == [1, 3, 1, 2]


@pytest.mark.parametrize("order", ["", "text", "-text", "pk", "--integer", "integer,day", "owner__password", "x" * 999])
def test_another_order_is_rejected(ada, order):
    response = ada.get(VALUES, {"ordering": order})

    shown = order if len(order) < 65 else f"{order[:64]}…"
    assert (response.status_code, response.json()) == (400, {"ordering": [f'"{shown}" is not a valid choice.']})


def test_a_cursor_of_another_ordering_is_400(ada, page):
    _found, following = page(f"{VALUES}?ordering=-integer&page_size=1")

    for other in ("ordering=integer", "ordering=day", ""):
        response = ada.get(following.replace("ordering=-integer", other).replace("?&", "?"))
        assert (response.status_code, list(response.json())) == (400, ["cursor"])


def test_a_list_that_offers_no_order_has_no_such_parameter(ada):
    response = ada.get("/shapes/kinds/", {"ordering": "text"})

    assert (response.status_code, list(response.json())) == (400, ["ordering"])
