"""Static files, whose errors are the same documents as elsewhere."""

from pathlib import Path
from typing import Any

import pytest

from hardening.testing.exchanges import Exchange, exchange
from hardening.wsgi import Application, Handler

pytestmark = pytest.mark.once

CONTENT = b"0123456789"


@pytest.fixture
def application(settings: Any, tmp_path: Path) -> Application:
    """The project with one static file."""
    (tmp_path / "file.txt").write_bytes(CONTENT)
    settings.STATIC_ROOT = tmp_path
    return Application(Handler())


def send(application: Application, method: str = "GET", **environ: str) -> Exchange:
    return exchange(application, method, "/static/file.txt", **environ)


def test_static_files_support_ranges_and_conditional_requests(application):
    whole = send(application)

    assert (whole.status, whole.content) == (200, CONTENT)
    assert send(application, HTTP_RANGE="bytes=2-4").content == CONTENT[2:5]
    assert send(application, HTTP_IF_NONE_MATCH=whole.headers["etag"]).status == 304
    assert send(application, "HEAD").headers["content-length"] == str(len(CONTENT))


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "REQUEST", "SETTINGS"])
@pytest.mark.parametrize("accept", ["application/json", "application/problem+json"])
def test_an_unsupported_method_on_a_static_file_is_405_with_allow(application, method, accept):
    answer = send(application, method, HTTP_ACCEPT=accept)

    assert (answer.status, answer.body["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, HEAD"
    assert answer.headers["content-type"] == accept
    assert answer.headers["content-length"] == str(len(answer.content))
    assert {"x-request-id", "x-frame-options", "content-security-policy"} <= answer.headers.keys()


@pytest.mark.parametrize("ranges", ["bytes=99-", "bytes=10-", "bytes=4-2", "bytes=99-100"])
def test_a_range_outside_of_a_static_file_is_416_with_its_length(application, ranges):
    answer = send(application, HTTP_RANGE=ranges)

    assert answer.status == 416
    assert answer.headers["content-range"] == f"bytes */{len(CONTENT)}"
    assert answer.headers["content-type"] == "application/json"
    assert answer.body["code"] == "range_not_satisfiable"


@pytest.mark.parametrize(
    "ranges",
    ["", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=1-2,4-5", "lines=1-2", "bytes=1", "bytes=--1", "bytes=²-",
     "bytes=-0", "bytes=0-0", "bytes=9-9", "bytes=-1", f"bytes={'9' * 5000}-", f"bytes=-{'9' * 4000}"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_invalid_range_is_not_a_server_error(application, log, method, ranges):
    answer = send(application, method, HTTP_RANGE=ranges)

    assert answer.status in (200, 206, 416)
    assert '"exception"' not in log.getvalue()


def test_a_static_file_that_cannot_be_opened_is_500_and_logged_once(application, tmp_path, log):
    (tmp_path / "file.txt").unlink()

    answer = send(application)

    assert (answer.status, answer.body["code"]) == (500, "error")
    assert log.getvalue().count('"exception"') == 1


def test_a_static_file_that_cannot_be_read_is_500_and_logged_once(application, log, monkeypatch):
    class Broken:
        def read(self, size: int = -1) -> bytes:
            raise OSError("the disk is gone")

        def close(self) -> None:
            """Nothing is open."""

    monkeypatch.setattr("builtins.open", lambda *args, **kwargs: Broken())
    answer = send(application)
    monkeypatch.undo()

    assert (answer.status, answer.body["code"]) == (500, "error")
    assert log.getvalue().count('"exception"') == 1
