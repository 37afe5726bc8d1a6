"""Release 1.0.0: rewrite imports of modules that moved to `packages/hardening`.

A step is a script that runs in a copy of the project. Its standard input has the names of the files that the team added
or edited, one a line. The user reads what it prints.

The table of `packages/hardening/docs/upgrading.md` says where each module is now.
"""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

NEW = next(Path(__file__).parents[2].glob("*cookiecutter.project_slug*"))
LIBRARY = Path("packages", "hardening")
TABLE = (NEW / LIBRARY / "docs" / "upgrading.md").read_text(encoding="utf-8")
MOVED = dict(re.findall(r"^\| `((?:hardening|tests)[\w.]+)` \| `(hardening\.[\w.]+)` \|$", TABLE, re.MULTILINE))

DOTTED = re.compile(r"""(?<=["'])(?:hardening|tests)(?:\.\w+)+(?=["'])""")


@cache
def find_names(module: str) -> frozenset[str] | None:
    """Return the names that *module* has in the new version, or None if it does not exist."""
    for root in (NEW, NEW / LIBRARY / "src"):
        path = root.joinpath(*module.split("."))
        for file in (path.with_suffix(".py"), path / "__init__.py"):
            if file.is_file():
                return frozenset(list_names(file))
    return None


def list_names(file: Path) -> Iterator[str]:
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        match node:
            case ast.FunctionDef(name) | ast.ClassDef(name) | ast.AnnAssign(ast.Name(name)):
                yield name
            case ast.Assign(targets):
                yield from (target.id for target in targets if isinstance(target, ast.Name))
            case ast.ImportFrom(_, names) | ast.Import(names):
                yield from (alias.asname or alias.name for alias in names)
    if file.name == "__init__.py":
        yield from (path.stem for path in file.parent.iterdir() if path.suffix == ".py" or path.is_dir())


def locate(module: str, name: str) -> tuple[str, str] | None:
    """Return module and name under which *name* of the old *module* is imported now; None if it is gone."""
    if name in (find_names(module) or ()):
        return module, name
    if submodule := MOVED.get(f"{module}.{name}"):
        parent, _dot, last = submodule.rpartition(".")
        return parent, last
    moved = MOVED.get(module)
    return (moved, name) if moved and name in (find_names(moved) or ()) else None


def rewrite_import(node: ast.ImportFrom) -> tuple[str, list[str]]:
    """Return the statements for *node*, one a line, and the names that do not exist any more."""
    module = node.module or ""
    imported, gone = defaultdict(list), []
    for alias in node.names:
        place = locate(module, alias.name)
        if place is None:
            gone.append(f"{module}.{alias.name}")
        new_module, name = place or (module, alias.name)
        bound = alias.asname or alias.name
        imported[new_module].append(name if name == bound else f"{name} as {bound}")
    return "\n".join(f"from {name} import {', '.join(sorted(names))}" for name, names in sorted(imported.items())), gone


def rewrite_name(match: re.Match[str]) -> str:
    """Return the new path for a dotted path to a module or to a name in one."""
    parts = match[0].split(".")
    for end in range(len(parts), 1, -1):
        module, rest = ".".join(parts[:end]), parts[end:]
        if rest and rest[0] in (find_names(module) or ()):
            break
        if module in MOVED and not (not rest and find_names(module)):
            return ".".join([MOVED[module], *rest])
    return match[0]


def rewrite_plain_imports(source: str) -> str:
    """Return *source* with the new path for each `import hardening.x` and for its uses."""
    imports = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import)]
    for module in {alias.name for node in imports for alias in node.names}:
        if module in MOVED and find_names(module) is None:
            source = re.sub(rf"(?<![\w.]){re.escape(module)}(?!\w)", MOVED[module], source)
    return source


def rewrite(source: str) -> tuple[str, list[str]]:
    """Return *source* with its imports and quoted paths rewritten, and messages on them."""
    source, messages = rewrite_plain_imports(source), []
    lines = source.splitlines(keepends=True)
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom) and not node.level]
    for node in sorted(nodes, key=lambda node: node.lineno, reverse=True):
        if (node.module or "").split(".")[0] not in ("hardening", "tests"):
            continue
        text, gone = rewrite_import(node)
        messages += [f"{name} does not exist any more" for name in gone]
        if text != (old := ast.unparse(node)):
            messages.append(f"`{old}` is now `{'; '.join(text.splitlines())}`")
            indent = " " * node.col_offset
            lines[node.lineno - 1 : node.end_lineno] = [f"{indent}{line}\n" for line in text.splitlines()]
    return DOTTED.sub(rewrite_name, "".join(lines)), messages[::-1]


def main() -> None:
    for name in sys.stdin.read().splitlines():
        path = Path(name)
        if path.suffix != ".py" or path.parts[0] == "packages":
            continue
        if path.parts[0] == "hardening":
            print(f"  {path}: move it to an app; the package `hardening` is in packages/hardening/src now")
        source = path.read_text(encoding="utf-8")
        try:
            text, messages = rewrite(source)
        except SyntaxError:
            continue  # the team's own business
        if text != source:
            path.write_text(text, encoding="utf-8", newline="")
        for message in messages:
            print(f"  {path}: {message}")


if __name__ == "__main__":
    main()
