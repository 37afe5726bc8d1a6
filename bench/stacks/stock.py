"""DRF as most people write it: unique validators, an `exists()` before the write, numbered pages."""

from typing import Any

from accounts.models import Profile
from purchases.models import Purchase
from rest_framework import serializers, viewsets
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.pagination import PageNumberPagination
from rest_framework.parsers import JSONParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.routers import SimpleRouter
from rest_framework.validators import UniqueValidator
from rest_framework.views import exception_handler

from bench.stacks.authentication import OrmAuthentication


class ProfileSerializer(serializers.ModelSerializer):
    username = serializers.CharField(max_length=150, validators=[UniqueValidator(Profile.objects.all())])
    email = serializers.EmailField(validators=[UniqueValidator(Profile.objects.all())])

    class Meta:
        model = Profile
        fields = ("id", "owner", "username", "email", "bio")
        read_only_fields = ("owner",)

    def validate_username(self, value: str) -> str:
        return self._validate_unique("username", value)

    def validate_email(self, value: str) -> str:
        return self._validate_unique("email", value)

    def _validate_unique(self, name: str, value: str) -> str:
        others = Profile.objects.filter(**{f"{name}__iexact": value})
        if self.instance is not None:
            others = others.exclude(pk=self.instance.pk)
        if others.exists():
            raise serializers.ValidationError(f"A profile with this {name} already exists.")
        return value


class PurchaseSerializer(serializers.ModelSerializer):
    class Meta:
        model = Purchase
        fields = ("id", "purchaser", "reference", "location", "contacts", "quantity", "earliest", "latest")
        read_only_fields = ("purchaser",)


class Pages(PageNumberPagination):
    page_size = 50


class Stock(viewsets.ModelViewSet):
    authentication_classes = [OrmAuthentication]
    permission_classes = [IsAuthenticated]
    parser_classes = [JSONParser]
    content_negotiation_class = DefaultContentNegotiation
    throttle_classes: list[Any] = []
    pagination_class = Pages

    def get_exception_handler(self) -> Any:
        return exception_handler


class ProfileViewSet(Stock):
    serializer_class = ProfileSerializer

    def get_queryset(self) -> Any:
        return Profile.objects.filter(owner=self.request.user).order_by("-id")

    def perform_create(self, serializer: Any) -> None:
        serializer.save(owner=self.request.user)


class PurchaseViewSet(Stock):
    serializer_class = PurchaseSerializer

    def get_queryset(self) -> Any:
        return Purchase.objects.filter(purchaser=self.request.user).order_by("-id")

    def perform_create(self, serializer: Any) -> None:
        serializer.save(purchaser=self.request.user)


router = SimpleRouter()
router.register("profiles", ProfileViewSet, basename="stock-profile")
router.register("purchases", PurchaseViewSet, basename="stock-purchase")
