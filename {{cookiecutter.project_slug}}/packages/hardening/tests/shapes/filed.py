"""Views that store files: with rows, before rows, and for rows that are rejected."""

from typing import Any

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.urls import include, path
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from hardening import serializers
from hardening.parsers import JSONParser
from hardening.views import APIView
from shapes.models import Cover, Scan
from shapes.views import Listed


def scan(**values: Any) -> Scan:
    """Return an unsaved scan with two new files."""
    return Scan(file=ContentFile(b"x", "a.txt"), preview=ContentFile(b"x", "a.txt"), **values)


class ScanSerializer(serializers.ModelSerializer):
    class Meta:
        model = Scan
        fields = ("id", "title", "pages", "file", "preview")


class CoveredSerializer(serializers.ModelSerializer):
    """Writes the file of a second row before the constraint of the first is violated."""

    class Meta:
        model = Scan
        fields = ("id", "title", "file", "preview")

    def create(self, validated_data: Any) -> Any:
        first = scan(title="covered")
        first.save()
        Cover.objects.create(scan=first, file=ContentFile(b"x", "cover.txt"))
        return super().create(validated_data)


class ScanViewSet(Listed):
    """Actions that write files by themselves."""

    queryset = Scan.objects.all()
    serializer_class = ScanSerializer
    parser_classes = [MultiPartParser, JSONParser]

    @action(detail=False, methods=["post"])
    def add_at_once(self, request: Request) -> Response:
        Scan.objects.bulk_create(scan(title=title) for title in request.data["titles"])
        return Response(status=201)

    @action(detail=False, methods=["post"])
    def add_each(self, request: Request) -> Response:
        for title in request.data["titles"]:
            scan(title=title).save()
        return Response(status=201)

    @action(detail=False, methods=["post"])
    def crash(self, request: Request) -> Response:
        scan(title="crash").save()
        raise RuntimeError

    @action(detail=False, methods=["post"])
    def add_for_good(self, request: Request) -> Response:
        scan(title="for good", good_id=request.data["good"]).save()
        return Response(status=201)

    @action(detail=False, methods=["post"])
    def give_up(self, request: Request) -> Response:
        try:
            with transaction.atomic():
                scan(title=request.data["title"]).save()
        except IntegrityError:
            return Response({"given": "up"})
        return Response(status=201)

    @action(detail=False, methods=["post"])
    def try_again(self, request: Request) -> Response:
        new = scan(title=request.data["title"])
        try:
            with transaction.atomic():
                new.save()
        except IntegrityError:
            Scan.objects.create(title="again", file=new.file, preview=new.preview)
        return Response(status=201)

    @action(detail=False, methods=["post"])
    def fail_after_commit(self, request: Request) -> Response:
        transaction.on_commit(lambda: 1 / 0)
        scan(title="kept").save()
        return Response(status=201)

    @action(detail=True, methods=["post"])
    def replace(self, request: Request, pk: str) -> Response:
        stored = self.get_object()
        stored.file.save("new.txt", ContentFile(b"new"))
        Scan.objects.filter(pk=stored.pk).update(pages=request.data["pages"])
        return Response(status=200)


class CoveredViewSet(ScanViewSet):
    serializer_class = CoveredSerializer


class PlainView(APIView):
    """Writes a row for each title, each in a transaction of its own."""

    def post(self, request: Request) -> Response:
        for title in request.data["titles"]:
            scan(title=title).save()
        return Response(status=201)


router = SimpleRouter()
router.register("scans", ScanViewSet, basename="scans")
router.register("covered", CoveredViewSet, basename="covered")

urlpatterns = [path("plain/", PlainView.as_view()), path("", include(router.urls))]
