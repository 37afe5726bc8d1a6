"""If any layer fails, the client receives the error document, and the log has one entry."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import pytest
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import clear_url_caches, path
from rest_framework.response import Response
from rest_framework.views import APIView

from hardening.permissions import Public
from hardening.testing.exchanges import Exchange, exchange
from hardening.wsgi import Application, Handler

pytestmark = pytest.mark.once

SECRET = "canary-of-the-query"
PROBLEM = {"HTTP_ACCEPT": "application/problem+json"}
HEADERS = {
    "cache-control",
    "content-security-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "permissions-policy",
    "referrer-policy",
    "strict-transport-security",
    "x-content-type-options",
    "x-frame-options",
    "x-request-id",
}


def fail(*args: Any, **kwargs: Any) -> Any:
    raise RuntimeError("a fault")


class View(APIView):
    """Return 200, unless a test replaces a method by a failing one."""

    permission_classes = (Public,)

    def get(self, request: Any) -> Response:
        return Response({"answered": True})


def stream(request: Any) -> StreamingHttpResponse:
    return StreamingHttpResponse(iter([b"first", b"second"]))


@pytest.fixture(autouse=True)
def _routed(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    urls = ModuleType("urls_of_layers")
    urls.urlpatterns = [path("view/", View.as_view()), path("stream/", stream)]
    monkeypatch.setitem(sys.modules, "urls_of_layers", urls)
    settings.ROOT_URLCONF = "urls_of_layers"


def send(route: str = "/view/", method: str = "GET", **environ: str) -> Exchange:
    return exchange(Application(Handler()), method, route, f"secret={SECRET}", **environ)


def assert_answered(answer: Exchange, log: Any, status: int = 500) -> None:
    """Assert that *answer* is the error document with its headers, and that the error is logged once."""
    assert answer.status == status
    assert HEADERS - {"strict-transport-security"} <= answer.headers.keys()
    assert answer.headers["content-length"] == str(len(answer.content))
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.body["status"] == status
    assert answer.body["request_id"] == answer.headers["x-request-id"]
    assert_logged_once(log, answer)


def assert_logged_once(log: Any, answer: Exchange) -> None:
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert SECRET not in log.getvalue()
    assert {line["request_id"] for line in lines} == {answer.headers["x-request-id"]}
    assert len([line for line in lines if "exception" in line]) == 1
    assert [line["status"] for line in lines if line["logger"] == "hardening.access"] == [answer.status]


def test_a_successful_response_passes_unchanged(log):
    answer = send()

    assert (answer.status, answer.body) == (200, {"answered": True})
    assert answer.headers.keys() >= HEADERS
    assert [line["status"] for line in map(json.loads, log.getvalue().splitlines())] == [200]


# {function to replace by a failing one: the layer that it belongs to}.
LAYERS = {
    "hardening.wsgi._Request.__init__": "the request",
    "django.core.handlers.wsgi.get_script_name": "the WSGI handler before the request exists",
    "hardening.middleware._replace_by_document": "the middleware for error documents",
    "django.core.handlers.base.BaseHandler.resolve_request": "the resolver",
    "tests.config.test_outermost.View.initialize_request": "the start of DRF's dispatch",
    "tests.config.test_outermost.View.initial": "DRF's checks",
    "tests.config.test_outermost.View.get": "the view",
    "tests.config.test_outermost.View.finalize_response": "the end of DRF's dispatch",
    "tests.config.test_outermost.View.get_authenticators": "authentication",
    "hardening.renderers.JSONRenderer.render": "the renderer, which then fails for the error document too",
}


@pytest.mark.parametrize("layer", LAYERS)
def test_an_exception_in_any_layer_returns_the_error_document(log, monkeypatch, layer):
    monkeypatch.setattr(layer, fail)
    needs_an_error = layer.endswith("_replace_by_document")

    answer = send("/nothing/" if needs_an_error else "/view/", **PROBLEM)

    if layer.endswith("JSONRenderer.render"):
        assert answer.body == {"detail": "A server error occurred.", "code": "error"}
        assert answer.headers.keys() >= HEADERS
    else:
        assert_answered(answer, log)


def failing_before(get_response: Any) -> Any:
    return fail


def failing_after(get_response: Any) -> Any:
    return lambda request: fail(get_response(request))


@pytest.mark.parametrize("name", ["failing_before", "failing_after"])
@pytest.mark.parametrize("position", range(len(settings.MIDDLEWARE) + 1))
def test_an_exception_in_a_middleware_at_any_position_returns_the_error_document(settings, log, name, position):
    middleware = [*settings.MIDDLEWARE]
    middleware.insert(position, f"{__name__}.{name}")
    settings.MIDDLEWARE = middleware

    answer = send(**PROBLEM)

    assert answer.headers.keys() >= HEADERS
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.body["request_id"] == answer.headers["x-request-id"]
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert len([line for line in lines if "exception" in line]) == 1
    assert {line["request_id"] for line in lines} == {answer.headers["x-request-id"]}
    assert SECRET not in log.getvalue()


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, GeneratorExit])
def test_an_exception_that_would_end_a_server_thread_returns_the_error_document(log, monkeypatch, error):
    def leave(*args: Any) -> None:
        raise error

    monkeypatch.setattr(View, "get", leave)

    with ThreadPoolExecutor(1) as thread:
        answer = thread.submit(send, **PROBLEM).result()

    assert_answered(answer, log)


def test_a_keyboard_interrupt_in_the_main_thread_stops_the_process(monkeypatch):
    def leave(*args: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(View, "get", leave)

    with pytest.raises(KeyboardInterrupt):
        send()


@pytest.mark.parametrize("signal", [request_started, request_finished])
def test_an_exception_in_a_signal_receiver_is_500_or_logged(log, signal):
    signal.connect(fail, dispatch_uid="layer")
    try:
        answer = send(**PROBLEM)
    finally:
        signal.disconnect(dispatch_uid="layer")

    if signal is request_started:
        assert_answered(answer, log)
    else:
        assert_logged_once(log, answer)
        assert answer.status == 200


def test_a_urlconf_that_cannot_be_imported_is_500(settings, log):
    settings.ROOT_URLCONF = "urls_that_nobody_wrote"
    clear_url_caches()

    answer = send(**PROBLEM)

    assert (answer.status, answer.body["code"]) == (500, "error")
    assert answer.headers.keys() >= HEADERS
    assert SECRET not in log.getvalue()


def test_a_stream_that_fails_before_its_first_chunk_is_500(log, monkeypatch):
    monkeypatch.setattr(StreamingHttpResponse, "__iter__", lambda self: (fail() for _once in "1"))

    assert_stream_is_logged(send("/stream/", **PROBLEM), log, 500)


def test_a_stream_that_fails_later_is_aborted_and_logged(log, monkeypatch):
    monkeypatch.setattr(StreamingHttpResponse, "__iter__", lambda self: (part or fail() for part in (b"first", b"")))

    answer = send("/stream/", **PROBLEM)

    assert (answer.content, answer.broke_off) == (b"first", True)
    assert_stream_is_logged(answer, log, 200)


def assert_stream_is_logged(answer: Exchange, log: Any, status: int) -> None:
    assert answer.status == status
    assert answer.headers.keys() >= HEADERS
    assert SECRET not in log.getvalue()
    faults = [line for line in map(json.loads, log.getvalue().splitlines()) if "exception" in line]
    assert [line["request_id"] for line in faults] == [answer.headers["x-request-id"]]


def test_a_response_that_cannot_be_closed_is_sent_and_logged(log, monkeypatch):
    monkeypatch.setattr(HttpResponse, "close", fail)

    answer = send()

    assert (answer.status, answer.body) == (200, {"answered": True})
    assert_logged_once(log, answer)


def test_head_returns_the_headers_of_get_without_content():
    answer = send(method="HEAD")

    assert (answer.status, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len(b'{"answered":true}'))


CHARSETS = (
    "bz2", "zlib", "rot13", "hex", "base64", "undefined", "unicode_escape", "raw_unicode_escape", "utf-7", "utf-16",
    "idna", "punycode", "latin-1", "mbcs", "nothing", "", " ", "a\0b", "utf-8,bz2", "ä", "x" * 5000,
)  # fmt: skip


@pytest.mark.parametrize("query", ["", f"secret={SECRET}%FF"])
@pytest.mark.parametrize("media_type", ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"])
@pytest.mark.parametrize("charset", CHARSETS)
def test_a_charset_other_than_utf_8_is_415_with_and_without_a_query(log, charset, media_type, query):
    declared = f'{media_type}; boundary=b; charset="{charset}"'

    answer = exchange(
        Application(Handler()), "POST", "/view/", query, b"a=%FF", CONTENT_TYPE=declared, HTTP_ACCEPT="application/json"
    )

    assert (answer.status, answer.body["code"]) == (415, "unsupported_media_type")
    assert answer.headers.keys() >= HEADERS
    assert SECRET not in log.getvalue()
    assert '"exception"' not in log.getvalue()


@pytest.mark.parametrize(
    "parameter", ["charset*=bz2''%41", "charset*=nothing''%41", "a*=nothing''%41", "a*=undefined''%41"]
)
def test_a_header_parameter_in_an_unknown_charset_is_not_a_server_error(log, parameter):
    typed = exchange(Application(Handler()), "POST", "/view/", CONTENT_TYPE=f"application/json; {parameter}")
    accepted = exchange(Application(Handler()), "GET", "/view/", HTTP_ACCEPT=f"application/json; {parameter}")
    unknown = exchange(Application(Handler()), "GET", "/nothing/", HTTP_ACCEPT=f"application/json; {parameter}")

    assert typed.status in (405, 415)
    assert accepted.status in (200, 406)
    assert unknown.status == 404
    assert '"exception"' not in log.getvalue()


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", "utf8", '"utf-8"'])
def test_utf_8_in_any_notation_is_accepted(charset):
    answer = exchange(Application(Handler()), "GET", "/view/", CONTENT_TYPE=f"application/json; charset={charset}")

    assert answer.status == 200
