"""A constraint that a request violates is a 4xx wherever the request writes; what no client can cause is a 500."""

import pytest
from django.db import connection

from hardening.testing.databases import needs_no_commit
from shapes import models

pytestmark = pytest.mark.usefixtures("way")

OUTERMOST = pytest.mark.django_db(transaction=True, databases=["default", "second"])
TAKEN = ["good with this name already exists."]
TOO_FEW = ["Not that many left."]
SERVER_ERROR = (500, {"detail": "A server error occurred.", "code": "error"})


@pytest.fixture(autouse=True)
def routed(settings):
    settings.ROOT_URLCONF = "shapes.other_writes"


@pytest.fixture
def good(way):
    return models.Good.objects.create(name="a", stock=1)


def test_a_plain_serializer_reports_under_its_own_field_name(send, good):
    other = models.Good.objects.create(name="b")

    assert send("post", "/tutorial/", {"title": "a"}) == (409, {"title": TAKEN})
    assert send("patch", f"/tutorial/{other.pk}/", {"title": "a"}) == (409, {"title": TAKEN})
    assert send("post", "/tutorial/", {"title": "c", "stock": -1}) == (400, {"stock": TOO_FEW})


def test_a_plain_serializer_of_many_reports_the_index_and_keeps_nothing(send, good):
    assert send("post", "/tutorial/", [{"title": "b"}, {"title": "a"}]) == (409, {"1": {"title": TAKEN}})
    assert models.Good.objects.count() == 1


def test_saving_a_plain_serializer_is_one_transaction(send, good):
    assert send("post", "/two-rows/", {"title": "a"}) == (409, {"title": TAKEN})
    assert models.Good.objects.get() == good


def test_an_action_without_a_serializer_reports_under_no_field(send, good):
    assert send("post", f"/goods/{good.pk}/take/", {"n": 2}) == (400, {"non_field_errors": TOO_FEW})
    assert send("post", "/goods/take_all/", {"n": 2}) == (400, {"non_field_errors": TOO_FEW})
    assert send("post", f"/goods/{good.pk}/take/", {"n": 1})[0] == 200


def test_an_action_of_a_collection_is_one_transaction(send, good):
    for way_to_add in ("add_two", "add_at_once"):
        assert send("post", f"/goods/{way_to_add}/", {"names": ["b", "a"]}) == (409, {"non_field_errors": TAKEN})
        assert models.Good.objects.get() == good


def test_without_a_serializer_the_body_has_the_field_name(send, good):
    assert send("post", "/goods/find_or_add/", {"name": "a", "stock": 5}) == (409, {"name": TAKEN})


@pytest.mark.parametrize("view", ["plain", "whole", "stock"])
def test_a_view_that_creates_objects_reports_under_names_of_the_body(send, good, view):
    assert send("post", f"/{view}/good/", {"name": "a"}) == (409, {"name": TAKEN})


@pytest.mark.parametrize("view", ["plain", "whole", "stock"])
@OUTERMOST
def test_null_without_a_serializer_is_400_under_the_name_of_the_column(send, view):
    error = {"name": ["This field may not be null."]}

    assert send("post", f"/{view}/good/", {"name": None}) == (400, error)
    assert send("post", f"/{view}/good/", {}) == (400, error)


def test_null_in_a_column_that_the_serializer_does_not_have_is_a_server_error(send):
    assert send("post", "/plain/forgotten/", {"label": "a"}) == SERVER_ERROR


def test_a_violation_without_a_matching_field_is_a_non_field_error(send, good):
    assert send("post", "/plain/validated/", {"label": "a"}) == (409, {"non_field_errors": TAKEN})


def test_a_column_of_a_related_row_has_the_field_name_of_the_dotted_source(send, good):
    offer = models.Offer.objects.create(good=models.Good.objects.create(name="b"))

    assert send("patch", f"/offers/{offer.pk}/", {"good_name": "a"}) == (409, {"good_name": TAKEN})


def test_a_constraint_of_a_translation_is_reported_under_the_field_of_its_master(send):
    assert send("post", "/translated/", {"name": "a", "title": "x"})[0] == 201
    assert send("post", "/translated/", {"name": "b", "title": "x"}) == (409, {"title": ["Title taken."]})
    assert send("post", "/translated/", {"name": "a", "title": "y"}) == (409, {"name": TAKEN})
    assert models.Good.objects.count() == 1


def test_a_constraint_of_a_childs_table_is_reported_by_the_serializer_of_the_parent(send):
    models.Truck.objects.create(plate="a", fleet_number=1)

    child = send("post", "/vehicles/", {"plate": "b", "number": 1})
    parent = send("post", "/vehicles/", {"plate": "a", "number": 2})

    assert child == (409, {"non_field_errors": ["truck with this fleet number already exists."]})
    assert parent == (409, {"plate": ["vehicle with this plate already exists."]})
    assert models.Vehicle.objects.count() == 1


def test_a_constraint_of_a_through_table_is_reported_under_the_relation(send, good):
    book = models.Book.objects.create(author=models.Author.objects.create(name="Ada"), title="x")
    first, second = models.Offer.objects.create(good=good), models.Offer.objects.create(good=good)
    error = {"books": ["Given already."]}

    assert send("patch", f"/offers/{first.pk}/", {"books": [book.pk]})[0] == 200
    assert send("patch", f"/offers/{second.pk}/", {"books": [book.pk]}) == (409, error)


