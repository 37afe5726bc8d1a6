"""Actions that write the rows of a relation to many by its managers."""

from typing import Any

from rest_framework import serializers as drf
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from hardening import serializers
from hardening.viewsets import ModelViewSet
from shapes import models
from shapes.other_writes import OfferSerializer


class BookSerializer(serializers.ModelSerializer):
    """Names the offers of a book, the other side of the relation."""

    offers = serializers.PrimaryKeyRelatedField(queryset=models.Offer.objects.all(), many=True, required=False)

    class Meta:
        model = models.Book
        fields = ("id", "title", "offers")


class KeysSerializer(serializers.Serializer):
    """What an action reads: keys under the name of the relation."""

    books = drf.ListField(child=serializers.IntegerField(), required=False)
    offers = drf.ListField(child=serializers.IntegerField(), required=False)


class OfferViewSet(ModelViewSet):
    """Writes the through table from the side of the field."""

    queryset = models.Offer.objects.all()
    serializer_class = OfferSerializer

    @action(detail=True, methods=["post"])
    def add(self, request: Request, pk: str) -> Response:
        self.get_object().books.add(*self.validated(KeysSerializer)["books"])
        return Response(status=204)

    @action(detail=True, methods=["post"])
    def set(self, request: Request, pk: str) -> Response:
        self.get_object().books.set(self.validated(KeysSerializer)["books"])
        return Response(status=204)


class BookViewSet(ModelViewSet):
    """Writes it from the other side."""

    queryset = models.Book.objects.all()
    serializer_class = BookSerializer

    @action(detail=True, methods=["post"])
    def add(self, request: Request, pk: str) -> Response:
        self.get_object().offers.add(*self.validated(KeysSerializer)["offers"])
        return Response(status=204)

    @action(detail=True, methods=["post"])
    def set(self, request: Request, pk: str) -> Response:
        self.get_object().offers.set(self.validated(KeysSerializer)["offers"])
        return Response(status=204)


class GoodSerializer(serializers.ModelSerializer):
    class Meta:
        model = models.Good
        fields = ("id", "name")


class GoodViewSet(ModelViewSet):
    """Writes rows that refer to the object."""

    queryset = models.Good.objects.all()
    serializer_class = GoodSerializer

    @action(detail=True, methods=["post"])
    def translate(self, request: Request, pk: str) -> Response:
        text = models.Translation(language="en", title=request.data["title"])
        self.get_object().translations.add(text, bulk=False)
        return Response(status=204)

    @action(detail=True, methods=["post"])
    def take_over(self, request: Request, pk: str) -> Response:
        texts: Any = models.Translation.objects.all()
        self.get_object().translations.set(texts)
        return Response(status=204)


router = SimpleRouter()
router.register("offers", OfferViewSet, basename="offers")
router.register("books", BookViewSet, basename="books")
router.register("goods", GoodViewSet, basename="goods")
urlpatterns = router.urls
