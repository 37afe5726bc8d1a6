"""Health probes: `/livez` for a process that responds, `/readyz` for one whose database is reachable and migrated."""

from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe


@require_safe
def livez(request: HttpRequest) -> JsonResponse:
    """Respond with 200, without using the database."""
    return JsonResponse({"status": "alive"})


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Respond with 200 if the database is reachable and migrated, or else with 503 and the reason."""
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except (DatabaseError, InterfaceError):
        return _build_error("The database is not reachable.")
    if pending:
        return _build_error("The database is not migrated.")
    return JsonResponse({"status": "ready"})


PROBES = {"/livez": livez, "/readyz": readyz}


def _build_error(reason: str) -> JsonResponse:
    return JsonResponse({"detail": reason, "code": "not_ready"}, status=503, headers={"Retry-After": "1"})
