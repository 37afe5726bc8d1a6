"""A signal stops an update without a trace."""

import os
import signal
from collections.abc import Iterator

import pytest

from tests.conftest import run
from tests.updates.small_template import STEP, commit, describe, replace, write
from update.programs import SIGNALS


@pytest.fixture(autouse=True)
def signals_that_stop_programs() -> Iterator[None]:
    """Have signals stop the programs that a test starts, even if a shell started pytest with them ignored.

    A program inherits that a signal is ignored, but not that a function handles it. `command &` in a script ignores
    SIGINT, and `nohup` ignores SIGHUP.
    """
    ignored = [number for number in SIGNALS if signal.getsignal(number) is signal.SIG_IGN]
    for number in ignored:
        signal.signal(number, lambda number, frame: None)
    yield
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)


@pytest.mark.deep
@pytest.mark.parametrize(
    ("command", "number"),
    [
        ("clone", signal.SIGTERM),
        ("checkout-index", signal.SIGINT),
        ("commit-tree", signal.SIGHUP),
        ("switch", signal.SIGINT),
        ("merge", signal.SIGTERM),
        ("cherry-pick", signal.SIGINT),
        ("cherry-pick", signal.SIGTERM),
    ],
)
def test_an_interrupted_update_leaves_everything_as_it_was(template, project, tmp_path, command, number):
    replace(template.tree / "settings.py", "line 3\n", "the template's\n")
    write(template.folder, {"update/steps/v2_0_0_rename.py": STEP})
    write(template.tree, {"new.py": "new\n"})
    template.release()
    replace(project / "settings.py", "line 3\n", "old_name\n")
    commit(project)
    before = describe(project)
    wrapper = tmp_path / "bin" / "git"  # interrupts the updater, and then does what git does
    wrapper.parent.mkdir()
    real = run(["sh", "-c", "command -v git"], tmp_path).stdout.strip()
    wrapper.write_text(
        f'#!/bin/sh\ncase " $* " in *" {command} "*) kill -{number.value} $PPID ;; esac\nexec {real} "$@"\n'
    )
    wrapper.chmod(0o755)

    done = template.update(project, PATH=f"{wrapper.parent}:{os.environ['PATH']}", TMPDIR=str(tmp_path))

    assert done.returncode != 0
    assert describe(project) == before
    assert list(tmp_path.glob("template-update-*")) == []
