"""Run other programs to their end, whatever signal arrives meanwhile."""

import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def defer_signals() -> Iterator[list[int]]:
    """Yield the list of the signals that arrive in the block; the first is delivered after it."""
    arrived: list[int] = []
    previous = {number: signal.signal(number, lambda number, _frame: arrived.append(number)) for number in SIGNALS}
    try:
        yield arrived
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
        if arrived:
            signal.raise_signal(arrived[0])


def run_program(
    command: list[str], folder: Path, environment: Mapping[str, str] | None = None, text: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run *command* in *folder* with *text* as its input; a signal stops this program only after it.

    The command has a session of its own, because Ctrl-C is sent to all programs of a terminal's session.
    """
    with defer_signals():
        return subprocess.run(  # noqa: S603  # git, cookiecutter and scripts of the template
            command,
            cwd=folder,
            env=environment,
            input=text,
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
        )
