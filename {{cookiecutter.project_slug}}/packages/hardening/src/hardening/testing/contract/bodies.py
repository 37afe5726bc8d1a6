"""Test cases of request bodies, media types and encodings that every route rejects."""

from collections.abc import Iterator

from django.conf import settings
from rest_framework.serializers import ListSerializer

from hardening.checks.stand_ins import send_stand_in
from hardening.negotiation import ContentNegotiation
from hardening.parsers import JSONParser
from hardening.testing.contract.targets import Target, Targets
from hardening.testing.rows import Row

NO_JSON = [
    b"",
    b" ",
    b"{",
    b"}",
    b"nul",
    b"True",
    b"undefined",
    b"{a: 1}",
    b"{'a': 1}",
    b'{"a": 1,}',
    b'{"a" 1}',
    b'{"a": }',
    b"[1,]",
    b"{} {}",
    b"{}{}",
    b"// c\n{}",
    b"/* c */ {}",
    b"\0",
    b"{}\0",
    b"\x0b{}",
    b"\xa0{}",
    b'{"a": 01}',
    b'{"a": .5}',
    b'{"a": 1.}',
    b'{"a": 0x10}',
    b'{"a": +1}',
    b'{"a": 1e}',
    b'{"a": 1_000}',
    b'{"a": "\\x41"}',
    b'{"a": "\\u12"}',
    b'{"a": "\n"}',
    b'{"a": "\x00"}',
    b'{"a": "b',
    b"\xff",
    b"\xef\xbb\xbf{}",  # a BOM
    b'{"a": "\xff"}',
    b'{"a": "\xc0\x80"}',  # NUL in too many bytes
    b'{"a": "\xed\xa0\x80"}',  # half a surrogate pair in UTF-8
    b'{"a": "\xf4\x90\x80\x80"}',  # beyond Unicode
    b'{"a": "\xe2\x82"}',
    "{}".encode("utf-16"),
    "{}".encode("utf-32"),
    b"\x1f\x8b\x08\x00\x00",
    b"<a/>",
    b"a=1&b=2",
    b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--x--",
]
TOO_DEEP = [
    b"[" * 33,
    b"[" * 33 + b"]" * 33,
    b"[" * 100_000,
    b"[" * 100_000 + b"]" * 100_000,
    b'{"a":' * 33 + b"1" + b"}" * 33,
    b'{"a":' * 990 + b"1" + b"}" * 990,
    b'{"a": [' * 20_000,
]
DUPLICATE_KEYS = [
    b'{"a": 1, "a": 1}',
    b'{"a": 1, "b": 2, "a": 3}',
    b'{"a": 1, "\\u0061": 2}',
    b'{"a": {"b": 1, "b": 2}}',
    b'[{"b": 1, "b": 2}]',
]
NO_NUMBERS = [
    b'{"a": NaN}',
    b'{"a": Infinity}',
    b'{"a": -Infinity}',
    b'{"a": 1e400}',
    b'{"a": -1e400}',
    b'{"a": ' + b"1" * 101 + b"}",
    b'{"a": 0.' + b"1" * 100 + b"}",
    b'{"a": ' + b"9" * 5000 + b"}",
    b"[" + b"1" * 101 + b"]",
]
# Bodies that are valid JSON, but not an object.
NO_OBJECTS = [b"[]", b"[{}]", b"true", b"false", b"0", b"1.5", b'"{}"', b'""']
MEDIA_TYPES = [
    "text/plain",
    "text/html",
    "text/json",
    "application/xml",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "multipart/form-data; boundary=x",
    "application/json-seq",
    "application/problem+json",
    "application/vnd.api+json",
    "application/octet-stream",
    "application/yaml",
    "application/jsonx",
    "json",
    "////",
    ";;;",
    "*/*",
    "application/*",
    "application/json; charset=utf-16",
    "application/json; charset=latin-1",
    "application/json; charset=bz2_codec",
    "application/json; charset=idna",
    "application/json; charset=nosuch",
    "application/json; charset=",
]
ENCODINGS = ["gzip", "deflate", "br", "zstd", "gzip, identity", "x"]


def texts(targets: Targets) -> Iterator[Row]:
    """Yield a row for every request body that is not a JSON object, for every route that reads one."""
    for target in _list_targets(targets):
        rows = bad_texts(target.method, target.path, target.who)
        yield from (row for row in rows if not (row.body.startswith(b"[") and row.at == "" and _reads_lists(target)))


def types(targets: Targets) -> Iterator[Row]:
    """Yield a row for every media type, encoding and size that no route accepts."""
    limited = "hardening.middleware.body_limits" in settings.MIDDLEWARE
    for target in _list_targets(targets):
        view = target.route.view
        accepted = {parser.media_type for parser in view.parser_classes} - {JSONParser.media_type}
        ranges = set() if issubclass(view.content_negotiation_class, ContentNegotiation) else {"*/*", "application/*"}
        for row in bad_types(target.method, target.path, target.who):
            media_type = str(row.headers.get("Content-Type")).partition(";")[0]
            if media_type not in accepted | ranges and (limited or "Content-Type" in row.headers):
                yield row
        if target.method == "POST" and limited:
            body = b'{"name": "' + b"x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE + b'"}'
            yield Row(target.method, target.path, 413, "too_large", body=body, who=target.who)


def _list_targets(targets: Targets) -> Iterator[Target]:
    """Yield every target that reads JSON; of PUT and PATCH of a route only one, because they read it alike."""
    for target, serializer, _valid in targets.list_with_body():
        repeats = target.method == "PUT" and "PATCH" in target.route.methods
        reads_json = JSONParser in target.route.view.parser_classes
        if reads_json and not repeats and not isinstance(serializer, ListSerializer):
            yield target


def _reads_lists(target: Target) -> bool:
    """Return whether the view accepts a list of objects as well."""
    prepared = send_stand_in(target.route.view, target.method.lower(), "user")
    if getattr(prepared, "serializer_class", None) is None:
        return False
    return isinstance(prepared.get_serializer(data=[]), ListSerializer)


def bad_texts(method: str, path: str, who: str) -> Iterator[Row]:
    """Yield a row for every request body that is not a JSON object."""
    for bodies, code in (
        (NO_JSON, "malformed"),
        (TOO_DEEP, "too_deep"),
        (DUPLICATE_KEYS, "duplicate_key"),
        (NO_NUMBERS, "invalid_number"),
    ):
        yield from (Row(method, path, 400, code, body=body, who=who) for body in bodies)
    yield from (Row(method, path, 400, "invalid", "", body, who=who) for body in NO_OBJECTS)
    yield Row(method, path, 400, "null", "", b"null", who=who)


def bad_types(method: str, path: str, who: str) -> Iterator[Row]:
    """Yield a row for every media type and encoding that no route accepts, and for a body without a length."""
    for name, values in (("Content-Type", MEDIA_TYPES), ("Content-Encoding", ENCODINGS)):
        for value in values:
            yield Row(method, path, 415, "unsupported_media_type", None, b"{}", {name: value}, who)
    yield Row(method, path, 411, "length_required", headers={"Transfer-Encoding": "chunked"}, who=who)
