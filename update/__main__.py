"""Update a project: `python -m update PROJECT [--version TAG_OR_COMMIT] [--template ADDRESS] [question=answer …]`."""

import argparse
import json
import re
import shutil
import signal
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

from update import record
from update.git import UpdateError
from update.project import BRANCH, SUBJECT, Merge, Project
from update.template import Template, Version, ask_new_questions, parse_answers
from update.trees import (
    LIBRARY,
    Workspace,
    ignore_untracked,
    keep_packages,
    list_steps,
    remove_deleted_folders,
    replace_unedited_library,
    run_step,
)

SOURCE = Path(__file__).resolve().parent.parent
NEXT = "Next:  make format migrations schema contract check test"


def read_record(project: Project) -> dict[str, Any]:
    """Return the record of the project, of ours or of cruft."""
    file = project.folder / record.NAME
    if not file.is_file():
        raise UpdateError(f"The project has no {record.NAME}. `make adopt` of the template writes one.")
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return content


def find_base(template: Template, recorded: dict[str, Any]) -> str:
    """Return the commit that rendered the project, or the tag of its version if no commit is recorded."""
    version = recorded["context"]["cookiecutter"].get("_version")
    names = [recorded["commit"]] if recorded["commit"] else [f"v{version}", version] if version else []
    for name in names:
        if commit := template.find(name):
            return commit
    raise UpdateError(
        f"The template has no {' or '.join(names) or 'commit'}, which {record.NAME} names. Record the commit that "
        "rendered the project with `make adopt` of the template."
    )


def find_target(template: Template, name: str | None) -> str:
    """Return the commit to update to: the head of the default branch, or that of *name*."""
    if commit := template.find(name) if name else template.repository.ask("rev-parse", "HEAD"):
        return commit
    raise UpdateError(f"The template has neither a tag nor a commit {name}.")


def list_notes(new: Version, recorded: dict[str, Any]) -> str:
    """Return the upgrade notes of the releases after the recorded one."""
    since = parse_version(recorded["context"]["cookiecutter"].get("_version") or "0")
    changes = new.folder / "CHANGELOG.md"
    text, notes = changes.read_text(encoding="utf-8") if changes.is_file() else "", ""
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        release = section.partition("\n")[0]
        found = re.search(r"^### Upgrade notes\n+(.*?)(?=^#|\Z)", section, re.MULTILINE | re.DOTALL)
        if found and re.match(r"\d", release) and parse_version(release) > since:
            notes += f"\n{release}:\n{found[1].rstrip()}\n"
    return notes


def parse_version(text: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", text)[:3]]


def prepare(project: Project, template: Template, options: argparse.Namespace, folder: Path) -> Merge | None:
    """Render both versions, run the steps on copies, and store the trees to merge; None if there is nothing to do."""
    recorded = read_record(project)
    old = template.check_out(find_base(template, recorded))
    new = template.check_out(find_target(template, options.version))
    before = recorded["context"]["cookiecutter"]
    given = parse_answers(options.answers, new)
    address = record.clean_address(options.template or recorded["template"], project.folder)
    if old.commit == recorded["commit"] == new.commit and address == recorded["template"] and not given:
        return None
    print(f"Updating from {old.name} to {new.name} …")
    answers = ask_new_questions(new, {**before, **given}, interactive=sys.stdin.isatty())
    base, target = old.render(before, folder / "old"), new.render(answers, folder / "new")
    workspace = Workspace(project, folder)
    own = workspace.export()
    answers = {**answers, "_version": new.release, "_checkout": options.version}
    shutil.copy(own / record.NAME, base)
    record.write(target, record.make_record(address, new.commit, answers))
    return build(workspace, list_steps(old, new), new, (base, own, target), list_notes(new, recorded))


def build(workspace: Workspace, steps: list[Path], new: Version, folders: tuple[Path, Path, Path], notes: str) -> Merge:
    """Prepare the three folders, print what a reader of the merge should know, and return its commits."""
    base, own, target = folders
    if not replace_unedited_library(base, own, target):
        print(f"{LIBRARY} was edited, so that its files are merged one by one.")
    ignore_untracked(workspace.project.folder, base, own, target)
    keep_packages(base, own, target)
    for name in remove_deleted_folders(base, own, target):
        print(f"Not added, because its folder was deleted: {name}")
    before = workspace.store("own", own)
    for step in steps:
        print(f"{step.name}:\n{run_step(step, base, own)}", end="")
    print(notes, end="")
    after, head = workspace.store("own", own), workspace.project.repository.ask("rev-parse", "HEAD")
    if after != before:
        head = workspace.commit(after, f"Run the steps of the template's version {new.name}", head)
    root = workspace.commit(workspace.store("base", base), "Base of the merge")
    subject = f"{SUBJECT}{new.name}"
    tree = workspace.store("target", target)
    workspace.project.reject_overwriting(workspace.list_added(root, tree))
    return Merge(head, workspace.commit(tree, subject, root), subject)


def update(options: argparse.Namespace) -> int:
    """Begin an update, or finish the one whose conflicts were resolved; return the exit status."""
    project = Project(options.project.resolve())
    if project.is_merging:
        return finish(project)
    project.reject_changes()
    project.reject_branch()
    with TemporaryDirectory(prefix="template-update-") as name:
        folder = Path(name).resolve()
        template = Template.copy(SOURCE, folder / "template.git")
        merge = prepare(project, template, options, folder)
        if merge is None:
            print("The project is up to date.")
            return 0
        project.merge(merge)
    return finish(project) if project.is_merging else report(project)


def finish(project: Project) -> int:
    """Commit the merge if all conflicts are resolved; else list those that are left."""
    if left := project.resolve():
        print("\nConflicts are left in these files:", *left, sep="\n  ")
        print(
            "Resolve them, `git add` the files (`git rm` a file that should go), and run `make update` again, which "
            "finishes the update; `git cherry-pick --abort` undoes it."
        )
        return 1
    project.commit()
    return report(project)


def report(project: Project) -> int:
    print(f"\nThe branch {BRANCH} has the update. {NEXT}")
    return 0


def exit_on_signal(number: int, _frame: object) -> NoReturn:
    raise SystemExit(128 + number)  # which removes the temporary folder


def main() -> int:
    parser = argparse.ArgumentParser(prog="update", description="Bring a project to another version of its template.")
    parser.add_argument("project", type=Path)
    parser.add_argument("--version", help="a tag or a commit; the head of the default branch without it")
    parser.add_argument("--template", help="another address of the template, to be recorded")
    parser.add_argument("answers", nargs="*", metavar="question=answer")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, exit_on_signal)
    try:
        return update(parser.parse_args())
    except UpdateError as error:
        print(f"update: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("update: stopped; nothing was changed.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
