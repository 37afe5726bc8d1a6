"""Every related field of every route: what is somebody else's is as good as absent, and offered to nobody else."""

import re
from typing import Any, NamedTuple

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rest_framework.metadata import SimpleMetadata
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.relations import HyperlinkedRelatedField, SlugRelatedField
from rest_framework.renderers import BrowsableAPIRenderer

from hardening.errors.problem_details import PROBLEM_JSON
from hardening.parsers import JSONParser
from hardening.renderers import JSONRenderer
from hardening.testing import tables
from hardening.testing.client import Client
from hardening.testing.contract.written_fields import Related, written
from hardening.testing.statements import address

pytestmark = pytest.mark.django_db

# {model: a function that makes an object of it for a user}; what everybody may see is somebody else's to nobody.
OBJECTS: dict[Any, Any] = tables.joined("OBJECTS")
EVERYBODYS = {model for app in tables.APPS for model in getattr(app, "EVERYBODYS", ())}

FIELDS = list(written())
OWNED = [each for each in FIELDS if each.model not in EVERYBODYS]
CHOSEN = [(each, "bob" if each.model in EVERYBODYS else "ada") for each in FIELDS if each.method == "post"]
FORMS = [each for each in OWNED if each.method != "patch" and each.path[0] != 0]
OPTIONS = {(each.route, each.model): each for each in FORMS}.values()


def test_every_related_field_has_objects_to_be_asked_with():
    asked = {each.model for each in FIELDS} | {each.holder for each in FIELDS if each.holder}

    assert asked <= OBJECTS.keys(), tables.WHERE
    assert OBJECTS.keys() >= EVERYBODYS


def name_of(target: Any, field: Any) -> Any:
    """Return what *field* calls *target* in a body."""
    if isinstance(field, HyperlinkedRelatedField):
        return "http://testserver" + reverse(field.view_name, args=[target.pk])
    return getattr(target, field.slug_field) if isinstance(field, SlugRelatedField) else target.pk


def path_to(related: Related, caller: Client) -> str:
    """Return the path of the route, to an object of the caller's where it is about one."""
    return address(related.route, lambda: OBJECTS[related.holder](caller.user).pk)


def send(caller: Client, related: Related, path: str, name: Any, accept: str = PROBLEM_JSON) -> Any:
    known = {"Accept": accept, "If-Match": "*"}
    response: Any = getattr(caller, related.method)(path, related.body(name), headers=known)
    return response


def refusals(response: Any, related: Related) -> set[str]:
    """Return the codes of what an answer says against the object that was named."""
    errors = response.json().get("errors", ()) if response.status_code == 400 else ()
    return {each["code"] for each in errors if each["pointer"] == related.pointer}


class Told(NamedTuple):
    """All that a client can tell apart, without what it sent itself and the id of the request."""

    status: int
    headers: dict[str, str]
    body: str
    statements: int


def told(caller: Client, related: Related, path: str, name: Any, accept: str) -> Told:
    with CaptureQueriesContext(connection) as queries:
        response = send(caller, related, path, name, accept)
    headers = {key: value for key, value in response.items() if key not in ("Content-Length", "X-Request-ID")}
    body = response.content.decode().replace(response["X-Request-ID"], "")
    body = body.replace(f'"status":{response.status_code},', "")  # a key may be the same number
    return Told(response.status_code, headers, re.sub(rf"(?<!\w){re.escape(str(name))}(?!\w)", "…", body), len(queries))


@pytest.mark.parametrize("related", OWNED, ids=str)
def test_another_users_object_is_rejected_like_a_missing_one(related, ada, bob, sign_in):
    path = path_to(related, ada)
    gone = OBJECTS[related.model](sign_in("eve").user)
    theirs, absent = (name_of(each, related.field) for each in (OBJECTS[related.model](bob.user), gone))
    gone.delete()

    for accept in ("application/json", PROBLEM_JSON):
        assert told(ada, related, path, theirs, accept) == told(ada, related, path, absent, accept)
    response = send(ada, related, path, theirs)
    assert (response.status_code, refusals(response, related)) == (400, {"does_not_exist"})


@pytest.mark.parametrize(("related", "owner"), CHOSEN, ids=str)
def test_an_object_visible_to_the_user_is_accepted(related, owner, ada, bob):
    target = OBJECTS[related.model]({"ada": ada, "bob": bob}[owner].user)

    response = send(ada, related, path_to(related, ada), name_of(target, related.field))

    assert response.status_code in (201, 400), response.content  # the rest of the body may be missing
    assert refusals(response, related) == set()


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that asks for a page of a view as DEBUG has it: with forms, and OPTIONS."""

    def asked(caller: Client, related: Related, method: str = "get") -> str:
        monkeypatch.setattr(related.view, "renderer_classes", [JSONRenderer, BrowsableAPIRenderer])
        monkeypatch.setattr(related.view, "parser_classes", [JSONParser, FormParser, MultiPartParser])
        monkeypatch.setattr(related.view, "metadata_class", SimpleMetadata)
        kind = "text/html" if method == "get" else "application/json"
        response = getattr(caller, method)(path_to(related, caller), headers={"Accept": kind})
        assert response.status_code == 200, response.content
        return str(response.content.decode())

    return asked


@pytest.mark.parametrize("related", FORMS, ids=str)
def test_a_form_lists_only_objects_visible_to_its_user(related, page, ada, bob):
    objects = {caller: OBJECTS[related.model](caller.user) for caller in (ada, bob)}

    for caller, other in ((ada, bob), (bob, ada), (ada, bob)):
        html = page(caller, related)
        select = re.search(
            rf'<select[^>]*name="{".".join(map(str, related.path))}"[^>]*>(.*?)</select>', html, re.DOTALL
        )
        offered = re.findall(r'<option value="([^"]*)"', select[1]) if select else []
        assert str(name_of(objects[other], related.field)) not in offered
        assert str(objects[other]) not in html
        if 0 not in related.path:  # DRF has no form for a list of objects
            assert str(name_of(objects[caller], related.field)) in offered


@pytest.mark.parametrize("related", OPTIONS, ids=str)
def test_options_do_not_list_objects_of_other_users(related, page, ada, bob):
    theirs = OBJECTS[related.model](bob.user)

    assert str(theirs) not in page(ada, related, "options")
