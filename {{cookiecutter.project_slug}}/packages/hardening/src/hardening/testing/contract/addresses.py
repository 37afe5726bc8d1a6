"""Test cases of invalid paths, query strings and headers."""

from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any
from urllib.parse import unquote

from django.conf import settings
from django.db.models import IntegerField
from django.urls import Resolver404, resolve
from rest_framework.settings import api_settings

from hardening.authentication import BearerAuthentication
from hardening.checks.stand_ins import send_stand_in
from hardening.filters import SearchFilter
from hardening.pagination import KeysetPagination
from hardening.resources.idempotency import IdempotencyMixin
from hardening.resources.preconditions import PreconditionsMixin
from hardening.testing.contract.targets import Target, Targets
from hardening.testing.rows import Row

NO_KEYS = [
    "0", "00", "01", "-1", "+1", "1.0", "1e3", "0x1", "1_0", "a", "null", "None", "true", "NaN", "*", "1,2", "1;2",
    "1%20", "%201", "1%0A", "1%09", "%00", "1%00", "%FF", "%ED%A0%80", "%D9%A1", "%EF%BC%91", "%C2%B2", "%25", "%2F",
    "1%2F", "1%3Fa=1", "1%27%20OR%201=1", "$(id)", "9223372036854775807", "9223372036854775808",
    "9999999999999999999", "99999999999999999999", "1" * 5000, "..", "%2e%2e", "me", "1.json", "00000000-0000-0000",
]  # fmt: skip
# Text before and after the primary key of an existing object.
OTHER_SPELLINGS = [("0", ""), ("+", ""), ("%20", ""), ("", "%20"), ("", "%0A"), ("%09", ""), ("", ".0"), ("0_", "")]
# Paths that no project has; one that a route answers is left out.
NO_PATHS = [
    "/", "//", "/api", "/api/", "/api/v1", "/api/v1/", "/api/v2/profiles/", "/api/v1/users/", "/api/v1/accounts/1/",
    "/api/v1/docs/", "/api/v1/auth/", "/api/v1/auth/token/", "/api-auth/login/", "/livez/", "/readyz/", "/metrics",
    "/.env", "/.git/config", "/robots.txt", "/static/", "/static/../config/settings.py",
    "/static/%2e%2e/config/settings.py", "/%2e%2e/%2e%2e/etc/passwd", "/\u00e9", "/%FF", "/%00", "/%ED%A0%80",
    "/" + "a/" * 1000, "/" + "x" * 20_000, "/%0d%0aSet-Cookie:%20a=1",
]  # fmt: skip
# Text after the path of a list, or of an object.
NO_ENDS = [".", "/", "%3Fx=1", "..%2f", "%00/"]
NO_ENDS_OF_OBJECTS = ["/", "owner/", "nothing/", "%2e%2e/", "../nothing/"]

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
NO_TAGS = [
    "", "a", "1-1", '"', '"a', "'a'", '"a" "b"', '"a",', '*, "a"', "**", 'w/"a"', '"a\x7f"', '"\u00e9"', "W/", ",",
]  # fmt: skip
OTHER_TAGS = ['""', '"1"', '"0-0"', 'W/"1-1"', '"*"', '"a","b"', '"9999999999999999999-1"']
NO_IDEMPOTENCY_KEYS = ["", " ", "a b", "a;b", "\u00e9", '"', '""', '"a', "a" * 256, "../a", "a\x7f"]
TERMS = "+".join("a" * 9)


_FORMAT = api_settings.URL_FORMAT_OVERRIDE or ""  # DRF reads this parameter before the view does


def paths(targets: Targets) -> Iterator[Row]:
    """Yield a row for every path that no route has, if the project answers them with error documents."""
    if "hardening.middleware.error_documents" not in settings.MIDDLEWARE:
        return
    for path in _list_paths(targets):
        yield Row("GET", path, 404, "not_found")
        yield Row("POST", path, 404, "not_found", body={})


def objects(targets: Targets) -> Iterator[Row]:
    """Yield a row for every key in a path that no object can have, and for other spellings of an existing one."""
    if "hardening.middleware.error_documents" not in settings.MIDDLEWARE:
        return
    for path, route in targets.objects.items():
        if not isinstance(route.model._meta.pk, IntegerField) or getattr(route.view, "lookup_field", "") != "pk":
            continue
        parent, key = path.rstrip("/").rsplit("/", 1)
        for before, after in OTHER_SPELLINGS:
            yield Row("GET", f"{parent}/{before}{key}{after}/", 404, "not_found")
        for key, method in product(NO_KEYS, sorted({"GET", "PUT", "PATCH", "DELETE"} & set(route.methods))):
            body: Any = None if method in ("GET", "DELETE") else {}
            yield Row(method, f"{parent}/{key}/", 404, "not_found", body=body)


def _list_paths(targets: Targets) -> Iterator[str]:
    """Yield the paths in `NO_PATHS`, and other spellings of those of the routes."""
    yield from (path for path in NO_PATHS if not _resolves(path))
    for path in targets.lists:
        parent, name = path.rstrip("/").rsplit("/", 1)
        spellings = (path.rstrip("/"), f"{parent}//{name}/", f"{parent}/./{name}/", f"{parent}/{name}.json")
        yield from (*spellings, f"{parent}/{name.upper()}/", f"{parent}/{name};a=1/", *(path + end for end in NO_ENDS))
    for path in targets.objects:
        yield from (path.rstrip("/"), *(path + end for end in NO_ENDS_OF_OBJECTS))


def _resolves(path: str) -> bool:
    try:
        resolve(unquote(path))
    except Resolver404:
        return False
    return True


