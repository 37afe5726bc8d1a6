"""Related fields and their scopes, which limit the related objects that a request body may refer to.

They replace DRF's fields of the same names: `from hardening.relations import PrimaryKeyRelatedField`.
"""

from rest_framework.relations import (
    HyperlinkedIdentityField as HyperlinkedIdentityField,
    StringRelatedField as StringRelatedField,
)

from hardening.relations.related_fields import (
    MAX_ITEMS as MAX_ITEMS,
    HyperlinkedRelatedField as HyperlinkedRelatedField,
    ManyRelatedField as ManyRelatedField,
    PrimaryKeyRelatedField as PrimaryKeyRelatedField,
    RelatedField as RelatedField,
    ScopedRelatedField as ScopedRelatedField,
    SlugRelatedField as SlugRelatedField,
    is_scope as is_scope,
)
from hardening.relations.scopes import (
    Scope as Scope,
    locked as locked,
    visible_to_caller as visible_to_caller,
)
