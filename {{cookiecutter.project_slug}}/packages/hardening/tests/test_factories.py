"""The factories of models: how they are found, and whose rows they create."""

from types import ModuleType

import factory
import pytest
from django.contrib.auth import get_user_model
from factory.django import DjangoModelFactory

from hardening.testing import factories
from shapes.models import Basket, Book, Crate

pytestmark = pytest.mark.django_db


class UserFactory(DjangoModelFactory):
    class Meta:
        model = get_user_model()
        skip_postgeneration_save = True

    username = factory.Sequence(lambda number: f"user{number}")


class CrateFactory(DjangoModelFactory):
    class Meta:
        model = Crate
        skip_postgeneration_save = True

    owner = factory.SubFactory(UserFactory)
    code = factory.Sequence(lambda number: f"c-{number}")


class FullCrateFactory(CrateFactory):
    pass


class BasketFactory(DjangoModelFactory):
    class Meta:
        model = Basket
        skip_postgeneration_save = True

    name = factory.Sequence(lambda number: f"basket {number}")


@pytest.fixture(autouse=True)
def factories_of_this_module(monkeypatch):
    module = ModuleType("factories")
    vars(module).update({each.__name__: each for each in (UserFactory, CrateFactory, FullCrateFactory, BasketFactory)})
    monkeypatch.setattr(factories, "find_modules", lambda: (module,))
    return module


def test_a_factory_is_found_by_its_model_and_of_several_by_its_name():
    assert factories.find_factory(Basket) is BasketFactory
    assert factories.find_factory(Crate) is CrateFactory


def test_a_model_without_a_factory_names_the_factory_to_write():
    expected = r"^shapes.Book has no factory: write BookFactory in tests/shapes/factories.py"
    with pytest.raises(factories.MissingFactory, match=expected):
        factories.find_factory(Book)


def test_two_factories_of_which_none_has_the_name_of_the_model_are_ambiguous(factories_of_this_module):
    factories_of_this_module.CrateFactory = type("OtherCrateFactory", (CrateFactory,), {})

    with pytest.raises(factories.MissingFactory, match=r"several factories .*: call one of them CrateFactory"):
        factories.find_factory(Crate)


def test_a_row_belongs_to_the_given_user(ada):
    assert factories.create_for(ada.user, Crate, code="mine").owner == ada.user
    assert factories.create_for(ada.user, get_user_model()) is ada.user


def test_only_a_factory_that_leads_to_a_user_makes_owned_rows():
    assert factories.is_owned(Crate)
    assert factories.is_owned(get_user_model())
    assert not factories.is_owned(Basket)
