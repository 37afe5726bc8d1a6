"""Send every foreign key of every resource over HTTP, and check that no row refers to another user's object.

Unlike the checks and the other tests, this test does not examine serializers, so that it also covers views whose
serializer cannot be determined.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.urls import resolve

from hardening.checks.choices import find_queryset
from hardening.testing import tables
from hardening.testing.client import Client
from hardening.testing.rows import fill_ids

pytestmark = pytest.mark.django_db

RESOURCES = tables.merge("RESOURCES")
OBJECTS = tables.merge("OBJECTS")


def foreign_keys(kind: str) -> Iterator[Any]:
    """Yield the relations of the model behind *kind* to models that users own."""
    callback: Any = resolve(tables.collection(kind)).func
    model = find_queryset(callback.cls(**callback.initkwargs)).model
    fields = (*model._meta.fields, *model._meta.many_to_many)
    yield from (field for field in fields if field.is_relation and field.related_model in OBJECTS)


@pytest.fixture
def writers(ada: Client, sign_in: Callable[..., Client]) -> list[Client]:
    """Clients of a user without permissions, and of one with all permissions."""
    root = sign_in("root")
    type(root.user).objects.filter(pk=root.user.pk).update(is_staff=True, is_superuser=True)
    return [ada, root]


@pytest.mark.parametrize("kind", RESOURCES)
def test_no_request_makes_a_row_refer_to_another_users(kind, writers, bob):
    keys = list(foreign_keys(kind))
    made = {field: OBJECTS[field.related_model](bob.user).pk for field in keys}
    for client in writers:
        ids = tables.make(client)
        valid = fill_ids(RESOURCES[kind][0], ids)
        for field, theirs in made.items():
            rows = field.model._base_manager.filter(**{field.name: theirs})
            before = set(rows.values_list("pk", flat=True))
            value = [theirs] if field.many_to_many else theirs
            for name in {field.name, field.attname}:
                for method, path, rest in (
                    ("post", tables.collection(kind), valid),
                    ("put", tables.single(kind).format(**ids), valid),
                    ("patch", tables.single(kind).format(**ids), {}),
                ):
                    response = getattr(client, method)(path, rest | {name: value}, headers={"If-Match": "*"})
                    assert response.status_code < 500, response.content
                    assert set(rows.values_list("pk", flat=True)) == before, (method, name, response.content)


def test_some_resource_has_keys_to_ask_for():
    assert [field for kind in RESOURCES for field in foreign_keys(kind)]
