"""Deletions that only the database forbids."""

from typing import Any

from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from hardening.viewsets import ModelViewSet
from shapes import models
from shapes.serializers import plain


class BookViewSet(ModelViewSet):
    """Deletes by an action, and by a `destroy()` of its own."""

    queryset = models.Book.objects.all()
    serializer_class = plain(models.Book, "id", "title")

    @action(detail=True, methods=["post"])
    def discard(self, request: Request, pk: str) -> Response:
        self.get_object().delete()
        return Response(status=204)

    @action(detail=False, methods=["post", "delete"])
    def discard_many(self, request: Request) -> Response:
        models.Book.objects.filter(pk__in=request.data["keys"]).delete()
        return Response(status=204)

    @action(detail=False, methods=["post", "delete"])
    def replace(self, request: Request) -> Response:
        models.Book.objects.all().delete()
        models.Offer.objects.create(good_id=request.data["good"])
        return Response(status=204)

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        models.Book.objects.filter(pk=self.get_object().pk).delete()
        return Response(status=204)
