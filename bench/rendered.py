"""A project rendered for one run, its database server, and Django set up in this process."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cookiecutter.main import cookiecutter

TEMPLATE = Path(__file__).parent.parent
BUSY = hasattr(os, "getloadavg") and os.getloadavg()[0] > 0.7  # before we begin

ENVIRONMENT = {
    "ENV_FILE": "",
    "DJANGO_SETTINGS_MODULE": "bench.settings",
    "SECRET_KEY": "only-for-the-benchmark-5e1f7c20b8d94a36-and-never-elsewhere",
    "DEBUG": "false",
    "ALLOWED_HOSTS": "localhost",
    "TRUSTED_PROXIES": "1",
    "CACHE_URL": "locmemcache://",
    "THROTTLE_USER": "100000000/day",  # counted as ever, and never reached
}


@contextmanager
def project() -> Iterator[Path]:
    """Render a project with default answers, run its throwaway PostgreSQL, and set Django up to use both."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(cookiecutter(str(TEMPLATE), no_input=True, output_dir=folder))
        sys.path[:0] = [str(path), str(path / "packages" / "hardening" / "src")]
        sys.modules.pop("tests", None)
        from hardening.testing.postgres import server  # it was not there before

        with server() as url:
            os.environ.update(ENVIRONMENT, DATABASE_URL=url)
            _set_up()
            yield path


def _set_up() -> None:
    import django  # the environment had to be set first
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
