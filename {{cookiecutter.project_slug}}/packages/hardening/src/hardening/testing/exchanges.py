"""A WSGI server in one function: for what happens before and after Django, which the test client leaves out."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from wsgiref.util import setup_testing_defaults


@dataclass
class Exchange:
    """What a server got from the application."""

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
    """Send one request to *application* as a server does, and end it properly."""
    known: dict[str, Any] = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "REMOTE_ADDR": "::1"}
    known |= {"HTTP_HOST": "testserver", "wsgi.input": io.BytesIO(body), "wsgi.url_scheme": "https"}
    known |= {"CONTENT_LENGTH": str(len(body)), **environ}
    setup_testing_defaults(known)
    started: list[Any] = []
    chunks = application(known, lambda status, headers, exc_info=None: started.append((status, headers)))
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
    assert len(names) == len(set(names)), "a header is there twice"
    return Exchange(int(status.split()[0]), {name.lower(): value for name, value in headers}, content, broke_off)
