"""Find the settings that Django and the installed packages read.

`python -m tests.known_settings` prints those of its own environment as JSON.
"""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

TEMPLATE = Path(__file__).parent.parent

# The import names of the project's packages that have settings.
PACKAGES = ("corsheaders", "knox", "rest_framework", "whitenoise")

# A setting that is a dictionary of a package's settings: the module and the name of the defaults.
DICTIONARIES = {
    "REST_FRAMEWORK": ("rest_framework.settings", "DEFAULTS"),
    "REST_KNOX": ("knox.settings", "DEFAULTS"),
    "SPECTACULAR_SETTINGS": ("drf_spectacular.settings", "SPECTACULAR_DEFAULTS"),
}


def find_settings(package: str) -> Iterator[str]:
    """Yield the names of the settings that the modules of *package* read."""
    for path in Path(find_spec(package).submodule_search_locations[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Attribute(ast.Name("settings"), name):
                    yield name
                case ast.Call(ast.Name("getattr"), [ast.Name("settings"), ast.Constant(str(name)), *_]):
                    yield name


def list_known() -> dict[str, list[str]]:
    """Return the names of all settings under "", and the keys of each dictionary under its name."""
    from django.conf import global_settings, settings  # noqa: PLC0415  # the template's other tests need no Django

    settings.configure()
    names = {name for package in PACKAGES for name in find_settings(package)} | {*dir(global_settings), *DICTIONARIES}
    keys = {name: set(getattr(import_module(module), attribute)) for name, (module, attribute) in DICTIONARIES.items()}
    return {name: sorted(filter(str.isupper, values)) for name, values in {"": names, **keys}.items()}


def known_to_all(interpreters: list[str]) -> dict[str, list[str]]:
    """Return the names that the environments of all *interpreters* know."""
    command = ["-m", "tests.known_settings"]
    printed = [
        subprocess.run([python, *command], cwd=TEMPLATE, capture_output=True, text=True, check=True).stdout
        for python in interpreters
    ]
    first, *others = map(json.loads, printed)
    return {name: [each for each in first[name] if all(each in other[name] for other in others)] for name in first}


if __name__ == "__main__":
    json.dump(list_known(), sys.stdout)
