"""Stand-in requests for checks, which call methods of views with every HTTP method and several kinds of user."""

import copy
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import CharField, EmailField
from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication

# Without OPTIONS, which DRF's metadata serves, and HEAD, which the handler of GET serves.
METHODS = ("get", "post", "put", "patch", "delete")

# Two users without permissions, and one with all permissions.
USERS: dict[str, dict[str, Any]] = {
    "user": {"pk": 1},
    "other": {"pk": 2},
    "staff": {"pk": 3, "is_staff": True, "is_superuser": True},
}
KINDS = ("user", "staff", "anonymous")


class _SignedIn(BaseAuthentication):
    """Authenticate every request as one user."""

    def __init__(self, user: Any) -> None:
        self.user = user

    def authenticate(self, request: Any) -> tuple[Any, None]:
        return self.user, None


def served_methods(view: Any) -> Iterator[str]:
    """Yield the HTTP methods that the route of *view* serves, in lower case."""
    actions = getattr(view, "action_map", None)
    for method in METHODS:
        if method in view.http_method_names and (method in actions if actions else hasattr(view, method)):
            yield method


def send_stand_in(view: Any, method: str, kind: str) -> Any:
    """Return a copy of *view* in the state of handling a request by a *kind* of user, without body and query string."""
    prepared = copy.copy(view)
    request = HttpRequest()
    request.method = method.upper()
    request.path = request.path_info = "/"
    request.META = {"SERVER_NAME": "localhost", "SERVER_PORT": "80", "REMOTE_ADDR": "127.0.0.1"}
    authenticators = [] if kind == "anonymous" else [_SignedIn(make_user(kind))]
    prepared.get_authenticators = lambda: authenticators
    prepared.args, prepared.headers, prepared.format_kwarg = (), {}, None
    prepared.kwargs = dict(getattr(view, "kwargs", {}))
    prepared.action = None
    prepared.request = prepared.initialize_request(request, *prepared.args, **prepared.kwargs)
    request.user = prepared.request.user
    return prepared


def make_user(kind: str) -> Any:
    """Return an unsaved user of the project's user model, with a value in every text column."""
    model: Any = get_user_model()
    user = model(pk=USERS[kind]["pk"])
    for field in model._meta.concrete_fields:
        if isinstance(field, CharField) and not field.primary_key and not getattr(user, field.attname):
            setattr(user, field.attname, f"{kind}@example.com" if isinstance(field, EmailField) else kind)
    for name, value in USERS[kind].items():
        with suppress(AttributeError):  # a property of the project's user model
            setattr(user, name, value)
    user._state.adding = False
    return user
