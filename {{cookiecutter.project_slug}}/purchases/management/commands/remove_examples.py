"""Remove the example from the project: its code, its tests, and the lines of other files that name it."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.migrations.loader import MigrationLoader

APP = "purchases"
FOLDERS = (APP, f"tests/{APP}")


class Command(BaseCommand):
    help = "Remove the example app purchases: code, URLs, migrations, tests, and the lines of pages that name it."

    def handle(self, *args: Any, **options: Any) -> None:
        project = Path(settings.BASE_DIR)
        for reason in find_obstacles(project):
            raise CommandError(reason)
        tables = [model._meta.db_table for model in apps.get_app_config(APP).get_models(include_auto_created=True)]
        for name, edit in EDITS.items():
            path = project / name
            if path.exists():
                path.write_text(edit(path.read_text(encoding="utf-8")), encoding="utf-8")
        for folder in FOLDERS:
            shutil.rmtree(project / folder, ignore_errors=True)
        self.stdout.write(f"Removed {' and '.join(FOLDERS)}.")
        self.stdout.write(
            f"Databases that have its tables ({', '.join(tables)}) keep them with their rows. Drop them there: until "
            "then, their foreign keys prevent the deletion of users who own rows."
        )


def find_obstacles(project: Path) -> Iterator[str]:
    """Yield a sentence for everything that still needs the example, or that would be lost."""
    for (app, name), node in sorted(MigrationLoader(None).graph.node_map.items()):
        if app != APP and APP in {parent.key[0] for parent in node.parents}:
            yield f"The migration {app}.{name} depends on {APP}: remove the relation to its models first."
    status = subprocess.run(  # noqa: S603  # git, with the names above
        ["git", "status", "--porcelain", "--", *FOLDERS],  # noqa: S607  # from PATH, as in make
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    if status.returncode == 0 and status.stdout.strip():
        yield f"{' or '.join(FOLDERS)} has changes that are not committed, which would be lost: commit them first."


def edit_pyproject(text: str) -> str:
    """Return *text* without the app in the lists of `[tool.importlinter]`, and without a list of only one app."""
    text = re.sub(rf'^ *"{APP}",\n', "", text, flags=re.MULTILINE)
    text = re.sub(rf'^(modules = \[.*?)(, "{APP}"|"{APP}", )', r"\1", text, flags=re.MULTILINE)
    alone = r'\[\[tool\.importlinter\.contracts\]\]\nname = .*\ntype = "independence"\nmodules = \["[^",]*"\]\n\n'
    return re.sub(alone, "", text)


def edit_readme(text: str) -> str:
    """Return *text* without the line about the folder of the app."""
    return re.sub(rf"^{APP}/ .*\n", "", text, flags=re.MULTILINE)


def edit_record(text: str) -> str:
    """Return the record of the template's answers with the answer to be without examples, for `make update`."""
    return text.replace('"examples": true', '"examples": false')


EDITS = {"pyproject.toml": edit_pyproject, "README.md": edit_readme, ".cruft.json": edit_record}
