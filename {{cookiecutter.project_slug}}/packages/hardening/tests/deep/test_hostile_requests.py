"""What is no request that the API has, or none at all: the error document, and no line of the log repeats it."""

import json
from collections.abc import Iterator

import pytest

from deep.server import Server, database, serving
from deep.test_limits import JSON, raw, request

SECRET = "canary-of-the-query"
QUERY = f"?cursor={SECRET}"
STATIC = "/static/file.txt"
HEADERS = {
    "cache-control",
    "content-security-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "permissions-policy",
    "referrer-policy",
    "x-content-type-options",
    "x-frame-options",
    "x-request-id",
}

PROFILES = f"/api/v1/profiles/{QUERY}"
REQUESTS = {
    **{
        f"{method} {path}": (request(method, f"{path}{QUERY}"), status)
        for method in ("REQUEST", "SETTINGS", "HEADERS", "DISPATCH", "CONNECT", "TRACE")
        for path, status in (("/api/v1/profiles/", 401), ("/livez", 405), ("/nowhere/", 404), (STATIC, 405))
    },
    "a method that is an attribute": (request("REQUEST", "/api/v1/accounts/"), 405),
    "a charset that is none of texts": (request("GET", PROFILES, "Content-Type: application/json; charset=bz2"), 415),
    "a charset that does not exist": (request("GET", PROFILES, "Content-Type: application/json; charset=none"), 415),
    "an impossible range of a file": (request("GET", f"{STATIC}{QUERY}", "Range: bytes=99999999-"), 416),
    "POST to a file": (request("POST", f"{STATIC}{QUERY}", JSON, "Content-Length: 2", body=b"{}"), 405),
    "OPTIONS of a file": (request("OPTIONS", f"{STATIC}{QUERY}"), 405),
    "a long request line": (request("GET", PROFILES + "a" * 5000), 414),
    "a long header": (request("GET", PROFILES, f"X-A: {'a' * 9000}"), 431),
    "many headers": (request("GET", PROFILES, *(f"X-{n}: {SECRET}" for n in range(60))), 431),
    "a header without a name": (request("GET", PROFILES, f": {SECRET}"), 400),
    "a header with a space": (request("GET", PROFILES, f"X A: {SECRET}"), 400),
    "a folded header": (request("GET", PROFILES, f"X-A: a\r\n {SECRET}"), 400),
    "an unknown expectation": (request("GET", PROFILES, f"Expect: {SECRET}"), 417),
    "an unknown transfer coding": (request("POST", PROFILES, f"Transfer-Encoding: {SECRET}"), 501),
    "two lengths": (request("POST", PROFILES, "Content-Length: 2", "Content-Length: 3", body=b"{}"), 400),
    "a method in small letters": (request(f"get{SECRET}", PROFILES), 400),
    "a version that does not exist": (f"GET {PROFILES} HTTP/9.9\r\n\r\n".encode(), 400),
    "the preface of HTTP/2": (f"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n{SECRET}".encode(), 400),
    "a target that is no path": (request("GET", f"\x7f{SECRET}"), 400),
    "a greeting of TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n" + SECRET.encode() + b"\r\n\r\n", 400),
    "another protocol": (f"EHLO {SECRET}\r\n\r\n".encode(), 400),
    "binary garbage": (bytes(range(256)) + f"{SECRET}\r\n\r\n".encode(), 400),
    "empty lines": (b"\r\n\r\n\r\n\r\n", 400),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a static file."""
    folder, files = tmp_path_factory.mktemp("hostile"), tmp_path_factory.mktemp("files")
    (files / "file.txt").write_bytes(b"0123456789")
    known = {"DJANGO_SETTINGS_MODULE": "deep.limited", "DEEP_STATIC_ROOT": str(files)}
    with database("sqlite", folder, "hostile") as url, serving(url, folder, **known) as running:
        yield running


@pytest.mark.parametrize("name", REQUESTS)
def test_a_hostile_request_is_the_error_document_with_an_id_and_is_not_logged(server: Server, name: str):
    text, expected = REQUESTS[name]
    before = len(server.log.read_text().splitlines())

    status, headers, body = raw(server, text)

    assert status == expected
    assert headers["content-type"] == "application/json"
    assert json.loads(body).keys() == {"detail", "code"}
    assert headers.keys() >= HEADERS
    assert "server" not in headers
    logged = [json.loads(line) for line in server.log.read_text().splitlines()[before:]]
    assert headers["x-request-id"] in {line.get("request_id") for line in logged}
    assert [line for line in logged if SECRET in json.dumps(line) or "exception" in line] == []


@pytest.mark.parametrize("claimed", [(), ("X-Forwarded-Ssl: off",), ("X-Forwarded-Protocol: ssl",)])
def test_gunicorn_believes_no_header_of_a_proxy(server: Server, claimed: tuple[str, ...]):
    status, headers, _body = raw(server, request("GET", "/livez", "X-Forwarded-Proto: https", *claimed))

    assert status == 200
    assert "strict-transport-security" not in headers
