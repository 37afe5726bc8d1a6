"""Related fields of every kind, each scoped in one of the ways there are."""

from collections.abc import Callable
from functools import partial
from typing import Any

from hardening import relations, serializers
from hardening.relations import visible_to_caller
from shapes.models import Crate, Parcel


def the_caller(queryset: Any, field: Any) -> Any:
    return queryset.filter(pk=field.context["request"].user.pk)


def others(queryset: Any, field: Any) -> Any:
    """Not the object being edited itself."""
    edited = field.root.instance
    return queryset if edited is None else queryset.exclude(pk=edited.pk)


class CrateSerializer(serializers.ModelSerializer):
    class Meta:
        model = Crate
        fields = ("id", "owner", "code")
        create_defaults = {"owner": serializers.current_user}


class ByKeySerializer(serializers.ModelSerializer):
    """Primary keys; the fields are DRF's automatic ones, scoped in Meta."""

    class Meta:
        model = Parcel
        fields = ("id", "title", "crate", "by_code", "crates", "small", "sibling", "purchaser")
        related_querysets = {
            "crate": visible_to_caller,
            "by_code": visible_to_caller,
            "crates": visible_to_caller,
            "small": visible_to_caller,
            "sibling": others,
        }
        extra_kwargs = {"purchaser": {"queryset": the_caller}}


class BySlugSerializer(serializers.ModelSerializer):
    """Slugs; the scope stands where a queryset would."""

    crate = relations.SlugRelatedField("code", queryset=visible_to_caller, required=False)
    crates = relations.SlugRelatedField(
        "code", queryset=Crate.objects.all(), scope=visible_to_caller, many=True, required=False
    )

    class Meta:
        model = Parcel
        fields = ("id", "title", "crate", "crates")


class ByLinkSerializer(serializers.HyperlinkedModelSerializer):
    """Hyperlinks, scoped by extra_kwargs."""

    class Meta:
        model = Parcel
        fields = ("title", "crate", "crates")
        extra_kwargs = {
            "crate": {"queryset": visible_to_caller},
            "crates": {"queryset": visible_to_caller},
        }


class StampSerializer(serializers.Serializer):
    """Nested in another, and in a list of it; every kind of field is."""

    crate = relations.PrimaryKeyRelatedField(queryset=Crate.objects.all(), scope=visible_to_caller)
    code = relations.SlugRelatedField("code", queryset=Crate.objects.all(), scope=visible_to_caller, required=False)
    link = relations.HyperlinkedRelatedField(
        "crate-detail", queryset=Crate.objects.all(), scope=visible_to_caller, required=False
    )
    crates = relations.PrimaryKeyRelatedField(
        queryset=Crate.objects.all(), scope=visible_to_caller, many=True, required=False
    )
    codes = relations.SlugRelatedField(
        "code", queryset=Crate.objects.all(), scope=visible_to_caller, many=True, required=False
    )
    links = relations.HyperlinkedRelatedField(
        "crate-detail", queryset=Crate.objects.all(), scope=visible_to_caller, many=True, required=False
    )


class StampedSerializer(serializers.ModelSerializer):
    stamp = StampSerializer(write_only=True)
    stamps = StampSerializer(write_only=True, many=True)

    class Meta:
        model = Parcel
        fields = ("id", "title", "stamp", "stamps")

    def create(self, validated_data: Any) -> Any:
        return self.stamped(super().create, validated_data)

    def update(self, instance: Any, validated_data: Any) -> Any:
        return self.stamped(partial(super().update, instance), validated_data)

    def stamped(self, write: Callable[[Any], Any], validated_data: Any) -> Any:
        """Write the parcel, and what is nested in it."""
        stamp, stamps = validated_data.pop("stamp"), validated_data.pop("stamps")
        parcel = write(validated_data | {"crate": stamp["crate"]})
        parcel.crates.set([each["crate"] for each in stamps])
        return parcel


class ColumnsSerializer(serializers.ModelSerializer):
    """Nothing but columns, relations to keys among them."""

    name = serializers.CharField(source="title")
    crate_id = serializers.IntegerField(read_only=True)

    class Meta:
        model = Parcel
        fields = ("id", "name", "crate", "crate_id", "sibling", "purchaser")
        read_only_fields = ("crate", "sibling", "purchaser")
