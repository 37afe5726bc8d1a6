"""Tests of every related field: another user's object is rejected like a missing one, and never listed in a form."""

import re
from typing import Any, NamedTuple

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.metadata import SimpleMetadata
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.renderers import BrowsableAPIRenderer

from hardening.errors.problem_details import PROBLEM_JSON
from hardening.parsers import JSONParser
from hardening.renderers import JSONRenderer
from hardening.testing.client import Client
from hardening.testing.contract.reporting import naming_missing
from hardening.testing.contract.written_fields import Related, list_related_fields
from hardening.testing.factories import MissingFactory, create_for, is_owned
from hardening.testing.requests import name_of, path_of

pytestmark = pytest.mark.django_db

FIELDS = list(list_related_fields())


def is_shared(model: Any) -> bool:
    """Return whether all users see the rows of *model*; the tests themselves report a missing factory."""
    try:
        return not is_owned(model)
    except MissingFactory:
        return False


OWNED = [field for field in FIELDS if not is_shared(field.model)]
CHOSEN = [(field, "bob" if is_shared(field.model) else "ada") for field in FIELDS if field.method == "post"]
FORMS = [field for field in OWNED if field.method != "patch" and field.path[0] != 0]
OPTIONS = {(field.route.name, field.model): field for field in FORMS}.values()


def create(model: Any, user: Any) -> Any:
    """Create a row of *model* for *user*; fail with the sentence that names a missing factory."""
    with naming_missing():
        return create_for(user, model)


def path_to(related: Related, caller: Client) -> str:
    """Return the path of the route, with the id of an object of *caller* if the path has one."""
    route = related.route
    return path_of(route, create(route.model, caller.user) if route.parameters else None)


def send(caller: Client, related: Related, path: str, name: Any, accept: str = PROBLEM_JSON) -> Any:
    headers = {"Accept": accept, "If-Match": "*"}
    response: Any = getattr(caller, related.method)(path, related.body(name), headers=headers)
    return response


def read_codes(response: Any, related: Related) -> set[str]:
    """Return the codes of the errors of the related field."""
    errors = response.json().get("errors", ()) if response.status_code == 400 else ()
    return {error["code"] for error in errors if error["pointer"] == related.pointer}


class Observation(NamedTuple):
    """Everything that a client can observe, without its own input and the request id."""

    status: int
    headers: dict[str, str]
    body: str
    statements: int


def observe(caller: Client, related: Related, path: str, name: Any, accept: str) -> Observation:
    """Send a request, and return its response with the number of SQL statements."""
    with CaptureQueriesContext(connection) as queries:
        response = send(caller, related, path, name, accept)
    headers = {key: value for key, value in response.items() if key not in ("Content-Length", "X-Request-ID")}
    body = response.content.decode().replace(response.get("X-Request-ID", ""), "")
    body = body.replace(f'"status":{response.status_code},', "")  # an id may be the same number
    body = re.sub(rf"(?<!\w){re.escape(str(name))}(?!\w)", "…", body)
    return Observation(response.status_code, headers, body, len(queries))


@pytest.mark.parametrize("related", OWNED, ids=str)
def test_another_users_object_is_rejected_like_a_missing_one(related, ada, bob, sign_in):
    path = path_to(related, ada)
    deleted = create(related.model, sign_in("eve").user)
    theirs, missing = (name_of(target, related.field) for target in (create(related.model, bob.user), deleted))
    deleted.delete()

    for accept in ("application/json", PROBLEM_JSON):
        assert observe(ada, related, path, theirs, accept) == observe(ada, related, path, missing, accept)
    response = send(ada, related, path, theirs)
    assert (response.status_code, read_codes(response, related)) == (400, {"does_not_exist"})


@pytest.mark.parametrize(("related", "owner"), CHOSEN, ids=str)
def test_an_object_visible_to_the_user_is_accepted(related, owner, ada, bob):
    target = create(related.model, {"ada": ada, "bob": bob}[owner].user)

    response = send(ada, related, path_to(related, ada), name_of(target, related.field))

    assert response.status_code in (201, 400), response.content  # the rest of the body may be missing
    assert read_codes(response, related) == set()


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that requests a view as with DEBUG: with the browsable API, forms and OPTIONS."""

    def request_page(caller: Client, related: Related, method: str = "get") -> str:
        monkeypatch.setattr(related.view, "renderer_classes", [JSONRenderer, BrowsableAPIRenderer])
        monkeypatch.setattr(related.view, "parser_classes", [JSONParser, FormParser, MultiPartParser])
        monkeypatch.setattr(related.view, "metadata_class", SimpleMetadata)
        kind = "text/html" if method == "get" else "application/json"
        response = getattr(caller, method)(path_to(related, caller), headers={"Accept": kind})
        assert response.status_code == 200, response.content
        return str(response.content.decode())

    return request_page


def names(html: str, target: Any) -> bool:
    """Return whether *html* has the text of *target*; "Location 1" is not in "Location 12"."""
    return re.search(rf"(?<!\w){re.escape(str(target))}(?!\w)", html) is not None


@pytest.mark.parametrize("related", FORMS, ids=str)
def test_a_form_lists_only_objects_visible_to_its_user(related, page, ada, bob):
    objects = {caller: create(related.model, caller.user) for caller in (ada, bob)}

    for caller, other in ((ada, bob), (bob, ada), (ada, bob)):
        html = page(caller, related)
        select = re.search(
            rf'<select[^>]*name="{".".join(map(str, related.path))}"[^>]*>(.*?)</select>', html, re.DOTALL
        )
        listed = re.findall(r'<option value="([^"]*)"', select[1]) if select else []
        assert str(name_of(objects[other], related.field)) not in listed
        assert not names(html, objects[other])
        if 0 not in related.path:  # DRF has no form for a list of objects
            assert str(name_of(objects[caller], related.field)) in listed


@pytest.mark.parametrize("related", OPTIONS, ids=str)
def test_options_do_not_list_objects_of_other_users(related, page, ada, bob):
    theirs = create(related.model, bob.user)

    assert not names(page(ada, related, "options"), theirs)
