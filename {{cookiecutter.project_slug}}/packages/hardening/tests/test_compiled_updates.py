"""`save()` sends the UPDATE that Django would compile, whether it compiles it or uses it again."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import DatabaseError, connection, models
from django.db.models import F, Value
from django.db.models.functions import Lower, Upper
from django.test.utils import CaptureQueriesContext
from rest_framework.serializers import ModelSerializer

from hardening.integrity import compiled_updates
from hardening.models import Model, QuerySet
from hardening.viewsets import ModelViewSet
from shapes.routed import serve


class ShownManager(models.Manager[Any]):
    """A manager whose rows depend on something outside of the model, without a parameter in the SQL."""

    only_shown = True

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        return rows.filter(hidden__isnull=True) if self.only_shown else rows


class ShoutedField(models.CharField):  # type: ignore[type-arg]  # not generic at run time
    """A field whose values the database stores in upper case if they end with an exclamation mark."""

    def get_placeholder(self, value: Any, compiler: Any, connection: Any) -> str:
        return "UPPER(%s)" if value.endswith("!") else "%s"

    def get_placeholder_sql(self, value: Any, compiler: Any, connection: Any) -> Any:
        return self.get_placeholder(value, compiler, connection), [value]


class EchoedField(models.CharField):  # type: ignore[type-arg]  # the same
    """A field that prepares such values as an expression."""

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        return Upper(Value(value)) if value.endswith("!") else super().get_db_prep_save(value, connection)


class Bottle(Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    label = models.CharField(max_length=20)
    note = models.CharField(max_length=20, null=True)
    price = models.DecimalField(max_digits=6, decimal_places=2, default=1)
    opened = models.DateTimeField(null=True)
    facts = models.JSONField(default=dict)
    shout = ShoutedField(max_length=20, default="a")

    objects = QuerySet.as_manager()

    class Meta:
        app_label = "shapes"
        constraints = (models.UniqueConstraint(fields=["label"], name="bottle_label"),)


class Flask(Model):
    """A model with plain columns only."""

    label = models.CharField(max_length=20)
    note = models.CharField(max_length=20, null=True)
    echo = EchoedField(max_length=20, default="a")
    count = models.IntegerField(default=0)
    hidden = models.DateField(null=True)

    objects = QuerySet.as_manager()
    shown = ShownManager()

    class Meta:
        app_label = "shapes"
        constraints = (models.UniqueConstraint(fields=["label"], name="flask_label"),)


class FlaskSerializer(ModelSerializer):  # type: ignore[type-arg]  # DRF's own, which explains no violation
    class Meta:
        model = Flask
        fields = ("label",)


class FlaskViewSet(ModelViewSet):
    queryset = Flask.objects.all()
    serializer_class = FlaskSerializer

    def get_queryset(self) -> Any:
        return Flask.objects.all()


@pytest.fixture(scope="module", autouse=True)
def _tables(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        editor.create_model(Bottle)
        editor.create_model(Flask)
    yield
    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        editor.delete_model(Flask)
        editor.delete_model(Bottle)


@pytest.fixture(autouse=True)
def _compile_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled_updates, "_compiled", {})


pytestmark = pytest.mark.django_db


def record(save: Callable[[], Any]) -> list[str]:
    """Return the UPDATE statements of *save* with their values."""
    with CaptureQueriesContext(connection) as queries:
        save()
    return [each["sql"] for each in queries if each["sql"].startswith("UPDATE")]


def save_as_django(row: models.Model, **kwargs: Any) -> None:
    """Save *row* without the compiled UPDATE."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Model, "_do_update", models.Model._do_update)
        row.save(**kwargs)


def note_none(row: Any) -> None:
    row.note = None


def note_something(row: Any) -> None:
    row.note = "é ' % %s"


def compute_note(row: Any) -> None:
    row.note = Lower(Value("ABC"))


