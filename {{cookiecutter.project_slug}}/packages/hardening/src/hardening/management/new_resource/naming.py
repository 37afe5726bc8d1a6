"""The names of a new resource, and the reasons why one cannot be used."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.management.base import CommandError
from django.urls import Resolver404, resolve

from hardening.management.new_resource.parser import check_name

# Names of classes that the generated `models.py` imports.
_CLASSES = {"Any", "Decimal", "DigestField", "F", "Meta", "Model", "Q", "QuerySet", "Self"}
_FOLDERS = {"media", "static"}  # may be created later


@dataclass(frozen=True)
class Naming:
    """The names of a resource; *name* is the plural, which names the app and the path."""

    name: str
    singular: str

    @property
    def model(self) -> str:
        return get_class_name(self.singular)

    @property
    def path(self) -> str:
        """The path of the list below `/api/v1/`."""
        return self.name.replace("_", "-")

    @property
    def plural_label(self) -> str:
        return self.name.replace("_", " ")

    @property
    def label(self) -> str:
        """The singular in a sentence."""
        return self.singular.replace("_", " ")

    @property
    def with_article(self) -> str:
        return f"{'an' if self.label[0] in 'aeiou' else 'a'} {self.label}"


def get_class_name(name: str) -> str:
    """Return *name* in CamelCase."""
    return "".join(part.capitalize() for part in name.split("_"))


def get_singular(plural: str) -> str:
    """Return the singular of an English *plural*, or *plural* itself if it does not look like one."""
    if plural.endswith("ies") and len(plural) > 4:
        return f"{plural[:-3]}y"
    if plural.endswith(("sses", "shes", "ches", "xes", "zzes")):
        return plural[:-2]
    if plural.endswith("s") and not plural.endswith(("ss", "us", "is")) and len(plural) > 2:
        return plural[:-1]
    return plural


def name_resource(name: str, singular: str | None, project: Path) -> Naming:
    """Return the names of the resource; raise `CommandError` with one sentence if *name* cannot be used."""
    check_name("NAME", name)
    if singular is not None:
        check_name("SINGULAR", singular)
    naming = Naming(name, singular or get_singular(name))
    for reason in _find_reasons(naming, project):
        raise CommandError(f"NAME: {reason}")
    return naming


def _find_reasons(naming: Naming, project: Path) -> Iterator[str]:
    name = naming.name
    if name in sys.stdlib_module_names:
        yield f"{name!r} is the name of a module of Python's standard library."
    if name in apps.app_configs:
        yield f"there is an app {name!r} already."
    for path in (project / name, project / f"{name}.py", project / "tests" / name):
        if path.exists() or path.is_symlink():
            yield f"the path {path.relative_to(project)} exists."
    if name in _FOLDERS or find_spec(name) is not None:
        yield f"{name!r} is the name of an installed package or of a folder of the project."
    yield from _find_clashes(naming)


def _find_clashes(naming: Naming) -> Iterator[str]:
    if naming.model in _CLASSES:
        yield f"the model would be named {naming.model}, which models.py uses itself; set SINGULAR."
    if naming.model.startswith("Test"):
        yield f"pytest would collect {naming.model}Factory as a test; set SINGULAR."
    if hasattr(get_user_model(), naming.name):
        yield f"a user has an attribute {naming.name!r} already, which the rows of an owner would hide."
    if _is_served(f"/api/v1/{naming.path}/"):
        yield f"the path /api/v1/{naming.path}/ is served already."


def _is_served(path: str) -> bool:
    try:
        resolve(path)
    except Resolver404:
        return False
    return True
