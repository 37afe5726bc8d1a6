"""A body that names what is somebody else's is refused as if that were not there."""

import json

import pytest

from tests.inputs.rows import Id, filled
from tests.purchases.tables import RESOURCES, make

pytestmark = pytest.mark.django_db

ABSENT = 10**9


@pytest.mark.parametrize(
    ("kind", "foreign", "resource"),
    [
        ("location", {"location": Id("named")}, "contact"),
        ("location", {"location": Id("named")}, "purchase"),
        ("contact", {"contacts": [Id("named")]}, "purchase"),
        ("contact", {"contacts": [Id("contact"), Id("named")]}, "purchase"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_what_is_somebody_elses_is_refused_in_the_words_for_what_is_absent(ada, bob, method, kind, foreign, resource):
    own, theirs = make(ada), make(bob)[kind]
    path = f"/api/v1/{resource}s/" if method == "POST" else f"/api/v1/{resource}s/{own[resource]}/"
    body = foreign if method == "PATCH" else RESOURCES[resource][0] | foreign

    def refused(named: int) -> bytes:
        text = json.dumps(filled(body, own | {"named": named}))
        response = ada.generic(method, path, text, content_type="application/json", headers={"If-Match": "*"})
        assert response.status_code == 400
        assert list(response.json()) == list(foreign)
        return bytes(response.content)

    assert refused(theirs).replace(f'\\"{theirs}\\"'.encode(), f'\\"{ABSENT}\\"'.encode()) == refused(ABSENT)
