"""The parts of the contract that an app states itself: the modules that `CONTRACT_TABLES` names.

Without that setting, it is `tests.<app>.tables` for each app in `APPS`.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.urls import reverse

from hardening.testing.client import Client

WHERE = "add it to tests/<app>/tables.py: see docs/resources.md"


def _modules() -> list[str]:
    named = getattr(settings, "CONTRACT_TABLES", None)
    if named is not None:
        return list(named)
    return [
        f"tests.{app}.tables" for app in settings.APPS if find_spec(f"tests.{app}") and find_spec(f"tests.{app}.tables")
    ]


APPS: list[Any] = [import_module(name) for name in _modules()]


def joined(name: str) -> dict[str, Any]:
    """Return the dictionaries named *name* of all apps as one; an app may leave its own out."""
    return {key: value for each in APPS for key, value in getattr(each, name, {}).items()}


def collection(kind: str) -> str:
    """Return the path of the list of a *kind* of `RESOURCES`, whose routes have its name."""
    return reverse(f"{kind}-list")


def single(kind: str) -> str:
    """Return the path of one object of a *kind*, with `{kind}` for its id."""
    return f"{collection(kind)}{{{kind}}}/"


def make(client: Client) -> dict[str, int]:
    """Make an object of each kind for the user of *client*, and return the ids."""
    return {kind: key for each in APPS for kind, key in each.make(client).items()}
