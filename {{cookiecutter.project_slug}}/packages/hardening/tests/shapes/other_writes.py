"""Views that write what no model serializer knows, and views that write more than one row."""

from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import F
from django.urls import include, path
from rest_framework import views as drf
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from hardening import serializers
from hardening.views import APIView
from hardening.viewsets import ModelViewSet
from shapes import models
from shapes.deleting import BookViewSet
from shapes.views import Listed


class TutorialSerializer(serializers.Serializer):
    """DRF's tutorial: a serializer that knows no model."""

    title = serializers.CharField(source="name", max_length=20)
    stock = serializers.IntegerField(required=False)

    def create(self, validated_data: Any) -> Any:
        return models.Good.objects.create(**validated_data)

    def update(self, instance: Any, validated_data: Any) -> Any:
        for name, value in validated_data.items():
            setattr(instance, name, value)
        instance.save()
        return instance


class TwoRowsSerializer(TutorialSerializer):
    """Writes two rows, of which the second is rejected."""

    def create(self, validated_data: Any) -> Any:
        models.Good.objects.create(name="half done")
        return super().create(validated_data)


class TutorialViewSet(Listed):
    queryset = models.Good.objects.all()
    serializer_class = TutorialSerializer


class TwoRowsViewSet(TutorialViewSet):
    serializer_class = TwoRowsSerializer


class GoodSerializer(serializers.ModelSerializer):
    class Meta:
        model = models.Good
        fields = ("id", "name", "stock")


class TranslatedSerializer(GoodSerializer):
    """Writes the text of a second table along."""

    title = serializers.CharField(max_length=20, write_only=True)

    class Meta(GoodSerializer.Meta):
        fields = ("id", "name", "title")

    def create(self, validated_data: Any) -> Any:
        title = validated_data.pop("title")
        good = super().create(validated_data)
        models.Translation.objects.create(master=good, language="en", title=title)
        return good


class OfferSerializer(serializers.ModelSerializer):
    """Writes a column of the related row, and rows of a through table."""

    good_name = serializers.CharField(source="good.name", max_length=20, required=False)
    books = serializers.PrimaryKeyRelatedField(queryset=models.Book.objects.all(), many=True, required=False)

    class Meta:
        model = models.Offer
        fields = ("id", "good_name", "books")

    def update(self, instance: Any, validated_data: Any) -> Any:
        if "good" in validated_data:
            instance.good.name = validated_data.pop("good")["name"]
            instance.good.save()
        return super().update(instance, validated_data)


class PlacedSerializer(serializers.ModelSerializer):
    """Leaves the good and the place to the view."""

    class Meta:
        model = models.Offer
        fields = ("id",)


class VehicleSerializer(serializers.ModelSerializer):
    """The serializer of a parent, which writes the table of a child."""

    number = serializers.IntegerField(write_only=True)

    class Meta:
        model = models.Vehicle
        fields = ("id", "plate", "number")

    def create(self, validated_data: Any) -> Any:
        return models.Truck.objects.create(fleet_number=validated_data["number"], plate=validated_data["plate"])


class GoodViewSet(Listed):
    """Actions that write objects by themselves."""

    queryset = models.Good.objects.all()
    serializer_class = GoodSerializer

    @action(detail=True, methods=["post"])
    def take(self, request: Request, pk: str) -> Response:
        good = self.get_object()
        good.stock -= request.data["n"]
        good.save()
        return Response(self.get_serializer(good).data)

    @action(detail=False, methods=["post"])
    def take_all(self, request: Request) -> Response:
        models.Good.objects.update(stock=F("stock") - request.data["n"])
        return Response(status=204)

    @action(detail=False, methods=["post"])
    def add_two(self, request: Request) -> Response:
        for name in request.data["names"]:
            models.Good.objects.create(name=name)
        return Response(status=201)

    @action(detail=False, methods=["post"])
    def add_at_once(self, request: Request) -> Response:
        models.Good.objects.bulk_create(models.Good(name=name) for name in request.data["names"])
        return Response(status=201)

    @action(detail=False, methods=["post"])
    def find_or_add(self, request: Request) -> Response:
        models.Good.objects.get_or_create(stock=request.data["stock"], defaults={"name": request.data["name"]})
        return Response(status=201)

    @action(detail=False, methods=["post"])
    def after_commit(self, request: Request) -> Response:
        transaction.on_commit(lambda: models.Good.objects.create(name=request.data["name"]))
        return Response(status=201)

    @action(detail=False, methods=["get"])
    def visit(self, request: Request) -> Response:
        models.Good.objects.create(name="visited")
        return Response({})


