"""Serializers that check the shape, and leave integrity to the database.

They stand where DRF's own would, with all else that DRF offers beside them, so that one import line changes:
`from hardening import serializers`. Validation issues no query for uniqueness; a write that the database
refuses is rolled back, and comes back as a validation error under the right key. The order of it all is told
in `docs/validation.md`.
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
from hardening.serializers.ranges import RangeField as RangeField
from hardening.serializers.strict import ListSerializer as ListSerializer, Serializer as Serializer