WAYS: dict[str, tuple[Callable[[Any], None], dict[str, Any]]] = {
    "all columns": (note_something, {}),
    "NULL": (note_none, {}),
    "one column": (note_something, {"update_fields": ["note"]}),
    "an expression": (compute_note, {}),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("model", [Flask, Bottle])
def test_a_row_is_saved_by_the_statement_that_django_compiles(model, way):
    change, options = WAYS[way]
    for label in "abc":  # the first row's statement is used again for the others
        model.objects.create(label=label, note="n")
        row, copy = (model.objects.get(label=label) for _ in range(2))
        change(row)
        change(copy)

        ours = record(lambda row=row: row.save(**options))
        djangos = record(lambda copy=copy: save_as_django(copy, **options))

        assert len(ours) == 1
        assert ours == djangos


def test_rows_with_values_in_the_same_columns_share_a_statement():
    for row in [Flask.objects.create(label=label, note=label) for label in "abc"]:
        row.count = 1
        row.save()

    assert [statement is not None for statement in compiled_updates._compiled.values()] == [True]
    assert Flask.objects.filter(count=1).count() == 3


def test_a_value_that_the_database_computes_is_computed_each_time():
    for label, stored in (("ab", "ab"), ("cd!", "CD!"), ("ef", "ef")):
        bottle = Bottle.objects.create(label=label)
        bottle.shout = label
        bottle.save()
        assert Bottle.objects.get(pk=bottle.pk).shout == stored


def test_an_expression_is_computed_each_time():
    flask = Flask.objects.create(label="f", note="n")
    for number in (1, 2):
        for name, value, stored in (
            ("count", number, number),
            ("count", F("count") + 1, number + 1),
            ("note", "m", "m"),
            ("note", F("label"), "f"),
            ("echo", "ab", "ab"),
            ("echo", "cd!", "CD!"),
        ):
            setattr(flask, name, value)
            flask.save()
            flask.refresh_from_db()
            assert getattr(flask, name) == stored


def test_json_is_saved_each_time():
    bottle = Bottle.objects.create(label="j")
    for facts in ({"a": 1}, {"a": [2, None]}, {}):
        bottle.facts = facts
        bottle.save()
        assert Bottle.objects.get(pk=bottle.pk).facts == facts


def test_a_base_manager_with_conditions_keeps_them(monkeypatch):
    flask = Flask.objects.create(label="f", hidden="2026-01-01")
    monkeypatch.setattr(type(Flask), "_base_manager", property(lambda cls: Flask.shown))
    monkeypatch.setattr(ShownManager, "only_shown", False)
    flask.save(force_update=True)
    monkeypatch.setattr(ShownManager, "only_shown", True)

    with pytest.raises(DatabaseError, match="did not affect any rows"):
        flask.save(force_update=True)


def test_a_row_that_was_deleted_is_inserted_again():
    flask = Flask.objects.create(label="f")
    flask.save()
    Flask.objects.all().delete()
    flask.save()

    assert Flask.objects.get().label == "f"


def test_no_more_statements_are_kept_than_a_limit(monkeypatch):
    monkeypatch.setattr(compiled_updates, "_MOST", 1)
    flask = Flask.objects.create(label="f")
    for note in (None, "n", None, "m"):
        flask.note = note
        flask.save()
        assert Flask.objects.get().note == note

    assert len(compiled_updates._compiled) == 1


def test_a_violation_by_a_statement_that_is_used_again_is_explained(ada, settings):
    serve(settings, flasks=FlaskViewSet)
    for label in ("a", "b", "c"):
        Flask.objects.create(label=label)
    first, second, _third = Flask.objects.order_by("pk")
    for _ in range(2):
        assert ada.patch(f"/flasks/{second.pk}/", {"label": second.label}).status_code == 200
        response = ada.patch(f"/flasks/{first.pk}/", {"label": "c"})

        assert (response.status_code, response.json()) == (409, {"label": ["flask with this label already exists."]})
