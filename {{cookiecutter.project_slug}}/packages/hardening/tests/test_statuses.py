"""An error chooses its status, wherever it is raised, beside whatever else is wrong."""

import copy
import json
import pickle
from typing import Any

import pytest
from hypothesis import given, strategies as st
from rest_framework.exceptions import ErrorDetail, ValidationError

from hardening.errors.problem_details import pointer, problem
from hardening.exceptions import Code, Conflict, Locked, details, status_of

pytestmark = pytest.mark.django_db

PATH = "/shapes/raising/"
PLACES = ["field", "validator", "validate_name"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        ("conflict", 409, ["This conflicts with an existing object."]),
        ("conflict-text", 409, ["Taken."]),
        ("conflict-texts", 409, ["One.", "Two."]),
        ("conflict-field", 409, ["Taken."]),
        ("name-taken", 409, ["This name is taken."]),
        ("forbidden", 403, ["You may not use this value."]),
        ("gone", 410, ["This object no longer exists."]),
        ("unprocessable", 422, ["This value cannot be processed."]),
        ("locked", 423, ["This value is locked."]),
        ("teapot", 418, ["Short and stout."]),
        ("fine", 200, ["An error, for clients that read nothing else."]),
        ("plain", 400, ["Wrong."]),
        ("plain-unique", 409, ["Taken."]),
    ],
)
def test_raised_about_a_field_it_is_under_that_field(ada, place, error, status, words):
    response = ada.post(PATH, {"name": "x", "where": place, "error": error})

    assert response.status_code == status
    assert response.json() == {"name": words}


@pytest.mark.parametrize("place", ["validate", "create", "view"])
@pytest.mark.parametrize(
    ("error", "status", "body"),
    [
        ("conflict", 409, {"non_field_errors": ["This conflicts with an existing object."]}),
        ("conflict-field", 409, {"name": ["Taken."]}),
        ("conflict-fields", 409, {"name": ["Taken."], "note": ["So is this."]}),
        ("name-taken", 409, {"name": ["This name is taken."]}),
        ("teapot", 418, {"non_field_errors": ["Short and stout."]}),
        ("mixed", 400, {"name": ["Taken."], "note": ["Shut."]}),
        ("plain", 400, {"non_field_errors": ["Wrong."]}),
        ("django", 409, {"name": ["Taken."]}),
        ("django-plain", 400, {"non_field_errors": ["Wrong."]}),
    ],
)
def test_a_field_error_of_the_whole_object_may_name_fields(ada, place, error, status, body):
    response = ada.post(PATH, {"name": "x", "where": place, "error": error})

    assert (response.status_code, response.json()) == (status, body)


@pytest.mark.parametrize("error", ["conflict-field", "name-taken", "django"])
def test_raised_in_create_of_a_model_serializer_it_keeps_its_place(ada, error):
    response = ada.post(f"{PATH}model/", {"name": "x", "where": "create", "error": error})

    assert response.status_code == 409
    assert list(response.json()) == ["name"]


def test_other_fields_errors_stay_beside_it_and_make_it_400(ada):
    response = ada.post(PATH, {"name": "x", "note": "too long", "where": "field", "error": "conflict-text"})

    assert response.status_code == 400
    assert response.json() == {"name": ["Taken."], "note": ["Ensure this field has no more than 5 characters."]}


def test_errors_that_a_field_raises_for_its_neighbours_stand_beside_it(ada):
    response = ada.post(PATH, {"name": "x", "note": "too long", "where": "field", "error": "conflict-fields"})

    assert response.status_code == 400
    assert response.json() == {
        "name": ["Taken."],
        "note": ["So is this.", "Ensure this field has no more than 5 characters."],
    }


def test_it_survives_nesting_and_lists(ada):
    body = {"name": "x", "inner": {"name": "x"}, "inners": [{"name": "x"}], "where": "inner", "error": "locked"}

    response = ada.post(PATH, body)

    assert response.status_code == 423
    nested = {"non_field_errors": ["This value is locked."]}
    assert response.json() == {"inner": nested, "inners": {"0": nested}}


def test_it_survives_a_list_of_objects(ada):
    response = ada.post(PATH, [{"name": "x", "where": "validate", "error": "conflict-field"}, {"name": "y"}])

    assert response.status_code == 409
    assert response.json() == {"0": {"name": ["Taken."]}, "1": {"name": ["Taken."]}}


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        ("permission", 403, "permission_denied"),
        ("404", 404, "not_found"),
        ("suspicious", 400, "bad_request"),
        ("bad-request", 400, "bad_request"),
        ("too-big", 413, "too_large"),
        ("unreadable", 400, "bad_request"),
        ("throttled", 429, "throttled"),
        ("try-again", 503, "try_again"),
        ("coded", 401, "not_found"),
        ("missing", 500, "error"),
        ("missing-other", 500, "error"),
        ("database", 500, "error"),
        ("bug", 500, "error"),
    ],
)
def test_exceptions_of_django_and_of_packages_are_answered_in_the_same_shape(ada, error, status, code):
    response = ada.post(PATH, {"where": "view", "error": error})

    assert response.status_code == status
    assert response.json().keys() == {"detail", "code"}
    assert response.json()["code"] == code
    assert "secret" not in response.content.decode()


