"""The expected responses and test cases that apps define in the modules of the setting `CONTRACT_TABLES`.

The default is `tests.<app>.tables` for each app in `APPS`.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.urls import reverse

from hardening.testing.client import Client

WHERE = "add it to tests/<app>/tables.py: see docs/resources.md"


def _find_modules() -> list[str]:
    modules = getattr(settings, "CONTRACT_TABLES", None)
    if modules is not None:
        return list(modules)
    return [
        f"tests.{app}.tables" for app in settings.APPS if find_spec(f"tests.{app}") and find_spec(f"tests.{app}.tables")
    ]


APPS: list[Any] = [import_module(name) for name in _find_modules()]


def merge(name: str) -> dict[str, Any]:
    """Merge the dictionaries called *name* of all apps; an app need not have one."""
    return {key: value for app in APPS for key, value in getattr(app, name, {}).items()}


def collection(kind: str) -> str:
    """Return the path of the list of *kind*, a key of `RESOURCES`."""
    return reverse(f"{kind}-list")


def single(kind: str) -> str:
    """Return the path of one object of *kind*, with `{kind}` for its id."""
    return f"{collection(kind)}{{{kind}}}/"


def make(client: Client) -> dict[str, int]:
    """Create an object of each kind for the user of *client*, and return the ids by kind."""
    return {kind: key for app in APPS for kind, key in app.make(client).items()}
