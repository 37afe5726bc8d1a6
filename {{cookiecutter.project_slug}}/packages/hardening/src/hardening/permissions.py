"""Who may use a view at all; who sees which rows is the queryset's business."""

from rest_framework.permissions import AllowAny


class Public(AllowAny):
    """Anyone, on purpose: a check refuses `AllowAny`, which may have been left over."""
