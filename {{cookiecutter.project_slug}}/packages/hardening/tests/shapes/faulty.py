"""Serializers that let through what a database will refuse, or that meet a database that changed meanwhile."""

from typing import Any

from django.db import transaction

from hardening import serializers
from hardening.relations import visible_to_caller
from shapes import models


class VanishingBookSerializer(serializers.ModelSerializer):
    """Somebody deletes the author after validation."""

    class Meta:
        model = models.Book
        fields = ("id", "author", "title")
        related_querysets = {"author": visible_to_caller}

    def validate(self, attrs: Any) -> Any:
        models.Author.objects.filter(pk=attrs["author"].pk).delete()
        return attrs


class VanishingParcelSerializer(serializers.ModelSerializer):
    """Somebody deletes one of the crates after validation."""

    class Meta:
        model = models.Parcel
        fields = ("id", "title", "crates")
        related_querysets = {"crates": visible_to_caller}

    def validate(self, attrs: Any) -> Any:
        models.Crate.objects.filter(pk=attrs["crates"][-1].pk).delete()
        return attrs


class LaxSerializer(serializers.ModelSerializer):
    """Lets NULL and any length through."""

    title = serializers.CharField(allow_null=True)

    class Meta:
        model = models.Book
        fields = ("id", "author", "title")
        related_querysets = {"author": visible_to_caller}


class ForgetfulSerializer(serializers.ModelSerializer):
    """Forgets a column that only the server could fill."""

    class Meta:
        model = models.Book
        fields = ("id", "title")


class LaterSerializer(serializers.ModelSerializer):
    """Has something done after COMMIT, which fails."""

    class Meta:
        model = models.Badge
        fields = ("id", "number")

    def create(self, validated_data: Any) -> Any:
        badge = super().create(validated_data)
        transaction.on_commit(lambda: models.Badge.objects.create(number=badge.number))
        return badge


class CatchingSerializer(serializers.ModelSerializer):
    """Tries one thing in a savepoint, and does another where that is refused."""

    class Meta:
        model = models.Badge
        fields = ("id", "number")

    def create(self, validated_data: Any) -> Any:
        first = LaxBadgeSerializer(data={"number": "taken"})
        first.is_valid(raise_exception=True)
        try:
            with transaction.atomic():
                first.save()
        except serializers.ValidationError:
            return super().create(validated_data)
        raise AssertionError


class LaxBadgeSerializer(serializers.ModelSerializer):
    class Meta:
        model = models.Badge
        fields = ("number",)
