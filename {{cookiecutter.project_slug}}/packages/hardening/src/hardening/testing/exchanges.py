"""A minimal WSGI server, for tests of code outside of Django's handler, which the test client bypasses."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from wsgiref.util import setup_testing_defaults


@dataclass
class Exchange:
    """The response that a server got from the application."""

    status: int
    headers: dict[str, str]
    content: bytes
    broke_off: bool = False

    @property
    def body(self) -> Any:
        return json.loads(self.content)


def exchange(
    application: Callable[..., Any], method: str, path: str, query: str = "", body: bytes = b"", **environ: str
) -> Exchange:
    """Send a request to *application* as a server does, read the whole response, and close it."""
    request: dict[str, Any] = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "REMOTE_ADDR": "::1"}
    request |= {"HTTP_HOST": "testserver", "wsgi.input": io.BytesIO(body), "wsgi.url_scheme": "https"}
    request |= {"CONTENT_LENGTH": str(len(body)), **environ}
    setup_testing_defaults(request)
    started: list[Any] = []
    chunks = application(request, lambda status, headers, exc_info=None: started.append((status, headers)))
    content, broke_off = b"", False
    try:
        for chunk in chunks:
            content += chunk
    except ConnectionResetError:
        broke_off = True
    finally:
        chunks.close()
    [(status, headers)] = started
    names = [name.lower() for name, _value in headers]
    assert len(names) == len(set(names)), "the response has a header twice"
    return Exchange(int(status.split()[0]), {name.lower(): value for name, value in headers}, content, broke_off)
