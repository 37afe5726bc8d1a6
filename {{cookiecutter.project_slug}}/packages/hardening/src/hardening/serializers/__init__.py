"""Serializers that validate the request body, and leave uniqueness and other constraints to the database.

They replace DRF's module of the same name: `from hardening import serializers`. Validation runs no query for
uniqueness. If a write violates a constraint, it is rolled back, and the violation is reported as a validation error
under the field concerned. `docs/validation.md` describes the steps.
"""

from rest_framework.serializers import (
    BaseSerializer as BaseSerializer,
    BigIntegerField as BigIntegerField,
    BooleanField as BooleanField,
    CreateOnlyDefault as CreateOnlyDefault,
    CurrentUserDefault as CurrentUserDefault,
    Field as Field,
    FileField as FileField,
    FilePathField as FilePathField,
    FloatField as FloatField,
    HiddenField as HiddenField,
    Hyperlink as Hyperlink,
    HyperlinkedIdentityField as HyperlinkedIdentityField,
    ImageField as ImageField,
    IntegerField as IntegerField,
    ModelField as ModelField,
    ReadOnlyField as ReadOnlyField,
    SerializerMethodField as SerializerMethodField,
    SkipField as SkipField,
    StringRelatedField as StringRelatedField,
    UUIDField as UUIDField,
    ValidationError as ValidationError,
    as_serializer_error as as_serializer_error,
    empty as empty,
    raise_errors_on_nested_writes as raise_errors_on_nested_writes,
)

from hardening.relations import (
    HyperlinkedRelatedField as HyperlinkedRelatedField,
    ManyRelatedField as ManyRelatedField,
    PrimaryKeyRelatedField as PrimaryKeyRelatedField,
    RelatedField as RelatedField,
    ScopedRelatedField as ScopedRelatedField,
    SlugRelatedField as SlugRelatedField,
)
from hardening.serializers.containers import (
    DictField as DictField,
    HStoreField as HStoreField,
    JSONField as JSONField,
    ListField as ListField,
    MultipleChoiceField as MultipleChoiceField,
)
from hardening.serializers.fields import (
    CharField as CharField,
    ChoiceField as ChoiceField,
    DateField as DateField,
    DateTimeField as DateTimeField,
    DecimalField as DecimalField,
    DurationField as DurationField,
    EmailField as EmailField,
    IPAddressField as IPAddressField,
    NormalizedCharField as NormalizedCharField,
    RegexField as RegexField,
    SlugField as SlugField,
    TimeField as TimeField,
    URLField as URLField,
)
from hardening.serializers.models import (
    HyperlinkedModelSerializer as HyperlinkedModelSerializer,
    ModelSerializer as ModelSerializer,
    current_user as current_user,
)
from hardening.serializers.plain import ListSerializer as ListSerializer, Serializer as Serializer
from hardening.serializers.ranges import RangeField as RangeField
