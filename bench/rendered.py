"""Render a project for one run, start its database server, and set up Django in this process."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cookiecutter.main import cookiecutter

TEMPLATE = Path(__file__).parent.parent
BUSY = hasattr(os, "getloadavg") and os.getloadavg()[0] > 0.7  # before the first measurement

ENVIRONMENT = {
    "ENV_FILE": "",
    "DJANGO_SETTINGS_MODULE": "bench.settings",
    "SECRET_KEY": "only-for-the-benchmark-5e1f7c20b8d94a36-and-never-elsewhere",
    "DEBUG": "false",
    "ALLOWED_HOSTS": "localhost",
    "TRUSTED_PROXIES": "1",
    "CACHE_URL": "locmemcache://",
    "THROTTLE_USER": "100000000/day",  # requests are counted, but never throttled
}


@contextmanager
def render_project() -> Iterator[Path]:
    """Render a project with default answers, start a throwaway PostgreSQL, and set up Django to use both."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(cookiecutter(str(TEMPLATE), no_input=True, output_dir=folder))
        sys.path[:0] = [str(path), str(path / "packages" / "hardening" / "src")]
        sys.modules.pop("tests", None)
        from hardening.testing.postgres import server  # the package was not on the path before

        with server() as url:
            os.environ.update(ENVIRONMENT, DATABASE_URL=url)
            _set_up_django()
            yield path


def _set_up_django() -> None:
    import django  # Django reads the environment, which is complete only now
    from django.core.management import call_command

    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)  # the tables of the benchmark have no migrations
