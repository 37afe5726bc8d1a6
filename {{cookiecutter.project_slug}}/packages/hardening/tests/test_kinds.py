"""A column of every type: values that it rejects, and strange values that it accepts and shows unchanged."""

from collections.abc import Iterator

import pytest

from hardening.testing.client import Client
from hardening.testing.contract.bodies import bad_texts, bad_types
from hardening.testing.rows import Row, fault, send
from shapes import kinds

pytestmark = pytest.mark.django_db


@pytest.fixture
def one(ada: Client) -> str:
    """The path of an object that a PATCH changes."""
    return f"{kinds.MANY}{ada.post(kinds.MANY, {'text': 'x'}).json()['id']}/"


def bodies(one: str) -> Iterator[Row]:
    """Yield request bodies that are not JSON objects, or of another media type."""
    yield from bad_texts("POST", kinds.MANY, "ada")
    yield from bad_types("POST", kinds.MANY, "ada")
    yield from bad_types("PATCH", one, "ada")


@pytest.mark.parametrize("table", [kinds.rows, kinds.taken, bodies], ids=lambda table: table.__name__)
def test_every_value_gets_its_response_and_leaves_the_list_readable(table, one, ada):
    faults = [fault(row, send(row, ada)) for row in table(one)]

    assert [each for each in faults if each] == []
    page = ada.get(kinds.MANY)
    assert page.status_code == 200
    assert {ada.get(f"{kinds.MANY}{row['id']}/").status_code for row in page.json()["results"]} == {200}


def test_a_strange_value_that_is_valid_is_shown_as_it_was_sent(one, ada):
    for row in kinds.taken(one):
        (field, sent), *_others = row.body.items()
        assert send(row, ada).json()[field] == sent
