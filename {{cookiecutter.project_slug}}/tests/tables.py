"""The apps' own parts of what is tested over all of them: `tests/<app>/tables.py`."""

from importlib import import_module
from pathlib import Path
from typing import Any

from django.urls import reverse

from tests.client import Client

WHERE = "tests/<app>/tables.py has to say what is asked here: see docs/resources.md"

APPS: list[Any] = [
    import_module(f"tests.{path.parent.name}.tables") for path in sorted(Path(__file__).parent.glob("*/tables.py"))
]


def joined(name: str) -> dict[str, Any]:
    """Return the dictionaries of all apps under *name* as one; an app that has nothing to say there has none."""
    return {key: value for each in APPS for key, value in getattr(each, name, {}).items()}


def collection(kind: str) -> str:
    """Return the path of the list of a *kind* of `RESOURCES`, whose routes have its name."""
    return reverse(f"{kind}-list")


def single(kind: str) -> str:
    """Return the path of one of them, with `{kind}` for its id."""
    return f"{collection(kind)}{{{kind}}}/"


def make(client: Client) -> dict[str, int]:
    """Make an object of each kind for the user of *client*, and return the ids."""
    return {kind: key for each in APPS for kind, key in each.make(client).items()}