def test_a_signal_writes_on_behalf_of_the_request(send):
    assert send("post", "/goods/", {"name": "new a"})[0] == 201
    assert send("post", "/goods/", {"name": "new A"}) == (
        409,
        {"non_field_errors": ["notice with this text already exists."]},
    )
    assert models.Good.objects.count() == 1


def test_values_of_the_url_are_reported_under_no_field(way, send, good):
    target = f"/goods/{good.pk}/places/1/"

    assert send("post", target, {})[0] == 201
    assert send("post", target, {}) == (409, {"non_field_errors": ["offer with this place already exists."]})
    if needs_no_commit(way):
        error = {"non_field_errors": ["Object does not exist."]}
        assert send("post", f"/goods/{good.pk + 1}/places/2/", {}) == (400, error)


@pytest.mark.checked_before_commit
def test_a_missing_reference_is_reported_under_the_name_of_the_body(way, send, good):
    assert_missing_reference_is_named(send, "whole", good)


@OUTERMOST
@pytest.mark.parametrize("view", ["plain", "stock"])
def test_without_a_transaction_a_missing_reference_is_reported_under_the_name_of_the_body(send, good, view):
    assert_missing_reference_is_named(send, view, good)


def assert_missing_reference_is_named(send, view, good):
    error = {"good": [f'Invalid pk "{good.pk + 1}" - object does not exist.']}

    assert send("post", f"/{view}/offer/", {"good": good.pk + 1}) == (400, error)
    assert send("post", f"/{view}/offer/", {"good": good.pk})[0] == 201


@pytest.mark.parametrize(("method", "path"), [("post", "/books/{}/discard/"), ("delete", "/books/{}/")])
@pytest.mark.checked_before_commit
def test_a_deletion_that_other_rows_forbid_is_409(way, send, method, path):
    book = models.Book.objects.create(author=models.Author.objects.create(name="Ada"), title="x")
    receipt = models.Receipt.objects.create(book=book)
    known = " by receipts" if connection.vendor == "postgresql" else ""

    status, body = send(method, path.format(book.pk))

    assert (status, body["code"]) == (409, "in_use")
    assert body["detail"] in {f"This is in use{known}.", "This is in use by receipts."}
    receipt.delete()
    assert send(method, path.format(book.pk))[0] == 204


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/plain/two/", ["a", "half done"]),
        ("/stock/two/", ["a", "half done"]),
        ("/whole/two/", ["a"]),
        ("/plain/atomic/", ["a"]),
        ("/plain/nested/", ["a"]),
        ("/whole/nested/", ["a"]),
    ],
)
@OUTERMOST
def test_earlier_writes_of_a_view_are_rolled_back_only_in_a_transaction(send, good, path, kept):
    assert send("post", path, {"name": "a"}) == (409, {"name": TAKEN})
    assert sorted(models.Good.objects.values_list("name", flat=True)) == kept


def test_a_violation_in_a_request_that_only_reads_is_a_server_error(send):
    models.Good.objects.create(name="visited")

    assert send("get", "/goods/visit/") == SERVER_ERROR
    assert send("get", "/plain/good/") == SERVER_ERROR


def test_a_violation_of_a_constraint_that_no_model_declares_is_a_server_error(send):
    assert send("post", "/plain/raw/", {"code": "x"})[0] == 201
    assert send("post", "/plain/raw/", {"code": "x"}) == SERVER_ERROR


def test_a_violation_of_an_internal_constraint_is_a_server_error(send):
    assert send("post", "/plain/audit/", {"text": "x"})[0] == 201
    assert send("post", "/plain/audit/", {"text": "x"}) == SERVER_ERROR


def test_a_violation_in_a_table_of_a_package_is_a_server_error_unless_the_view_is_about_it(send):
    assert send("post", "/whole/group/", {"name": "x"})[0] == 201
    assert send("post", "/whole/group/", {"name": "x"}) == SERVER_ERROR
    assert send("post", "/groups/group/", {"name": "x"}) == (409, {"name": ["group with this name already exists."]})


@pytest.mark.parametrize("path", ["/goods/after_commit/", "/plain/after_commit/", "/whole/after_commit/"])
@OUTERMOST
def test_a_violation_after_commit_is_a_server_error(send, good, path):
    assert send("post", path, {"name": "a"}) == SERVER_ERROR


def test_a_violation_outside_of_the_handler_is_a_server_error(send, good, monkeypatch):
    def write(view, request):
        models.Good.objects.create(name="a")

    monkeypatch.setattr("hardening.views.APIView.check_throttles", write)

    assert send("post", "/plain/good/", {"name": "b"}) == SERVER_ERROR


def test_a_violation_that_cannot_be_explained_is_logged_and_stays_a_server_error(send, good, monkeypatch, caplog):
    monkeypatch.setattr("hardening.integrity.unexplained_violations.find_leaves", lambda *args: 1 / 0)

    assert send("post", "/plain/good/", {"name": "a"}) == SERVER_ERROR
    assert "Explaining a violation failed." in caplog.text
