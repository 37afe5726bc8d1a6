"""Fill the tables with any number of rows, in bulk, from the factories of the tests.

Each user owns about 100 rows of every model. Signals, many-to-many rows and uploaded files are left out.
"""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.db.models import FileField
from factory.declarations import SubFactory, Transformer

from hardening.testing.factories import AnyFactory, find_factory, list_factories, list_owners

ROWS_PER_USER = 100
BATCH = 1000


def fill_tables(rows: int, report: Callable[[Any, int], None]) -> None:
    """Insert *rows* rows of every model that has a factory, and a user for each 100 of them.

    *report* is called with a model and the number of its new rows after each batch.
    """
    users = insert(build_users(max(1, rows // ROWS_PER_USER)), report)
    for model in sort_models():
        owners = list(list_owners(find_factory(model)))
        for _inserted in _insert_in_batches(build_rows(model, owners, users, rows), report):
            pass


def insert(instances: Iterator[Any], report: Callable[[Any, int], None]) -> list[Any]:
    """Insert *instances*, and return them with their primary keys."""
    return list(_insert_in_batches(instances, report))


def _insert_in_batches(instances: Iterator[Any], report: Callable[[Any, int], None]) -> Iterator[Any]:
    for batch in iter(lambda: list(itertools.islice(instances, BATCH)), []):
        model = type(batch[0])
        yield from model._base_manager.bulk_create(batch)
        report(model, len(batch))


def sort_models() -> list[Any]:
    """Return the models of the factories without the user's, each after those that it refers to."""
    remaining = {factory._meta.get_model_class(): factory for factory in list_factories()}
    remaining.pop(get_user_model(), None)
    ordered: list[Any] = []
    while remaining:
        ready = [
            model for model, factory in remaining.items() if not _list_related(factory) & remaining.keys() - {model}
        ]
        for model in sorted(ready or remaining, key=lambda model: str(model._meta.label)):
            ordered.append(model)
            del remaining[model]
    return ordered


def _list_related(factory: AnyFactory) -> set[Any]:
    return {related._meta.get_model_class() for _name, related in list_sub_factories(factory)}


def list_sub_factories(factory: AnyFactory) -> Iterator[tuple[str, AnyFactory]]:
    """Yield the name and the factory of each related object that *factory* creates."""
    for name, declaration in factory._meta.pre_declarations.as_dict().items():
        if isinstance(declaration, SubFactory):
            yield name, declaration.get_factory()


def build_users(number: int) -> Iterator[Any]:
    """Yield unsaved users, who cannot log in, because hashing a password takes long on purpose."""
    factory = find_factory(get_user_model())
    is_hashed = isinstance(factory._meta.pre_declarations.as_dict().get("password"), Transformer)
    values = {"password": Transformer.Force(make_password(None))} if is_hashed else {}
    for _number in range(number):
        yield factory.build(**values)


def build_rows(model: Any, owners: list[str], users: list[Any], rows: int) -> Iterator[Any]:
    """Yield *rows* unsaved rows of *model*, whose related objects exist and belong to the same user."""
    factory = find_factory(model)
    shares = itertools.cycle(users) if owners else iter([None])
    while rows > 0:
        user = next(shares)
        share = min(rows, ROWS_PER_USER if owners else rows)
        candidates = dict(_list_candidates(factory, user, share))
        for number in range(share):
            related = {name: objects[number % len(objects)] for name, objects in candidates.items()}
            yield _without_files(factory.build(**related))
        rows -= share


def _list_candidates(factory: AnyFactory, user: Any, number: int) -> Iterator[tuple[str, list[Any]]]:
    """Yield the name of each related field, and the rows of *user* that *number* new rows may refer to."""
    for name, related in list_sub_factories(factory):
        model = related._meta.get_model_class()
        if model is get_user_model():
            yield name, [user]
            continue
        owners = list(list_owners(related))
        rows = model._base_manager.filter(**{owners[0]: user} if owners else {})
        referring: Any = factory._meta.get_model_class()
        if referring._meta.get_field(name).unique:  # such as a OneToOneField
            found = list(rows.exclude(pk__in=referring._base_manager.values(name))[:number])
        else:
            found = list(rows[:ROWS_PER_USER])
        yield name, found or [related(**dict.fromkeys(owners, user))]


def _without_files(instance: Any) -> Any:
    """Return *instance* with names instead of files, so that no file is stored."""
    for field in instance._meta.concrete_fields:
        if isinstance(field, FileField):
            setattr(instance, field.attname, "demo.txt" if getattr(instance, field.attname) else "")
    return instance