def test_the_object_that_the_url_names_is_not_found(ada):
    response = ada.post(f"{PATH}1/", {"where": "view", "error": "missing"})

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(("error", "seconds"), [("throttled", "7"), ("try-again", "1")])
def test_a_throttled_response_has_retry_after(ada, error, seconds):
    assert ada.post(PATH, {"where": "view", "error": error})["Retry-After"] == seconds


def test_problem_details_point_to_the_invalid_values(ada):
    body = {"name": "x", "inners": [{"name": "y"}, {"name": ""}], "where": "validate", "error": "plain"}

    response = ada.post(PATH, body, headers={"Accept": "application/problem+json"})

    assert response["Content-Type"] == "application/problem+json"
    assert response.json() == {
        "type": "/api/v1/errors/#blank",
        "title": "Bad Request",
        "status": 400,
        "detail": "The request has errors: see `errors`.",
        "request_id": response["X-Request-ID"],
        "instance": f"urn:uuid:{response['X-Request-ID']}",
        "errors": [{"pointer": "/inners/1/name", "code": "blank", "detail": "This field may not be blank."}],
    }


@pytest.mark.parametrize(
    ("accept", "problem_details"),
    [
        ("application/problem+json", True),
        ("application/problem+json, application/json", True),
        ("application/problem+json;q=0.9, application/json;q=0.1", True),
        ("application/problem+json, */*", True),
        ("Application/Problem+JSON, */*", True),
        ("application/json, application/problem+json;q=0.9", False),
        ("application/problem+json;q=0", False),
        ("application/problem+json;q=0, */*", False),
        ("*/*", False),
        ("application/*", False),
        ("application/json", False),
        (None, False),
    ],
)
def test_problem_details_are_sent_only_to_clients_that_accept_them(ada, accept, problem_details):
    headers = {} if accept is None else {"Accept": accept}

    refused = ada.post(PATH, {"name": ""}, headers=headers)

    assert refused.status_code in (400, 406)
    assert (refused["Content-Type"] == "application/problem+json") is problem_details


def test_accepting_problem_details_is_not_an_error(ada):
    response = ada.get("/shapes/badges/", headers={"Accept": "application/problem+json"})

    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"


def test_a_code_keeps_its_status_through_copies_and_pickles():
    code = Code("taken", 409)

    copies = [copy.copy(code), copy.deepcopy(code), pickle.loads(pickle.dumps(code))]  # noqa: S301  # our own
    assert [each.status for each in copies] == [409] * 3
    assert json.dumps(code) == '"taken"'


CODES = st.sampled_from(["plain", "unique", Code("a", 409), Code("b", 423), Code("c", 200)])
TEXTS = st.builds(ErrorDetail, st.text(max_size=5), CODES)
DETAILS = st.recursive(
    st.lists(TEXTS, min_size=1, max_size=3),
    lambda inner: st.dictionaries(
        st.text("ab/~", min_size=1, max_size=2) | st.integers(0, 9), inner, min_size=1, max_size=3
    ),
    max_leaves=8,
).map(lambda detail: detail if isinstance(detail, dict) else {"non_field_errors": detail})


def leaves(detail: Any, path: tuple[Any, ...] = ()) -> list[tuple[tuple[Any, ...], str, str]]:
    if isinstance(detail, dict):
        return [leaf for key, value in detail.items() for leaf in leaves(value, (*path, key))]
    return [(path, str(each), str(each.code)) for each in detail]


@given(detail=DETAILS)
def test_no_error_loses_its_field_its_code_or_its_status_on_the_way_out(detail):
    raised = ValidationError(detail)  # which DRF builds anew at every level
    raised = ValidationError({"outer": raised.detail})

    wanted = leaves({"outer": detail})
    statuses = {
        409 if code == "unique" else {"a": 409, "b": 423, "c": 200}.get(code, 400) for _path, _text, code in wanted
    }
    told = problem(raised.detail, 400, "")["errors"]
    assert [(path, str(each), str(each.code)) for path, each in details(raised.detail)] == wanted
    assert [(each["pointer"], each["detail"], each["code"]) for each in told] == [
        (pointer(path), text, code) for path, text, code in wanted
    ]
    assert status_of(raised.detail) == (statuses.pop() if len(statuses) == 1 else 400)


def test_all_codes_have_to_agree():
    assert status_of(ValidationError({"a": Conflict("x").detail, "b": Conflict("y").detail}).detail) == 409
    assert status_of(ValidationError({"a": Conflict("x").detail, "b": Locked("y").detail}).detail) == 400
    assert status_of({}) == 400
