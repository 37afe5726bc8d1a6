"""Permissions of views. Which objects a user sees is decided by the queryset's `visible_to(user)`."""

from rest_framework.permissions import AllowAny


class Public(AllowAny):
    """Allow any client, on purpose. A system check (`hardening.E011`) rejects `AllowAny`, which may be an oversight."""
