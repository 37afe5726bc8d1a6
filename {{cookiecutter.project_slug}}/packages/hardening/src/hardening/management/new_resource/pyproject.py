"""Name a new app in the lists of `[tool.importlinter]`, so that `lint-imports` checks its imports."""

import re
import tomllib

from django.core.management.base import CommandError

_BELOW = "accounts"  # the app that other apps may import, which stands in each list


def list_app(text: str, app: str) -> str:
    """Return *text*, a `pyproject.toml`, with *app* in the lists of packages and modules of `[tool.importlinter]`."""
    start = text.find("[tool.importlinter]")
    if start < 0:
        return text
    before, section = text[:start], text[start:]
    section = re.sub(rf'^( *)"{_BELOW}",\n', rf'\1"{app}",\n\g<0>', section, flags=re.MULTILINE)
    section = re.sub(rf'^modules = \["{_BELOW}"', rf'modules = ["{_BELOW}", "{app}"', section, flags=re.MULTILINE)
    result = before + section
    if app not in tomllib.loads(result)["tool"]["importlinter"]["root_packages"]:
        raise CommandError(
            f"pyproject.toml: add {_BELOW!r} to root_packages of [tool.importlinter], one line for each."
        )
    return result
