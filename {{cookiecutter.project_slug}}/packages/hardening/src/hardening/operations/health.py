"""Probes for whoever runs this: `/livez` says that the process answers, `/readyz` that it can work."""

from collections.abc import Callable

from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe


@require_safe
def livez(request: HttpRequest) -> JsonResponse:
    """Answer 200 without touching anything."""
    return JsonResponse({"status": "alive"})


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when the database is reachable and migrated, 503 with the reason when it is not."""
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except (DatabaseError, InterfaceError):
        return _not_ready("The database is not reachable.")
    if waiting:
        return _not_ready("The database is not migrated.")
    return JsonResponse({"status": "ready"})


PROBES = {"/livez": livez, "/readyz": readyz}


def answer_probes(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Answer the probes before any middleware that looks at the `Host`.

    An orchestrator sends the address of the container as `Host`, which `ALLOWED_HOSTS` does not have. A probe
    repeats nothing of its request, so that a forged `Host` gains nothing; every other path stays 400.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        probe = PROBES.get(request.path_info)
        return get_response(request) if probe is None else probe(request)

    return answer


def _not_ready(reason: str) -> JsonResponse:
    return JsonResponse({"detail": reason, "code": "not_ready"}, status=503, headers={"Retry-After": "1"})
