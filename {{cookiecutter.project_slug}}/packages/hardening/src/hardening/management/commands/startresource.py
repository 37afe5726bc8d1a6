"""`manage.py startresource invoices "number:char(20):unique"`: write an app with one model, its API and its tests."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.templates import TemplateCommand

from hardening.management import new_resource
from hardening.management.new_resource.model_code import write_choices, write_columns, write_constraints
from hardening.management.new_resource.naming import Naming, name_resource
from hardening.management.new_resource.parser import parse_fields
from hardening.management.new_resource.pyproject import list_app
from hardening.management.new_resource.specification import FieldSpecification
from hardening.management.new_resource.staging import copy_project, list_files, run, show_changes, take_over
from hardening.management.new_resource.test_code import check_values, write_factory, write_tests

TEMPLATES = Path(new_resource.__file__).parent / "template"
PYPROJECT = "pyproject.toml"


class Command(TemplateCommand):
    help = "Write an app with a model, serializer, viewset, URLs, admin, factory, migration and tests."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="the plural that names the app and its path, such as invoices")
        parser.add_argument("fields", nargs="*", help="such as number:char(20):unique; see docs/resources.md")
        parser.add_argument("--singular", help="if it is not the name without its s")
        parser.add_argument("--key", choices=["integer", "uuid7"], default="integer", help="the kind of primary key")
        parser.add_argument("--skip-contract", action="store_true", help="leave contract.json to `manage.py contract`")
        parser.add_argument("--dry-run", action="store_true", help="print what would be written")

    def handle(self, *, name: str, fields: list[str], **options: Any) -> None:  # type: ignore[override]  # of two words
        project = Path(settings.BASE_DIR)
        naming = name_resource(name, options["singular"] or None, project)
        context = build_context(naming, parse_fields(" ".join(fields)), options["key"])
        with copy_project(project) as copy:
            for folder, target in (("app", copy / name), ("tests", copy / "tests" / name)):
                target.mkdir()
                template = {"template": str(TEMPLATES / folder), "extensions": ["py"], "files": []}
                super().handle("app", name, str(target), **options | context | template)
            generate_files(copy, name)
            if not options["skip_contract"]:
                run(copy, "manage.py", "contract")
            changes = [*list_files(copy, name, f"tests/{name}"), Path(PYPROJECT)]
            if options["dry_run"]:
                self.stdout.write("\n".join(show_changes(copy, project, changes)))
                return
            take_over(copy, project, changes, frozenset({PYPROJECT}))
        self.stdout.write("\n".join(f"{'changed' if str(path) == PYPROJECT else 'wrote'} {path}" for path in changes))
        self.stdout.write(f"Run `make migrate` and open /api/v1/{naming.path}/; run `make check test` before a commit.")

    def validate_name(self, name: str, name_or_dir: str = "name") -> None:
        """Accept *name*, which `name_resource()` has checked; Django would find the app in the copy."""


def build_context(naming: Naming, fields: list[FieldSpecification], key: str) -> dict[str, Any]:
    """Return the variables of the templates."""
    check_values(fields)
    constraints = write_constraints(fields, naming)
    texts = [field.name for field in fields if field.kind in ("char", "slug", "email", "url")]
    return {
        "naming": naming,
        "key": key,
        "fields": fields,
        "enumerations": list(write_choices(fields)),
        "columns": list(write_columns(fields, naming)),
        "constraints": constraints,
        "declared": [constraint for constraint in constraints if constraint.is_declared],
        "related": [field for field in fields if field.kind in ("fk", "many")],
        "many": [field for field in fields if field.kind == "many"],
        "has_files": any(field.kind == "file" for field in fields),
        "text": f"self.{texts[0]}" if texts else "str(self.pk)",
        "factories": write_factory(fields),
        "tests": write_tests(constraints, fields, naming.label),
    }


def generate_files(copy: Path, name: str) -> None:
    """Format the new files in *copy*, and generate the migration and the OpenAPI document from them."""
    pyproject = copy / PYPROJECT
    pyproject.write_text(list_app(pyproject.read_text(encoding="utf-8"), name), encoding="utf-8")
    folders = (name, f"tests/{name}")
    run(copy, "-m", "ruff", "check", "--quiet", "--no-cache", "--select", "F401,I", "--fix", *folders)
    run(copy, "-m", "ruff", "format", "--quiet", "--no-cache", *folders)
    run(copy, "manage.py", "makemigrations", name)
    run(copy, "manage.py", "schemas")
