"""Print how many database connections this environment can open, and compare the number with what PostgreSQL has."""

import runpy
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

# Sessions for migrations, the daily job and a person with psql.
OTHERS = 5


class Sizes(NamedTuple):
    """The numbers of one instance, of which each process has one pool."""

    instances: int
    processes: int
    threads: int
    pool: int | None

    @property
    def per_process(self) -> int:
        """Return how many connections a process can open; without a pool, each thread has its own."""
        return self.threads if self.pool is None else self.pool

    @property
    def connections(self) -> int:
        return self.instances * self.processes * self.per_process


class Command(BaseCommand):
    help = "Print processes, threads, pools and connections of this environment; warn if PostgreSQL has too few."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--instances", type=int, default=1, help="number of instances, with those of a rollout")
        parser.add_argument("--check", action="store_true", help="fail if there is a warning")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["instances"] < 1:
            raise CommandError("--instances must be a positive integer.")
        sizes = read_sizes(options["instances"])
        self.stdout.write(describe(sizes))
        warnings = find_warnings(sizes)
        server = read_server()
        if server is not None:
            available, sessions = server
            self.stdout.write(f"PostgreSQL has {available} connections for this user, of which {sessions} are in use.")
            warnings += compare(sizes, available)
        else:
            self.stdout.write("SQLite has no limit of connections; one process writes at a time.")
        for warning in warnings:
            self.stderr.write(f"Warning: {warning}")
        if warnings and options["check"]:
            raise CommandError("The sizes do not fit.")


def read_sizes(instances: int) -> Sizes:
    """Return the sizes that gunicorn's configuration and the settings have in this environment."""
    file = Path(settings.BASE_DIR) / "gunicorn.conf.py"
    if not file.is_file():
        raise CommandError(f"{file.name} does not exist.")
    config = runpy.run_path(str(file))
    pool = connection.settings_dict["OPTIONS"].get("pool")
    size = pool["max_size"] if isinstance(pool, dict) else None
    return Sizes(instances, int(config["workers"]), int(config["threads"]), size)


def describe(sizes: Sizes) -> str:
    each = "a connection per thread" if sizes.pool is None else f"pool of {sizes.pool} (DATABASE_POOL_SIZE)"
    return (
        f"{sizes.instances} x {sizes.processes} processes (WEB_CONCURRENCY) x {each} = {sizes.connections} connections;"
        f" each process has {sizes.threads} threads (WEB_THREADS)."
    )


def find_warnings(sizes: Sizes) -> list[str]:
    """Return a sentence if the threads of a process wait for one another's connections."""
    if sizes.pool is None or sizes.pool >= sizes.threads:
        return []
    return [f"{sizes.threads} threads share {sizes.pool} connections: raise DATABASE_POOL_SIZE to {sizes.threads}."]


def read_server() -> tuple[int, int] | None:
    """Return how many connections this user can have, and how many all clients have; None on SQLite."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('max_connections')::int"
            " - CASE WHEN rolsuper THEN 0 ELSE current_setting('superuser_reserved_connections')::int"
            "   + coalesce(current_setting('reserved_connections', true)::int, 0) END, rolconnlimit,"
            " (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')"
            " FROM pg_roles WHERE rolname = current_user"
        )
        of_server, of_role, sessions = cursor.fetchone()
    return (of_server if of_role < 0 else min(of_server, of_role)), sessions


def compare(sizes: Sizes, available: int) -> list[str]:
    if sizes.connections + OTHERS <= available:
        return []
    fitting = (available - OTHERS) // (sizes.instances * sizes.processes)
    too_many = f"{sizes.connections} connections and {OTHERS} for jobs are more than {available}"
    solution = f"raise max_connections, use PgBouncer, or lower DATABASE_POOL_SIZE and WEB_THREADS to {max(fitting, 0)}"
    return [f"{too_many}: {solution}."]
