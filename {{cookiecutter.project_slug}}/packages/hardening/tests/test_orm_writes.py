"""Every write through the ORM keeps immutable fields as they are, and counts the version of a row."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, models, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from hardening.models import Model, VersionedModel
from shapes.models import Gadget

pytestmark = pytest.mark.django_db


class Folder(Model):
    """What the others refer to: a model of this module, since its tables are there for these tests only."""

    name = models.CharField(max_length=20)

    class Meta:
        app_label = "shapes"
        managed = False


class Note(VersionedModel):
    """A model without a manager of its own."""

    folder = models.ForeignKey(Folder, on_delete=models.SET_NULL, null=True, related_name="notes")
    title = models.CharField(max_length=20, unique=True)
    data = models.JSONField(default=dict)
    count = models.IntegerField(default=0)

    immutable_fields = ("folder", "title", "data")

    class Meta:
        app_label = "shapes"
        managed = False


class Draft(VersionedModel):
    """A reference that may change."""

    folder = models.ForeignKey(Folder, on_delete=models.SET_NULL, null=True, related_name="drafts")

    class Meta:
        app_label = "shapes"
        managed = False


class Reply(Note):
    """The version is in the table of the parent."""

    text = models.CharField(max_length=20)

    class Meta:
        app_label = "shapes"
        managed = False


class Word(Model):
    """A primary key that the client chooses."""

    text = models.CharField(max_length=20, primary_key=True)
    kind = models.CharField(max_length=20)

    immutable_fields = ("kind",)

    class Meta:
        app_label = "shapes"
        managed = False


@pytest.fixture(autouse=True)
def tables(django_db_setup: None, transactional_db: None) -> Any:
    with connection.schema_editor() as editor:
        for model in (Folder, Note, Draft, Reply, Word):
            editor.create_model(model)
    yield
    with connection.schema_editor() as editor:
        for model in (Word, Reply, Draft, Note, Folder):
            editor.delete_model(model)


@pytest.fixture
def folders() -> list[Folder]:
    return [Folder.objects.create(name=name) for name in "ab"]


@pytest.fixture
def note(folders: list[Folder]) -> Note:
    return Note.objects.create(folder=folders[0], title="One", data={"a": 1})


def saved(instance: Any, **values: Any) -> None:
    for name, value in values.items():
        setattr(instance, name, value)
    instance.save()


def moved_in_place(note: Note) -> None:
    note.data["a"] = 2
    note.save()


def read_and_saved(note: Note) -> None:
    assert note.title == "One"
    saved(note, title="Two")


CHANGES = {
    "save": lambda note, other: saved(note, title="Two"),
    "save of a value that was changed in place": lambda note, other: moved_in_place(note),
    "save after only": lambda note, other: saved(Note.objects.only("count").get(), title="Two"),
    "save after only and a read": lambda note, other: read_and_saved(Note.objects.only("count").get()),
    "save after defer": lambda note, other: saved(Note.objects.defer("folder").get(), folder=other),
    "save with update_fields": lambda note, other: (setattr(note, "title", "Two"), note.save(update_fields=["title"])),
    "save of an instance made by hand": lambda note, other: Note(pk=note.pk, folder=other, title="Two").save(),
    "save under another primary key": lambda note, other: saved(
        Note.objects.create(title="Two"), pk=note.pk, folder=note.folder, count=1
    ),
    "save after refresh": lambda note, other: (note.refresh_from_db(), saved(note, title="Two")),
    "save after refresh of a field": lambda note, other: (
        note.refresh_from_db(fields=["count"]),
        saved(note, title="Two"),
    ),
    "save of an expression": lambda note, other: saved(note, title=F("title")),
    "update": lambda note, other: Note.objects.update(title="Two"),
    "update of a column": lambda note, other: Note.objects.update(folder_id=other.pk),
    "bulk_update": lambda note, other: Note.objects.bulk_update([Note(pk=note.pk, title="Two")], ["title"]),
    "update_or_create": lambda note, other: Note.objects.update_or_create({"title": "Two"}, pk=note.pk),
    "bulk_create": lambda note, other: Note.objects.bulk_create(
        [Note(title="One", folder=other)], update_conflicts=True, update_fields=["folder"], unique_fields=["title"]
    ),
    "reverse add": lambda note, other: other.notes.add(note),
    "reverse add of one by one": lambda note, other: other.notes.add(note, bulk=False),
    "reverse set": lambda note, other: other.notes.set([note]),
    "reverse set of none": lambda note, other: note.folder.notes.set([]),
    "reverse remove": lambda note, other: note.folder.notes.remove(note),
    "reverse clear": lambda note, other: note.folder.notes.clear(),
    "update of a related manager": lambda note, other: note.folder.notes.update(folder=other),
    "reverse update_or_create": lambda note, other: note.folder.notes.update_or_create(
        defaults={"title": "Two"}, pk=note.pk
    ),
    "base manager": lambda note, other: Note._base_manager.update(title="Two"),
}


@pytest.mark.parametrize("way", CHANGES)
def test_no_way_of_writing_changes_an_immutable_field(note, folders, way):
    before = Note.objects.filter(pk=note.pk).values().get()

    with pytest.raises(ValidationError, match="This field cannot be changed"), transaction.atomic():
        CHANGES[way](note, folders[1])

    assert Note.objects.filter(pk=note.pk).values().get() == before


COUNTED = {
    "save": lambda note: note.save(),
    "save with update_fields": lambda note: note.save(update_fields=["count"]),
    "save with fields that are deferred": lambda note: Note.objects.only("title").get().save(update_fields=["count"]),
    "save after only": lambda note: saved(Note.objects.only("count").get(), count=5),
    "save after defer": lambda note: saved(Note.objects.defer("version").get(), count=5),
    "save of an instance made by hand": lambda note: Note(pk=note.pk, title="One", data={"a": 1}, count=5).save(
        update_fields=["count"]
    ),
    "update": lambda note: Note.objects.update(count=5),
    "update with a version": lambda note: Note.objects.update(count=5, version=1),
    "bulk_update": lambda note: Note.objects.bulk_update([note], ["count"]),
    "update_or_create": lambda note: Note.objects.update_or_create({"count": 5}, pk=note.pk),
    "bulk_create": lambda note: Note.objects.bulk_create(
        [Note(title="One", count=5)], update_conflicts=True, update_fields=["count"], unique_fields=["title"]
    ),
    "update of a related manager": lambda note: note.folder.notes.update(count=5),
    "base manager": lambda note: Note._base_manager.update(count=5),
    "deletion of what it refers to": lambda note: note.folder.delete(),
}


@pytest.mark.parametrize("way", COUNTED)
def test_every_way_of_writing_counts_the_version(note, way):
    COUNTED[way](note)

    assert Note.objects.get().version == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda reply: Reply.objects.update(text="new"),
        lambda reply: Reply.objects.update(text="new", count=2),
        lambda reply: Reply.objects.only("text").get().save(),
        lambda reply: Note.objects.update(count=2),
        lambda reply: Reply.objects.bulk_update([reply], ["text"]),
    ],
)
def test_a_version_in_the_table_of_a_parent_is_counted(change):
    change(Reply.objects.create(title="One", text="old"))

    assert Reply.objects.get().version == 2


def test_a_version_that_was_deferred_is_read_again_after_a_write(note):
    stored = Note.objects.defer("version").get()
    saved(stored, count=5)

    assert stored.version == 2


@pytest.mark.parametrize("way", ["add", "set", "remove", "clear"])
def test_a_related_manager_counts_the_versions_of_the_rows_that_it_writes(folders, way):
    draft = Draft.objects.create(folder=None if way in ("add", "set") else folders[0])
    related = folders[0].drafts

    {
        "add": lambda: related.add(draft),
        "set": lambda: related.set([draft]),
        "remove": lambda: related.remove(draft),
        "clear": related.clear,
    }[way]()

    assert Draft.objects.get().version == 2


def test_a_value_that_was_not_among_update_fields_is_not_taken_for_stored(note):
    note.title = "Two"
    note.save(update_fields=["count"])

    with pytest.raises(ValidationError, match="This field cannot be changed"):
        note.save()


def test_a_deletion_still_sets_an_immutable_reference_to_null(note):
    note.folder.delete()

    assert Note.objects.get().folder is None


def test_a_copy_of_a_row_may_have_other_values(note, folders):
    note.pk, note._state.adding = None, True
    saved(note, title="Two", folder=folders[1])
    again = Note.objects.get(title="Two")
    again.pk = None
    saved(again, title="Three")

    assert Note.objects.count() == 3


def test_a_key_of_the_clients_choice_is_looked_up_where_it_may_be_taken_and_nowhere_else():
    with CaptureQueriesContext(connection) as creating:
        Word.objects.create(text="a", kind="x")
    with pytest.raises(ValidationError, match="This field cannot be changed"):
        Word(text="a", kind="y").save()
    Word(text="a", kind="x").save()
    Word(text="b", kind="y").save()

    assert len(creating) == 1
    assert set(Word.objects.values_list("text", "kind")) == {("a", "x"), ("b", "y")}


def test_an_equal_value_of_another_type_is_not_a_change(ada):
    gadget = Gadget.objects.create(owner=ada.user, serial="s", kind="even", value=2)
    stored = Gadget.objects.get()
    saved(stored, owner_id=str(ada.user.pk), value=4)

    assert Gadget.objects.get(pk=gadget.pk).value == 4


def test_a_loaded_row_is_saved_without_a_look_up(note):
    stored = Note.objects.get()

    with CaptureQueriesContext(connection) as queries:
        saved(stored, count=1)

    assert [each["sql"].split()[0] for each in queries] == ["UPDATE"]