class PlacedViewSet(ModelViewSet):
    """Fills what the URL says."""

    queryset = models.Offer.objects.all()
    serializer_class = PlacedSerializer

    def perform_create(self, serializer: Any) -> None:
        serializer.save(good_id=int(self.kwargs["good"]), place=int(self.kwargs["place"]))


class Plain:
    """Writes without a serializer, or with one that only validates."""

    def post(self, request: Request, kind: str) -> Response:
        getattr(self, f"write_{kind}")(request)
        return Response(status=201)

    def get(self, request: Request, kind: str) -> Response:
        return self.post(request, kind)

    def write_good(self, request: Request) -> None:
        models.Good.objects.create(name=request.data.get("name"), stock=request.data.get("stock", 1))

    def write_two(self, request: Request) -> None:
        models.Good.objects.create(name="half done")
        self.write_good(request)

    def write_atomic(self, request: Request) -> None:
        with transaction.atomic():
            self.write_two(request)

    def write_nested(self, request: Request) -> None:
        with transaction.atomic():
            models.Good.objects.create(name="half done")
            with transaction.atomic():
                self.write_good(request)

    def write_offer(self, request: Request) -> None:
        models.Offer.objects.create(good_id=request.data["good"])

    def write_validated(self, request: Request) -> None:
        models.Good.objects.create(name=self.validated(RenamedSerializer)["label"])

    def write_forgotten(self, request: Request) -> None:
        self.validated(RenamedSerializer)
        models.Good.objects.create(name=None)

    def write_ballots(self, request: Request) -> None:
        for place in request.data["places"]:
            models.Ballot.objects.create(place=place, name="x")

    def write_atomic_ballots(self, request: Request) -> None:
        with transaction.atomic():
            self.write_ballots(request)

    def write_raw(self, request: Request) -> None:
        models.Raw.objects.create(code=request.data["code"])

    def write_audit(self, request: Request) -> None:
        models.Audit.objects.create(text=request.data["text"])

    def write_group(self, request: Request) -> None:
        Group.objects.create(name=request.data["name"])

    def write_after_commit(self, request: Request) -> None:
        transaction.on_commit(lambda: self.write_good(request))


class RenamedSerializer(serializers.Serializer):
    label = serializers.CharField()


class PlainView(Plain, APIView):
    """A view of ours."""


class WholeView(Plain, APIView):
    """A view of ours, whose request is one transaction."""

    in_one_transaction = True


class GroupView(WholeView):
    """A view of ours over a model of a package."""

    queryset = Group.objects.all()


class StockView(Plain, drf.APIView):
    """DRF's own view."""


router = SimpleRouter()
router.register("tutorial", TutorialViewSet, basename="tutorial")
router.register("two-rows", TwoRowsViewSet, basename="two-rows")
router.register("goods", GoodViewSet, basename="goods")
router.register("books", BookViewSet, basename="books")
router.register(r"goods/(?P<good>\d+)/places/(?P<place>\d+)", PlacedViewSet, basename="placed")
for prefix, serializer in {
    "translated": TranslatedSerializer,
    "offers": OfferSerializer,
    "vehicles": VehicleSerializer,
}.items():
    names = {"queryset": serializer.Meta.model.objects.all(), "serializer_class": serializer}
    router.register(prefix, type(f"{prefix.title()}ViewSet", (ModelViewSet,), names), basename=prefix)

urlpatterns = [
    path("plain/<kind>/", PlainView.as_view()),
    path("whole/<kind>/", WholeView.as_view()),
    path("groups/<kind>/", GroupView.as_view()),
    path("stock/<kind>/", StockView.as_view()),
    path("", include(router.urls)),
]
