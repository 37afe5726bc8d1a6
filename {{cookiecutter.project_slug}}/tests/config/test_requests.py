"""Rules for every request and response: request ids, error documents, methods and caching."""

import uuid

import pytest
from django.core.signals import got_request_exception

from hardening.testing.client import REQUEST_ID, Client

pytestmark = pytest.mark.django_db


def test_every_response_has_its_own_request_id(ada, client):
    answers = [client.get("/livez"), ada.get("/api/v1/profiles/"), client.get("/nothing"), client.post("/livez/x")]

    ids = [answer["X-Request-ID"] for answer in answers]
    assert len({uuid.UUID(each) for each in ids}) == 4


@pytest.mark.parametrize("sent", ["abc-123", "x" * 64, str(uuid.uuid4())])
def test_a_request_id_is_accepted_only_behind_a_trusted_proxy(client, settings, sent):
    before = client.get("/livez", headers={"X-Request-ID": sent})
    settings.TRUSTED_PROXIES = 1
    after = client.get("/livez", headers={"X-Request-ID": sent})

    assert before["X-Request-ID"] != sent
    assert after["X-Request-ID"] == sent


@pytest.mark.parametrize("sent", ["", "x" * 65, "a b", "a\tb", "ä", "a;b", "a/b"])
def test_an_invalid_request_id_is_replaced(client, settings, sent):
    settings.TRUSTED_PROXIES = 1

    answered = client.get("/livez", headers={"X-Request-ID": sent})["X-Request-ID"]

    assert answered != sent
    assert REQUEST_ID.fullmatch(answered)


def test_problem_details_have_an_instance_only_if_the_request_id_is_a_uuid(client, settings):
    settings.TRUSTED_PROXIES = 1
    asked = {"Accept": "application/problem+json"}

    named = client.get("/nothing", headers={**asked, "X-Request-ID": "abc"}).json()
    unnamed = client.get("/nothing", headers=asked).json()

    assert ("instance" in named, named["request_id"]) == (False, "abc")
    assert unnamed["instance"] == f"urn:uuid:{unnamed['request_id']}"


@pytest.mark.parametrize("accept", ["application/json", "application/problem+json", "text/html", "image/png"])
@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("get", "/nothing", 404, "not_found"),
        ("get", "/api/v1/nothing/", 404, "not_found"),
        ("post", "/api/v1/profiles", 404, "not_found"),
        ("get", "/api/v1/profiles/", 401, "not_authenticated"),
    ],
)
def test_errors_are_json_documents_for_any_accept_header(client, accept, method, path, status, code):
    response = getattr(client, method)(path, headers={"Accept": accept})

    assert response.status_code in (status, 406)
    assert response.json()["code"] in (code, "not_acceptable")


def test_an_invalid_host_is_400_with_the_error_document(client):
    response = client.get("/livez/x", headers={"Host": "evil.example.com"})

    assert response.status_code == 400
    assert response.json() == {"detail": "The request is malformed.", "code": "bad_request"}


def test_a_missing_csrf_token_is_403_with_the_error_document(ada):
    strict = Client(enforce_csrf_checks=True)

    response = strict.post("/admin/login/", {"username": "ada", "password": "x"}, format="multipart", secure=True)

    assert response.status_code == 403
    assert response.json()["code"] == "permission_denied"


def test_a_request_body_that_is_too_large_is_413(ada, settings):
    body = b'{"bio": "' + b"x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE + b'"}'

    response = ada.send("post", "/api/v1/profiles/", body)

    assert response.status_code == 413
    assert response.json() == {"detail": "The request body is too large.", "code": "too_large"}


def test_a_request_body_without_a_content_length_is_411(ada):
    response = ada.generic("POST", "/api/v1/profiles/", b"", headers={"Transfer-Encoding": "chunked"})

    assert response.status_code == 411
    assert response.json()["code"] == "length_required"


def test_a_server_error_is_logged_once_and_reveals_nothing_to_the_client(ada, log, monkeypatch):
    told = []
    got_request_exception.connect(lambda **kwargs: told.append(kwargs), weak=False, dispatch_uid="test")
    monkeypatch.setattr("accounts.views.ProfileViewSet.list", lambda *args: {}["secret"])

    response = ada.get("/api/v1/profiles/")

    got_request_exception.disconnect(dispatch_uid="test")
    lines = [line for line in log.getvalue().splitlines() if "Traceback" in line]
    assert response.status_code == 500
    assert response.json() == {"detail": "A server error occurred.", "code": "error"}
    assert len(lines) == 1
    assert response["X-Request-ID"] in lines[0]
    assert "KeyError: 'secret'" in lines[0]
    assert len(told) == 1


def test_only_public_responses_may_be_cached(ada, client):
    assert ada.get("/api/v1/profiles/")["Cache-Control"] == "no-store"
    assert client.post("/api/v1/auth/login/", {})["Cache-Control"] == "no-store"
    assert client.get("/api/v1/errors/")["Cache-Control"] == "public, max-age=3600"


def test_plain_http_through_a_proxy_is_403(ada, settings):
    assert ada.get("/api/v1/profiles/").status_code == 200
    settings.TRUSTED_PROXIES = 1
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

    plain = ada.get("/api/v1/profiles/", headers={"X-Forwarded-Proto": "http"})
    tls = ada.get("/api/v1/profiles/", headers={"X-Forwarded-Proto": "https"})

    assert (plain.status_code, tls.status_code) == (403, 200)
    assert ada.get("/livez").status_code == 200


def test_the_type_of_problem_details_links_to_its_error_code(client):
    problem = client.get("/nothing", headers={"Accept": "application/problem+json"}).json()
    page, _hash, code = problem["type"].partition("#")

    listed = {each["code"]: each for each in client.get(page).json()}

    assert listed[code] == {"code": "not_found", "status": 404, "meaning": "Not found."}


# Names of view attributes, HTTP methods that no route supports, and unknown methods.
METHODS = (
    "REQUEST", "SETTINGS", "HEADERS", "ACTION", "DISPATCH", "ARGS", "KWARGS", "QUERYSET", "GET_OBJECT", "UNIT", "RUN",
    "IN_UNIT", "INITIAL", "LIST", "RETRIEVE", "DESTROY", "UPDATE", "CREATE", "DETAIL", "THROTTLES", "STRICT_INPUT",
    "TRACE", "CONNECT", "OPTIONS", "PROPFIND", "LOCK", "QUERY", "BREW", "__CLASS__", "request", "headers",
)  # fmt: skip


@pytest.mark.once
@pytest.mark.parametrize("path", ["/api/v1/profiles/", "/api/v1/profiles/{id}/", "/api/v1/accounts/me/"])
def test_an_unsupported_method_is_405_with_allow(ada, log, path):
    profile = ada.post("/api/v1/profiles/", {"username": "ada", "email": "ada@example.com"}).json()

    for method in METHODS:
        response = ada.generic(method, path.format(**profile))

        assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed"), method
        assert "GET" in response["Allow"], method
        assert method not in response["Allow"].split(", ")
        assert '"exception"' not in log.getvalue(), method


@pytest.mark.once
@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_an_unsupported_method_on_a_probe_is_405_with_allow(client, path):
    for method in METHODS:
        response = client.generic(method, path)

        assert (response.status_code, response["Allow"]) == (405, "GET, HEAD"), method


@pytest.mark.parametrize("method", ["post", "Patch", "delete"])
def test_methods_are_case_insensitive(ada, method):
    assert ada.generic(method, "/api/v1/accounts/me/", b"{}", content_type="application/json").status_code < 500
