"""The step of release 1.0.0 rewrites imports of modules that moved, and nothing else."""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import TEMPLATE

STEP = TEMPLATE / "update" / "steps" / "v1_0_0_moved_modules.py"


def run_step(folder: Path, name: str, source: str) -> tuple[str, str]:
    """Run the step on one file; return its new text and the output."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(source, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(STEP)], cwd=folder, input=name, capture_output=True, text=True, check=True
    )
    return file.read_text(encoding="utf-8"), done.stdout


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from hardening.mail import send_later\n", "from hardening.operations.email import send_later\n"),
        (
            "from hardening import events, serializers\n",
            "from hardening import serializers\nfrom hardening.operations import security_events as events\n",
        ),
        (
            "def send():\n    from hardening.mail import (\n        SECONDS,\n        send_later as later,\n    )\n",
            "def send():\n    from hardening.operations.email import SECONDS, send_later as later\n",
        ),
        (
            "import hardening.mail\n\nhardening.mail.SECONDS\n",
            "import hardening.operations.email\n\nhardening.operations.email.SECONDS\n",
        ),
        (
            "HANDLER = 'hardening.handlers.exception_handler'\n",
            "HANDLER = 'hardening.errors.handler.exception_handler'\n",
        ),
    ],
)
def test_an_import_and_a_quoted_path_name_the_new_module(tmp_path, before, after):
    assert run_step(tmp_path, "ours.py", before)[0] == after


@pytest.mark.parametrize(
    "source",
    [
        "from hardening.relations import (\n    locked,\n    visible_to_caller,\n)\n",
        "from accounts.mail import hardening\nmail = hardening.mail\n",
        "from .hardening.mail import send_later\n",
        "TEXT = 'see hardening.mail for more'  # hardening.mail\n",
        "from hardening.mail import (\n",
    ],
)
def test_other_code_is_not_changed(tmp_path, source):
    assert run_step(tmp_path, "ours.py", source) == (source, "")


def test_a_name_that_is_gone_and_a_module_in_the_old_package_are_reported(tmp_path):
    source = "from hardening.mail import mail_settings\n"

    assert run_step(tmp_path, "ours.py", source) == (
        source,
        "  ours.py: hardening.mail.mail_settings does not exist any more\n",
    )
    assert "hardening/ours.py: move it to an app" in run_step(tmp_path, "hardening/ours.py", "")[1]


def test_every_new_module_exists():
    step = runpy.run_path(str(STEP))

    assert len(step["MOVED"]) > 30
    assert [new for new in step["MOVED"].values() if step["find_names"](new) is None] == []
