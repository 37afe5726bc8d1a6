"""Test cases of invalid paths, query strings and headers."""

from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

from hardening.testing import tables
from hardening.testing.rows import Row

LISTS = [tables.collection(kind) for kind in tables.merge("RESOURCES")]
OBJECTS = [tables.single(kind) for kind in tables.merge("RESOURCES")]
ORDERED = [path for app in tables.APPS for path in getattr(app, "ORDERED", ())]
SEARCHED = [path for app in tables.APPS for path in app.SEARCHED]
SINGLE = sorted({(method, path) for app in tables.APPS for method, path, *_rest in app.SINGLE})
BODILESS = [route for app in tables.APPS for route in app.BODILESS]

NO_KEYS = [
    "0", "00", "01", "-1", "+1", "1.0", "1e3", "0x1", "1_0", "a", "null", "None", "true", "NaN", "*", "1,2", "1;2",
    "1%20", "%201", "1%0A", "1%09", "%00", "1%00", "%FF", "%ED%A0%80", "%D9%A1", "%EF%BC%91", "%C2%B2", "%25", "%2F",
    "1%2F", "1%3Fa=1", "1%27%20OR%201=1", "$(id)", "9223372036854775807", "9223372036854775808",
    "9999999999999999999", "99999999999999999999", "1" * 5000, "..", "%2e%2e", "me", "1.json", "00000000-0000-0000",
]  # fmt: skip
# Text before and after the primary key of an existing object.
OTHER_SPELLINGS = [("0", ""), ("+", ""), ("%20", ""), ("", "%20"), ("", "%0A"), ("%09", ""), ("", ".0"), ("0_", "")]
NO_PATHS = [
    "/", "//", "/api", "/api/", "/api/v1", "/api/v1/", "/api/v2/profiles/", "/api/v1//profiles/", "/api/v1/profiles",
    "/api/v1/PROFILES/", "/api/v1/profiles/.", "/api/v1/profiles//", "/api/v1/profiles.json",
    "/api/v1/profiles/{profile}",
    "/api/v1/profiles/{profile}//", "/api/v1/profiles/{profile}/owner/", "/api/v1/./profiles/",
    "/api/v1/profiles/%3Fx=1", "/api/v1/profiles;a=1/", "/api/v1/users/", "/api/v1/accounts/{profile}/",
    "/api/v1/docs/",
    "/api/v1/auth/", "/api/v1/auth/token/", "/api-auth/login/", "/livez/", "/readyz/", "/metrics", "/.env",
    "/.git/config",
    "/robots.txt", "/static/", "/static/../config/settings.py", "/static/%2e%2e/config/settings.py",
    "/%2e%2e/%2e%2e/etc/passwd", "/\u00e9", "/%FF", "/%00", "/%ED%A0%80", "/" + "a/" * 1000, "/" + "x" * 20_000,
    "/%0d%0aSet-Cookie:%20a=1",
]  # fmt: skip

UNKNOWN = [
    "x=1", "page=1", "page=0", "limit=1", "limit=99999999999999999999", "offset=-1", "format=json", "format=xyz",
    "order_by=1", "id=1", "pk=1", "owner=1", "owner__password=a",
    "_method=DELETE",
    "x", "=1", "=", "%20", "Search=a", "search%20=a", "fields=id", "__proto__=1", "a[]=1", "a[b]=1", "x" * 5000,
]  # fmt: skip
NO_ORDERS = ["ordering=", "ordering=owner__password", "ordering=-owner__password", "ordering=name,id"]
NO_QUERIES = ["%FF", "x=%FF", "%00", "x=%00", "x=a%00b", "x=%ED%A0%80", "%C0%80=1"]
NO_PAGE_SIZES = [
    "", "0", "-1", "+1", "101", "1000000", "9" * 20, "9" * 5000, "1.0", "1e2", "a", "%20", "%2010", "10%20", "0x10",
    "True",
    "%D9%A1", "1_0", "1,2", "null",
]  # fmt: skip
NO_CURSORS = [
    "", "a", "1", "%20", "cD0x", "null", "[]", "...", ":::", "a:b", "a:b:c", "%F0%9F%A6%86", "x" * 5000,
    urlsafe_b64encode(b"p=abc").decode(), urlsafe_b64encode(b"p=%00").decode(), urlsafe_b64encode(b"r=1&p=1").decode(),
    "WzAsZmFsc2UsIjEiXQ:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
]  # fmt: skip

NO_TOKENS = [
    "Bearer", "Bearer ", "Bearer a b", "Bearer \u00e9", "Bearer " + "x" * 5000, "Bearer \x7f", "Bearer null",
    "Basic YTpi", "Basic YQA6Yg==", "Token a", "Digest a", "bearer", "a", " ", "=", "Bearer\ta", "Bearer,a",
]  # fmt: skip
NO_ACCEPTS = [
    "text/html",
    "image/png",
    "application/xml",
    "text/*",
    ";;;,",
    "a",
    "/",
    "application/yaml",
    "application/json-seq",
]
NO_HOSTS = [
    "evil.example.com",
    "testserver.evil.example",
    "testserver:port",
    "a b",
    "",
    "testserver\\@evil",
    "[::1",
    "%00",
    ".",
    "testserver,x",
]

