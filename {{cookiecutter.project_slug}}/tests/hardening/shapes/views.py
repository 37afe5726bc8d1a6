"""A viewset for every serializer, and one that takes lists."""

from typing import Any

from hardening.viewsets import ModelViewSet


def over(serializer: Any) -> type[ModelViewSet]:
    """Return a viewset for *serializer*."""
    shape = serializer.Meta.model
    names = {"queryset": shape.objects.all(), "serializer_class": serializer, "lookup_value_regex": "[^/]+"}
    return type(f"{shape.__name__}ViewSet", (Listed,), names)


class Listed(ModelViewSet):
    """Takes one object, or a list of them."""

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        if isinstance(kwargs.get("data"), list):
            kwargs["many"] = True
        return super().get_serializer(*args, **kwargs)
