"""`manage.py demo_data` creates demo users and rows with the factories of the project."""

import io
import sys

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command

from hardening.testing import factories
from shapes.models import Crate, Parcel

pytestmark = pytest.mark.django_db


@pytest.fixture
def debug(settings):
    settings.DEBUG = True


def test_each_user_gets_a_row_and_shared_rows_exist_once(debug):
    output = io.StringIO()

    call_command("demo_data", stdout=output)

    users = get_user_model().objects.order_by("username")
    assert [(user.username, user.first_name) for user in users] == [("ada", "Ada"), ("bob", "Bob")]
    assert all(user.check_password("correct horse battery") for user in users)
    assert set(Crate.objects.values_list("owner__username", flat=True)) == {"ada", "bob"}
    assert Parcel.objects.count() == 1
    assert "Log in as ada or bob with the password: correct horse battery" in output.getvalue()


def test_a_second_call_creates_rows_only_for_new_users(debug):
    call_command("demo_data", stdout=io.StringIO())
    get_user_model().objects.create_user("eve")
    for factory in factories.list_factories():
        factory.reset_sequence(0, force=True)  # as in a new process

    call_command("demo_data", stdout=io.StringIO())

    assert sorted(Crate.objects.values_list("owner__username", flat=True)) == ["ada", "bob", "eve"]
    assert Parcel.objects.count() == 1


def test_without_debug_nothing_is_created():
    with pytest.raises(CommandError, match="requires DEBUG"):
        call_command("demo_data")

    assert not get_user_model().objects.exists()


def test_a_production_install_is_told_what_is_missing(debug, monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "factory"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "factory", None)
    monkeypatch.delitem(sys.modules, "hardening.testing.factories")
    monkeypatch.delattr("hardening.testing.factories")

    with pytest.raises(CommandError, match=r"^Demo data needs factory[.\w]*: install the dependency group dev"):
        call_command("demo_data")


def test_a_project_without_factories_is_told_where_they_belong(debug, monkeypatch):
    monkeypatch.setattr(factories, "find_modules", tuple)

    with pytest.raises(CommandError, match=r"write UserFactory and others in tests/<app>/factories.py"):
        call_command("demo_data")
