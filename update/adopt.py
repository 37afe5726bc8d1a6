"""Write `.cruft.json` into a project: `python -m update.adopt PROJECT [--commit COMMIT] [question=answer …]`.

The answers are those of cruft's record, if there is one, or are read from the project's files. The project is compared
with what the commit renders with them, so that a wrong commit or answer is noticed.
"""

import argparse
import json
import sys
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from update import record
from update.git import UpdateError
from update.template import Template, Version, ask_new_questions, parse_answers

SOURCE = Path(__file__).resolve().parent.parent


def read_answers(project: Path) -> dict[str, Any]:
    """Return the answers that the project's files show."""
    table = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    about = table["project"]
    author = about.get("authors", [{}])[0]
    django = next((name for name in about["dependencies"] if name.startswith("django>")), "")
    return {
        "project_name": table.get("tool", {}).get("project", {}).get("title", about["name"]),
        "project_slug": about["name"],
        "description": about["description"],
        "author_name": author.get("name", ""),
        "author_email": author.get("email", ""),
        "django_version": "6.1" if django.startswith("django>=6.1") else "5.2 LTS",
        "ci": next((ci for ci, path in CI.items() if (project / path).exists()), "none"),
        "examples": (project / "purchases" / "apps.py").exists(),
    }


CI = {"github": ".github/workflows/checks.yml", "gitlab": ".gitlab-ci.yml"}


def read_record(project: Path) -> dict[str, Any]:
    """Return the record that is there, cruft's or ours, or an empty one."""
    file = project / record.NAME
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return content


def compare(project: Path, rendered: Path) -> tuple[int, int]:
    """Return how many rendered files are equal in the project, and how many there are."""
    files = [path.relative_to(rendered) for path in rendered.rglob("*") if path.is_file()]
    equal = [
        path
        for path in files
        if (project / path).is_file() and (project / path).read_bytes() == (rendered / path).read_bytes()
    ]
    return len(equal), len(files)


def adopt(options: argparse.Namespace) -> None:
    """Write the record of the project."""
    project = options.project.resolve()
    recorded = read_record(project)
    name = options.commit or recorded.get("commit")
    if not name:
        raise UpdateError("Name the commit of the template that rendered the project: COMMIT=…")
    with TemporaryDirectory(prefix="template-update-") as temporary:
        folder = Path(temporary).resolve()
        template = Template.copy(SOURCE, folder / "template.git")
        commit = template.find(name)
        if not commit:
            raise UpdateError(f"The template has neither a tag nor a commit {name}.")
        version = template.check_out(commit)
        known = recorded["context"]["cookiecutter"] if recorded else read_answers(project)
        known = {question: answer for question, answer in known.items() if question in version.questions}
        answers = ask_new_questions(version, {**known, **parse_answers(options.answers, version)}, interactive=False)
        report(project, version.render(answers, folder / "rendered"), version, answers)
    address = record.clean_address(options.template or str(SOURCE), Path.cwd())
    answers = {**answers, "_version": version.release}
    record.write(project, record.make_record(address, commit, answers))
    print(f"{record.NAME} is written. Commit it.")


def report(project: Path, rendered: Path, version: Version, answers: dict[str, Any]) -> None:
    """Print the answers and how well they describe the project."""
    equal, total = compare(project, rendered)
    print(f"Of the {total} files that {version.name} renders with these answers, {equal} are unchanged in the project:")
    for question, answer in answers.items():
        print(f"  {question}: {answer}")
    if equal < total / 2:
        print("That is less than half: is an answer or the commit wrong? Then adopt again with the right ones.")


def main() -> int:
    parser = argparse.ArgumentParser(prog="adopt", description="Connect a project with the template's commit.")
    parser.add_argument("project", type=Path)
    parser.add_argument("--commit", help="the tag or commit that rendered the project")
    parser.add_argument("--template", help="the template's address to record; the path of this folder without it")
    parser.add_argument("answers", nargs="*", metavar="question=answer")
    try:
        adopt(parser.parse_args())
    except UpdateError as error:
        print(f"adopt: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