# Headers that have no effect.
IGNORED = [
    {"X-HTTP-Method-Override": "DELETE"},
    {"X-Forwarded-Host": "evil.example.com"},
    {"X-Forwarded-Proto": "http"},
    {"X-Forwarded-For": "\0"},
    {"Forwarded": "host=evil.example.com"},
    {"X-Original-URL": "/admin/"},
    {"X-Rewrite-URL": "/admin/"},
    {"X-Request-ID": "a b"},
    {"Cookie": "sessionid=../../etc/passwd; csrftoken=x"},
    {"Cookie": "sessionid=\0; =; ;;"},
    {"Cookie": "messages=x"},
    {"Accept-Language": "x" * 5000},
    {"Accept-Charset": "utf-16"},
    {"Accept-Encoding": "identity;q=0"},
    {"Range": "bytes=0-1"},
    {"If-Modified-Since": "\u00e9"},
    {"Origin": "null"},
    {"Origin": "https://evil.example.com"},
    {"Referer": "\u00e9"},
    {"Content-Type": "application/xml"},
    {"Upgrade": "websocket"},
]

SEARCHES = [
    "", "%22", "%22%22", "'", ",", ",,,", "%25", "_", "\\", "%5C", "%27%20OR%201=1", "a" * 200, "+".join("a" * 8)
]  # fmt: skip
TOO_LONG = "a" * 201
TERMS = "+".join("a" * 9)


def paths() -> Iterator[Row]:
    for path in NO_PATHS:
        yield Row("GET", path, 404, "not_found")
        yield Row("POST", path, 404, "not_found", body={})
    for path, spelling in product(OBJECTS, OTHER_SPELLINGS):
        yield Row("GET", path.replace("{", spelling[0] + "{").replace("}", "}" + spelling[1]), 404, "not_found")
    for path in LISTS:
        for key, method in product(NO_KEYS, ("GET", "PUT", "PATCH", "DELETE")):
            yield Row(method, f"{path}{key}/", 404, "not_found", body=None if method in ("GET", "DELETE") else {})


def queries() -> Iterator[Row]:
    for path in [*LISTS, *OBJECTS, "/api/v1/accounts/me/", "/api/v1/errors/"]:
        yield from unknown("GET", path, UNKNOWN if path in ORDERED else [*UNKNOWN, "ordering=name", *NO_ORDERS])
        yield from (Row("GET", f"{path}?{query}", 400, "bad_request") for query in NO_QUERIES)
    for path, query in product(ORDERED, NO_ORDERS):
        yield Row("GET", f"{path}?{query}", 400, "invalid_choice", "/ordering")
    for method, path in [*(("POST", path) for path in LISTS), *product(("PUT", "PATCH", "DELETE"), OBJECTS)]:
        yield from unknown(method, path, ("x=1", "page_size=1", "format=json", "search=a"))
    for method, path in [*SINGLE, *BODILESS]:
        yield from unknown(method, path, ["x=1"])
    yield Row("GET", "/api/v1/schema/?format=xml", 404, "not_found")


def unknown(method: str, path: str, queries: Iterable[str]) -> Iterator[Row]:
    """Yield a row for each of *queries*, whose parameter is unknown to *path*."""
    for query in queries:
        body: Any = None if method in ("GET", "DELETE") else {}
        yield Row(method, f"{path}?{query}", 400, "unknown_parameter", f"/{_first_name(query)}", body)


def pages() -> Iterator[Row]:
    for path in LISTS:
        for size in NO_PAGE_SIZES:
            yield Row("GET", f"{path}?page_size={size}", 400, "invalid_page_size", "/page_size")
        for cursor in NO_CURSORS:
            yield Row("GET", f"{path}?cursor={cursor}", 400, "invalid_cursor", "/cursor")
        for query in ("page_size=1&page_size=2", "page_size=1&page_size=1", "cursor=a&cursor=b"):
            yield Row("GET", f"{path}?{query}", 400, "repeated_parameter", f"/{query.partition('=')[0]}")


def searches() -> Iterator[Row]:
    for path in SEARCHED:
        yield Row("GET", f"{path}?search={TOO_LONG}", 400, "max_length", "/search")
        yield Row("GET", f"{path}?search={'%F0%9F%A6%86' * 201}", 400, "max_length", "/search")
        yield Row("GET", f"{path}?search={TERMS}", 400, "max_terms", "/search")
        yield Row("GET", f"{path}?search=a&search=b", 400, "repeated_parameter", "/search")
        for search in (
            "",
            "%22",
            "%22%22",
            "'",
            ",",
            ",,,",
            "%25",
            "_",
            "\\",
            "%5C",
            "a" * 200,
            "+".join("a" * 8),
            "%27%20OR%201=1",
        ):
            yield Row("GET", f"{path}?search={search}", 200)


def headers() -> Iterator[Row]:
    for path in LISTS:
        for token in NO_TOKENS:
            code = "authentication_failed" if token.lower().partition(" ")[0] == "bearer" else "not_authenticated"
            yield Row("GET", path, 401, code, headers={"Authorization": token})
        for accept in NO_ACCEPTS:
            yield Row("GET", path, 406, headers={"Accept": accept})
        for host in NO_HOSTS:
            yield Row("GET", path, 400, "bad_request", headers={"Host": host})
        for ignored in IGNORED:
            yield Row("GET", path, 200, headers=ignored)
        for method in ("FOO", "TRACE", "CONNECT", "PROPFIND"):
            yield Row(method, path, 405, "method_not_allowed")
        yield Row("POST", path, 400, headers={"X-HTTP-Method-Override": "GET"}, body={})
        yield Row("GET", path, 200, body=b'{"a": ')


def _first_name(query: str) -> str:
    name = query.partition("=")[0].replace("+", " ").replace("%20", " ")
    return name if len(name) <= 64 else f"{name[:64]}…"
