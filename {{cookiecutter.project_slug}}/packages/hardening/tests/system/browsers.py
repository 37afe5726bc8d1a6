"""A real browser, and a server as a developer has it."""

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium.webdriver import Chrome, ChromeOptions, ChromeService

from deep.server import PATHS, PATIENCE, PROJECT, Tcp, free_port, wait_for

# A container has root alone, and small shared memory; the rest keeps the browser from the network.
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--window-size=1200,1600",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def developing(folder: Path) -> Iterator[Tcp]:
    """Serve the project and the shapes with DEBUG until the block ends, as `make run` does."""
    where = Tcp(free_port())
    environment = {
        **PATHS,
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "system.development",
        "ENV_FILE": "",
        "DEBUG": "true",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
    }
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "--verbosity", "0"], cwd=PROJECT, env=environment, check=True)
    serve = [*manage, "runserver", f"127.0.0.1:{where.port}", "--noreload"]
    with (
        (folder / "log").open("wb") as output,
        subprocess.Popen(serve, cwd=PROJECT, env=environment, stdout=output, stderr=output) as process,
    ):
        try:
            wait_for(where)
            yield where
        finally:
            process.terminate()
            process.wait(PATIENCE)


@contextmanager
def browsing(folder: Path) -> Iterator[Chrome]:
    """Yield a Chromium with a profile of its own."""
    options = ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for flag in (*FLAGS, f"--user-data-dir={folder}"):
        options.add_argument(flag)
    browser = Chrome(options, ChromeService(str(shutil.which("chromedriver"))))
    try:
        browser.implicitly_wait(10)
        yield browser
    finally:
        browser.quit()
