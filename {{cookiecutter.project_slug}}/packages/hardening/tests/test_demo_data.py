"""`manage.py demo_data` creates demo users and rows with the factories of the project."""

import io
import sys

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.core.management.base import OutputWrapper
from django.db.models import Count

from hardening.management.commands.demo_data import Progress
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


def test_any_number_of_rows_is_inserted_with_batches_of_statements(debug, django_assert_max_num_queries):
    output = io.StringIO()
    call_command("demo_data", stdout=io.StringIO())
    before = {model: model.objects.count() for model in (Crate, Parcel, get_user_model())}

    with django_assert_max_num_queries(200):
        call_command("demo_data", rows=250, stdout=output)

    added = {model: model.objects.count() - number for model, number in before.items()}
    assert added == {Crate: 250, Parcel: 250, get_user_model(): 2}
    assert sorted(Crate.objects.values_list("owner").annotate(rows=Count("pk")).values_list("rows", flat=True)) == [
        *(1, 1, 100, 150)
    ]
    assert " rows inserted in bulk\n" in output.getvalue()


def test_a_terminal_shows_a_bar():
    output = io.StringIO()
    output.isatty = lambda: True
    progress = Progress(OutputWrapper(output), 8)

    progress.add(Crate, 2)
    progress.add(Crate, 6)

    first, second = output.getvalue().split("\r")[1:]
    assert first.startswith(f"[{'#' * 10}{'.' * 30}]  25 % shapes.Crate")
    assert second.startswith(f"[{'#' * 40}] 100 %")
