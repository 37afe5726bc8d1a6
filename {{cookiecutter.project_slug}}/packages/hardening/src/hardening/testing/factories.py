"""Find the factory_boy factory of each model, and create rows that belong to a user.

The setting `CONTRACT_FACTORIES` lists the modules of the factories. The default is `tests.<label>.factories`,
`<app>.tests.factories` and `<app>.factories` of each installed app.
"""

import functools
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from factory.base import Factory
from factory.declarations import SubFactory
from factory.django import DjangoModelFactory

AnyFactory = type[Factory[Any]]


class MissingFactory(LookupError):
    """A model has no factory, or several; the message says which one to write."""


@functools.cache
def find_modules() -> tuple[ModuleType, ...]:
    """Import and return the modules of the factories."""
    configured: list[str] | None = getattr(settings, "CONTRACT_FACTORIES", None)
    if configured is not None:
        return tuple(map(import_module, configured))
    names = [name for app in apps.get_app_configs() for name in _list_names(app)]
    return tuple(import_module(name) for name in dict.fromkeys(names) if _exists(name))


def _list_names(app: Any) -> tuple[str, ...]:
    return f"tests.{app.label}.factories", f"{app.name}.tests.factories", f"{app.name}.factories"


def _exists(name: str) -> bool:
    """Return whether there is a module *name*; `find_spec()` imports its packages, which may be missing."""
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def list_factories() -> Iterator[AnyFactory]:
    """Yield every factory of a model, once."""
    values = {id(value): value for module in find_modules() for value in vars(module).values()}
    for value in values.values():
        if isinstance(value, type) and issubclass(value, DjangoModelFactory) and not value._meta.abstract:
            yield value


def find_factory(model: type[Any]) -> AnyFactory:
    """Return the factory of *model*; of several, the one that is called `<Model>Factory`."""
    candidates = [factory for factory in list_factories() if factory._meta.get_model_class() is model]
    name = f"{model.__name__}Factory"
    if len(candidates) > 1:
        candidates = [factory for factory in candidates if factory.__name__ == name] or candidates
    if len(candidates) == 1:
        return candidates[0]
    label = model._meta.label
    if candidates:
        names = ", ".join(factory.__name__ for factory in candidates)
        raise MissingFactory(f"{label} has several factories ({names}): call one of them {name}.")
    raise MissingFactory(f"{label} has no factory: write {name} in {suggest_module(model)}.")


def suggest_module(model: type[Any]) -> str:
    """Return the path of the module that the factory of *model* belongs in."""
    return f"tests/{model._meta.app_label}/factories.py, or in a module of the setting CONTRACT_FACTORIES"


def list_owners(factory: AnyFactory) -> Iterator[str]:
    """Yield the arguments of *factory* that are a user: `owner`, or `project__owner` of a related factory."""
    for name, declaration in factory._meta.pre_declarations.as_dict().items():
        if not isinstance(declaration, SubFactory):
            continue
        related: AnyFactory = declaration.get_factory()
        if related._meta.get_model_class() is get_user_model():
            yield name
        elif related is not factory:
            yield from (f"{name}__{owner}" for owner in list_owners(related))


def is_owned(model: type[Any]) -> bool:
    """Return whether rows of *model* belong to a user; all users see the rows of other models."""
    return model is get_user_model() or any(list_owners(find_factory(model)))


def create_for(user: Any, model: type[Any], **values: Any) -> Any:
    """Create a row of *model* for *user* with *values*, and return it; for the user model, return *user*."""
    if model is get_user_model():
        return user
    factory = find_factory(model)
    given = {name.partition("__")[0] for name in values}
    owners = {name: user for name in list_owners(factory) if name.partition("__")[0] not in given}
    return factory(**owners, **values)


class _Captured(Exception):
    """End a factory before it creates the row; not an error."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values


def build_unsaved(user: Any, model: type[Any]) -> Any:
    """Return an unsaved row of *model* for *user*; the rows that it refers to are created."""

    def capture(_cls: Any, _model: Any, *_args: Any, **values: Any) -> Any:
        raise _Captured(values)

    factory = find_factory(model)
    metaclass: Any = type(factory)
    capturing = metaclass(factory.__name__, (factory,), {"_create": classmethod(capture)})
    try:
        capturing(**dict.fromkeys(list_owners(factory), user))
    except _Captured as captured:
        columns = {name for field in model._meta.concrete_fields for name in (field.name, field.attname)}
        return model(**{name: value for name, value in captured.values.items() if name in columns})
    raise MissingFactory(f"{factory.__name__} does not call _create() of DjangoModelFactory.")


def find_hook(name: str) -> dict[str, Any]:
    """Merge the dictionaries called *name* in all modules of factories."""
    return {key: value for module in find_modules() for key, value in getattr(module, name, {}).items()}
