"""The file of a write that is rolled back is deleted, and no other file is."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, InMemoryStorage
from django.core.files.uploadedfile import SimpleUploadedFile

from hardening.testing.databases import needs_no_commit
from shapes.filed import scan
from shapes.models import Cover, Scan
from shapes.models.filed import SECOND_STORAGE

pytestmark = pytest.mark.usefixtures("way")

OUTERMOST = pytest.mark.django_db(transaction=True, databases=["default", "second"])

TAKEN = {"title": ["scan with this title already exists."]}


@pytest.fixture(autouse=True)
def routed(settings):
    settings.ROOT_URLCONF = "shapes.filed"


@pytest.fixture(autouse=True)
def stored(settings, tmp_path):
    """Return a function that lists the files of both storages."""
    settings.MEDIA_ROOT = tmp_path
    SECOND_STORAGE._root = InMemoryStorage()._root

    def names():
        first = [str(each.relative_to(tmp_path)) for each in tmp_path.rglob("*") if each.is_file()]
        second = SECOND_STORAGE.listdir("previews")[1] if SECOND_STORAGE.exists("previews") else []
        return sorted(first) + sorted(f"previews/{each}" for each in second)

    return names


@pytest.fixture
def send(ada):
    """Return a function that uploads two files with the fields, and returns the status and the body."""

    def sent(method, path, **fields):
        files = {name: SimpleUploadedFile(f"{name}.txt", b"x") for name in ("file", "preview")}
        response = getattr(ada, method)(path, {**files, **fields}, format="multipart")
        return response.status_code, response.json()

    return sent


UPLOADED = ["scans/file.txt", "previews/small-preview.txt"]


def test_a_rejected_create_leaves_no_file_in_any_storage(send, stored):
    sent = [send("post", "/scans/", title="a") for _ in range(3)]

    assert [status for status, _body in sent] == [201, 409, 409]
    assert sent[1][1] == TAKEN
    assert stored() == UPLOADED


def test_a_constraint_with_a_status_of_its_own_leaves_no_file(send, stored):
    assert send("post", "/scans/", title="a", pages=1000) == (422, {"pages": ["Too long to process."]})
    assert stored() == []


@pytest.mark.parametrize("method", ["put", "patch"])
def test_a_rejected_change_leaves_the_files_of_before(send, stored, method):
    send("post", "/scans/", title="a")
    other = send("post", "/scans/", title="b")[1]["id"]
    before = stored()

    assert send(method, f"/scans/{other}/", title="a") == (409, TAKEN)
    assert stored() == before
    assert send(method, f"/scans/{other}/", title="c")[0] == 200
    assert len(stored()) == len(before) + 2


def test_a_rejected_nested_write_leaves_no_file(send, stored):
    send("post", "/scans/", title="a")

    assert send("post", "/covered/", title="a") == (409, TAKEN)
    assert stored() == UPLOADED
    assert Scan.objects.count() - Cover.objects.count() == 1


@pytest.mark.parametrize("path", ["/scans/add_at_once/", "/scans/add_each/"])
def test_an_action_that_writes_many_rows_keeps_all_of_its_files_or_none(ada, stored, path):
    assert ada.post(path, {"titles": ["a", "b", "a"]}).status_code == 409
    assert (stored(), Scan.objects.count()) == ([], 0)
    assert ada.post(path, {"titles": ["a", "b"]}).status_code == 201
    assert (len(stored()), Scan.objects.count()) == (4, 2)


def test_a_view_without_a_transaction_keeps_the_files_of_the_rows_that_it_stored(ada, stored):
    assert ada.post("/plain/", {"titles": ["a"]}).status_code == 201
    before = stored()

    assert ada.post("/plain/", {"titles": ["a"]}).status_code == 409
    assert stored() == before


def test_a_server_error_leaves_no_file(ada, stored):
    assert ada.post("/scans/crash/").status_code == 500
    assert (stored(), Scan.objects.count()) == ([], 0)


def test_a_failure_at_commit_leaves_no_file(way, ada, stored):
    response = ada.post("/scans/add_for_good/", {"good": 7})

    if needs_no_commit(way):
        assert (response.status_code, stored()) == (400, [])
        assert response.json() == {"good": ['Invalid pk "7" - object does not exist.']}
    else:  # the caller's transaction is still running
        assert (response.status_code, len(stored())) == (201, 2)
        Scan.objects.all().delete()


@OUTERMOST
def test_a_failure_after_commit_keeps_the_files(ada, stored):
    assert ada.post("/scans/fail_after_commit/").status_code == 500
    assert (len(stored()), Scan.objects.count()) == (2, 1)


def test_a_savepoint_that_is_rolled_back_leaves_no_file(ada, stored):
    assert ada.post("/scans/give_up/", {"title": "a"}).status_code == 201
    before = stored()

    assert ada.post("/scans/give_up/", {"title": "a"}).json() == {"given": "up"}
    assert stored() == before


def test_a_file_that_another_row_has_after_a_savepoint_is_kept(ada, stored):
    ada.post("/scans/give_up/", {"title": "a"})

    assert ada.post("/scans/try_again/", {"title": "a"}).status_code == 201
    again = Scan.objects.get(title="again")
    assert len(stored()) == 4
    assert {again.file.name, again.preview.name} <= set(stored())


def test_a_file_that_is_saved_before_its_row_is_rejected_is_deleted(send, ada, stored):
    created = send("post", "/scans/", title="a")[1]["id"]

    assert ada.post(f"/scans/{created}/replace/", {"pages": 0}).status_code == 400
    assert stored() == UPLOADED
    assert Scan.objects.get().file.name == UPLOADED[0]
    assert ada.post(f"/scans/{created}/replace/", {"pages": 2}).status_code == 200
    assert stored() == sorted([*UPLOADED[:1], "scans/new.txt"]) + UPLOADED[1:]


class OverwritingStorage(FileSystemStorage):
    """The recipe that many projects have."""

    def get_available_name(self, name, max_length=None):
        self.delete(name)
        return name


class AmazonStorage(FileSystemStorage):
    """Overwrites under a name that it cuts, as storages in a cloud may."""

    def get_available_name(self, name, max_length=None):
        return name.replace("file", "f")

    def _save(self, name, content):
        self.delete(name)
        return super()._save(name, content)


@pytest.mark.parametrize("storage", [OverwritingStorage, AmazonStorage])
def test_a_file_that_was_there_before_is_never_deleted(send, stored, monkeypatch, storage):
    monkeypatch.setattr(Scan._meta.get_field("file"), "storage", storage())

    assert [send("post", "/scans/", title="a")[0] for _ in range(2)] == [201, 409]
    assert Scan.objects.get().file.name in stored()


class BlindStorage(FileSystemStorage):
    def exists(self, name):
        raise NotImplementedError

    def get_available_name(self, name, max_length=None):
        return f"{name}-{Scan.objects.count()}"


def test_a_storage_without_exists_keeps_its_files(send, stored, monkeypatch, caplog):
    monkeypatch.setattr(Scan._meta.get_field("file"), "storage", BlindStorage())

    assert [send("post", "/scans/", title="a")[0] for _ in range(2)] == [201, 409]
    assert "scans/file.txt-1" in stored()
    assert "A storage could not tell whether a file exists." in caplog.text


def test_a_file_that_cannot_be_deleted_is_logged_and_hides_nothing(send, stored, monkeypatch, caplog):
    send("post", "/scans/", title="a")
    monkeypatch.setattr(InMemoryStorage, "delete", lambda *args: 1 / 0)

    assert send("post", "/scans/", title="a") == (409, TAKEN)
    assert len(stored()) == 3  # the file of the first storage is deleted nevertheless
    assert "The file of a rejected write could not be deleted: shapes.Scan.preview" in caplog.text


def test_outside_of_requests_files_are_djangos_own_affair(stored):
    scan(title="a").save()
    stored_before = stored()
    Scan(file=ContentFile(b"x", "b.txt")).file.save("b.txt", ContentFile(b"x"), save=False)

    assert len(stored()) == len(stored_before) + 1


@OUTERMOST
def test_a_created_file_costs_no_statement(send, django_assert_num_queries):
    with django_assert_num_queries(2):  # the token and the INSERT
        assert send("post", "/scans/", title="a")[0] == 201


def test_with_atomic_requests_a_rejected_write_leaves_no_file(send, stored, atomic_requests):
    assert [send("post", "/scans/", title="a")[0] for _ in range(2)] == [201, 409]
    assert stored() == UPLOADED
