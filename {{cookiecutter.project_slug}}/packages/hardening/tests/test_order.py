"""The order of validation, as `docs/validation.md` tells it."""

import pytest
from django.db import connection

from shapes.recorded import CALLS, Recorder

pytestmark = pytest.mark.django_db(transaction=True)

SHAPE = ["keys and fields", "field validator", "validate_serial()", "serializer validator", "validate()"]
JUDGED = ["save()", "create_defaults", "clean()"]


@pytest.fixture
def record(ada, monkeypatch):
    """Return a function that sends a body by a method and returns what was asked, in order."""

    def recorded(method: str, path: str = "", **body: object) -> list[str]:
        recorder = Recorder(monkeypatch)
        with connection.execute_wrapper(recorder.execute):
            getattr(ada, method)(f"/shapes/recorded/{path}", body)
        return CALLS[1:]  # without the look for the token

    return recorded


def test_a_create_goes_from_the_shape_to_the_rules_to_the_database(record):
    assert record("post", serial="s", kind="even", value=2) == [*SHAPE, *JUDGED, "Model.save()", "INSERT"]


@pytest.mark.parametrize(
    ("body", "calls"),
    [
        ({"serial": "s" * 21, "kind": "even", "value": 2}, ["keys and fields"]),  # too long for any validator
        ({"serial": "s", "kind": "even", "value": 3}, [*SHAPE, *JUDGED]),
        ({"serial": "s", "kind": "even", "value": 102}, [*SHAPE, *JUDGED]),
        (
            {"serial": "s", "kind": "even", "value": 2, "unknown": 1},
            ["keys and fields", "field validator", "validate_serial()"],
        ),
    ],
)
def test_an_invalid_request_is_rejected_before_any_query_runs(record, body, calls):
    assert record("post", **body) == calls


def test_an_update_locks_the_row_before_it_validates(ada, record):
    created = ada.post("/shapes/recorded/", {"serial": "s", "kind": "even", "value": 2}).json()

    calls = record("patch", f"{created['id']}/", value=4)

    assert calls == [
        "SELECT",  # and the lock
        "keys and fields",
        "serializer validator",
        "validate()",
        "save()",
        "clean()",
        "Model.save()",
        "UPDATE",
    ]


def test_a_violation_is_explained_after_the_write(ada, record):
    ada.post("/shapes/recorded/", {"serial": "s", "kind": "even", "value": 2})

    calls = record("post", serial="s", kind="even", value=2)

    assert calls == [*SHAPE, *JUDGED, "Model.save()", "INSERT"]
