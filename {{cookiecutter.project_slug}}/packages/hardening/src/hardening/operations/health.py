"""Health probes: `/livez` for a process that responds, `/readyz` for one that can serve requests.

`hardening.workers` answers them in threads of their own, so that they respond while all others are busy.
"""

from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from hardening.operations.draining import is_draining


@require_safe
def livez(request: HttpRequest) -> JsonResponse:
    """Respond with 200, without using the database."""
    return JsonResponse({"status": "alive"})


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Respond with 200 if the database can be written and is migrated, or else with 503 and the reason."""
    if is_draining():
        return _build_error("The server is stopping.")
    try:
        if _is_read_only():
            return _build_error("The database is read-only.")
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except (DatabaseError, InterfaceError):
        return _build_error("The database is not reachable.")
    if pending:
        return _build_error("The database is not migrated.")
    return JsonResponse({"status": "ready"})


def _is_read_only() -> bool:
    """Return whether the database is a standby, as the former primary is after a failover."""
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        return bool(cursor.fetchone()[0] == "on")


PROBES = {"/livez": livez, "/readyz": readyz}


def _build_error(reason: str) -> JsonResponse:
    return JsonResponse({"detail": reason, "code": "not_ready"}, status=503, headers={"Retry-After": "1"})
