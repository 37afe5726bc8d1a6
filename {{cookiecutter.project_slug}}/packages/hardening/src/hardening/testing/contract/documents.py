"""Read and write each app's `contract.json`: what is recorded about its routes, serializers and models.

The file is sorted, and has one field, constraint or statement a line, so that a diff is readable; short lists and the
statuses of one method are in one line.
"""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings

from hardening.testing.routes import list_apps

NAME = "contract.json"
WIDTH = 120

Document = dict[str, Any]


def list_files() -> dict[str, Path]:
    """Return the path of the `contract.json` of every app by label; that of the project itself is under "".

    The routes of no app, such as the health probes, are in the package of the root URLconf.
    """
    package = find_spec(settings.ROOT_URLCONF.rpartition(".")[0] or settings.ROOT_URLCONF)
    assert package is not None
    assert package.origin is not None
    return {label: folder / NAME for label, folder in {"": Path(package.origin).parent, **list_apps()}.items()}


def read(file: Path) -> Document:
    """Return the document in *file*, or an empty one if there is none."""
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else {}


def write(file: Path, document: Document) -> None:
    """Write *document* to *file*; delete the file if the document is empty."""
    if document:
        file.write_text(dump(document) + "\n", encoding="utf-8")
    else:
        file.unlink(missing_ok=True)


def dump(value: Any, indent: str = "", prefix: int = 0) -> str:
    """Return *value* as sorted JSON; *prefix* is the length of the text before it in its line."""
    line = json.dumps(value, sort_keys=True, ensure_ascii=False)
    fits = len(indent) + prefix + len(line) < WIDTH
    if not isinstance(value, dict | list) or (fits and _is_flat(value)):
        return line
    deeper = indent + "  "
    if isinstance(value, list):
        rows = [dump(item, deeper) for item in value]
    else:
        names = {name: json.dumps(name, ensure_ascii=False) + ": " for name in sorted(value)}
        rows = [text + dump(value[name], deeper, len(text)) for name, text in names.items()]
    start, end = ("[", "]") if isinstance(value, list) else ("{", "}")
    return start + "\n" + ",\n".join(deeper + row for row in rows) + "\n" + indent + end


def _is_flat(value: dict[str, Any] | list[Any]) -> bool:
    """Return whether *value* is a list of texts or an object of numbers."""
    if isinstance(value, list):
        return all(isinstance(item, str) for item in value)
    return all(isinstance(item, int) for item in value.values())
