"""Tell whether the files of this folder are those of a release: `checksum.py` compares them with `.sha256`.

`make update` replaces the folder as a whole as long as nobody has edited it.
"""

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).parent
RECORDED = ".sha256"

# Created by tools and ignored by git.
CREATED = {"dist", "__pycache__", ".coverage", "*.egg-info", ".hypothesis", ".*_cache", "*.py[co]", RECORDED}


def find_files(folder: Path) -> Iterator[Path]:
    """Yield the files below *folder* that belong to a release, in a fixed order."""
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        if any(path.match(pattern) for pattern in CREATED):
            continue
        if path.is_dir():
            yield from find_files(path)
        else:
            yield path


def compute(folder: Path = FOLDER) -> str:
    """Return the digest of the names and contents of all files; git may have changed their line endings."""
    digest = hashlib.sha256()
    for path in find_files(folder):
        content = hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()
        digest.update(f"{content}  {path.relative_to(folder).as_posix()}\n".encode())
    return digest.hexdigest()


def record(folder: Path = FOLDER) -> None:
    """Write the digest of the folder into it."""
    (folder / RECORDED).write_text(compute(folder) + "\n", encoding="utf-8", newline="\n")


def is_edited(folder: Path = FOLDER) -> bool:
    """Return whether a file differs from the release, or whether the digest is missing."""
    recorded = folder / RECORDED
    return not recorded.is_file() or recorded.read_text(encoding="utf-8").strip() != compute(folder)


if __name__ == "__main__" and is_edited():
    sys.stdout.write(f"{FOLDER.name} was edited: `make update` merges its files one by one. See docs/upgrading.md.\n")
