"""Related fields and their scopes, which limit the related objects that a request body may refer to.

They replace DRF's fields of the same names: `from hardening.relations import PrimaryKeyRelatedField`.
"""

from rest_framework.relations import (
    HyperlinkedIdentityField as HyperlinkedIdentityField,
    StringRelatedField as StringRelatedField,
)

from hardening.relations.related_fields import (
    MAX_ITEMS as MAX_ITEMS,
    ManyRelatedField as ManyRelatedField,
    PrimaryKeyRelatedField as PrimaryKeyRelatedField,
    RelatedField as RelatedField,
    ScopedRelatedField as ScopedRelatedField,
)
from hardening.relations.scopes import (
    Scope as Scope,
    is_scope as is_scope,
    locked as locked,
    visible_to_caller as visible_to_caller,
)
from hardening.relations.slugs_and_urls import (
    HyperlinkedRelatedField as HyperlinkedRelatedField,
    SlugRelatedField as SlugRelatedField,
)