def queries(targets: Targets) -> Iterator[Row]:
    """Yield a row for every query parameter that a route does not have, and for query strings that are not text."""
    for target in targets.list_all():
        view = target.route.view
        if not getattr(view, "strict_input", False):
            continue
        known = {*send_stand_in(view, target.method.lower(), "user").get_query_parameters(), _FORMAT}
        if target.method == "GET":
            names = [*UNKNOWN, "search=a", "ordering=name", *NO_ORDERS]
            yield from _unknown(target, [query for query in names if _first_name(query) not in known])
            yield from (
                Row("GET", f"{target.path}?{query}", 400, "bad_request", who=target.who) for query in NO_QUERIES
            )
        else:
            yield from _unknown(target, ("x=1", "page_size=1", "format=json", "search=a"))
        if "ordering" in known and target.method == "GET":
            rows = (Row("GET", f"{target.path}?{query}", 400, "invalid_choice", "/ordering") for query in NO_ORDERS)
            yield from rows


def _unknown(target: Target, queries: Iterable[str]) -> Iterator[Row]:
    """Yield a row for each of *queries*, whose parameter is unknown to the route."""
    for query in queries:
        body: Any = None if target.method in ("GET", "DELETE") else {}
        path, at = f"{target.path}?{query}", f"/{_first_name(query)}"
        yield Row(target.method, path, 400, "unknown_parameter", at, body, who=target.who)


def pages(targets: Targets) -> Iterator[Row]:
    """Yield a row for every invalid page size and cursor of every list."""
    for path, route in targets.lists.items():
        pagination = getattr(route.view, "pagination_class", None)
        if pagination is None or not issubclass(pagination, KeysetPagination):
            continue
        for size in NO_PAGE_SIZES:
            yield Row("GET", f"{path}?page_size={size}", 400, "invalid_page_size", "/page_size")
        for cursor in NO_CURSORS:
            yield Row("GET", f"{path}?cursor={cursor}", 400, "invalid_cursor", "/cursor")
        for query in ("page_size=1&page_size=2", "page_size=1&page_size=1", "cursor=a&cursor=b"):
            yield Row("GET", f"{path}?{query}", 400, "repeated_parameter", f"/{query.partition('=')[0]}")


def searches(targets: Targets) -> Iterator[Row]:
    """Yield a row for every search that is too long, and for strange ones that are valid."""
    for path, route in targets.lists.items():
        backends = [backend for backend in route.view.filter_backends if issubclass(backend, SearchFilter)]
        if not backends or not getattr(route.view, "search_fields", None):
            continue
        yield Row("GET", f"{path}?search={TOO_LONG}", 400, "max_length", "/search")
        yield Row("GET", f"{path}?search={'%F0%9F%A6%86' * 201}", 400, "max_length", "/search")
        yield Row("GET", f"{path}?search={TERMS}", 400, "max_terms", "/search")
        yield Row("GET", f"{path}?search=a&search=b", 400, "repeated_parameter", "/search")
        yield from (Row("GET", f"{path}?search={search}", 200) for search in SEARCHES)


def headers(targets: Targets) -> Iterator[Row]:
    """Yield a row for every invalid header of a list, and for headers that have no effect."""
    for path, route in targets.lists.items():
        if BearerAuthentication in route.view.authentication_classes:
            for token in NO_TOKENS:
                code = "authentication_failed" if token.lower().partition(" ")[0] == "bearer" else "not_authenticated"
                yield Row("GET", path, 401, code, headers={"Authorization": token})
        yield from (Row("GET", path, 406, headers={"Accept": accept}) for accept in NO_ACCEPTS)
        if "hardening.middleware.error_documents" in settings.MIDDLEWARE:
            yield from (Row("GET", path, 400, "bad_request", headers={"Host": host}) for host in NO_HOSTS)
        yield from (Row("GET", path, 200, headers=ignored) for ignored in IGNORED)
        for method in ("FOO", "TRACE", "CONNECT", "PROPFIND"):
            yield Row(method, path, 405, "method_not_allowed")
        if "POST" in route.methods:
            yield Row("POST", path, 400, headers={"X-HTTP-Method-Override": "GET"}, body={})
        yield Row("GET", path, 200, body=b'{"a": ')


def conditions(targets: Targets) -> Iterator[Row]:
    """Yield a row for every invalid tag of a view with preconditions, and every invalid idempotency key."""
    for target in targets.list_all():
        view = target.route.view
        if isinstance(view, PreconditionsMixin) and target.method in ("PUT", "PATCH", "DELETE"):
            yield from _preconditions(target)
        if isinstance(view, IdempotencyMixin) and target.method == "POST":
            for key in NO_IDEMPOTENCY_KEYS:
                yield Row("POST", target.path, 400, "bad_request", headers={"Idempotency-Key": key}, body={})


def _preconditions(target: Target) -> Iterator[Row]:
    method, path = target.method, target.path
    if target.route.view.require_if_match:
        yield Row(method, path, 428, "precondition_required", headers={"If-Match": None}, body={})
    for tags in NO_TAGS:
        yield Row(method, path, 400, "bad_request", headers={"If-Match": tags}, body={})
        yield Row(method, path, 400, "bad_request", headers={"If-None-Match": tags}, body={})
    for tag in OTHER_TAGS:
        yield Row(method, path, 412, "precondition_failed", headers={"If-Match": tag}, body={})


def _first_name(query: str) -> str:
    name = query.partition("=")[0].replace("+", " ").replace("%20", " ")
    return name if len(name) <= 64 else f"{name[:64]}…"
