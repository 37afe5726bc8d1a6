"""What COMMIT finds, and what ATOMIC_REQUESTS puts off until its COMMIT, is explained like any other violation."""

import pytest
from django.db import connection
from django.db.transaction import non_atomic_requests, on_commit
from django.urls import path
from rest_framework.response import Response

from hardening.views import APIView
from shapes import models
from shapes.other_writes import GoodViewSet
from shapes.routed import serve

pytestmark = pytest.mark.usefixtures("way")

OUTERMOST = pytest.mark.django_db(transaction=True, databases=["default", "second"])
TAKEN = ["good with this name already exists."]
SERVER_ERROR = (500, {"detail": "A server error occurred.", "code": "error"})


@pytest.fixture(autouse=True)
def routed(settings):
    settings.ROOT_URLCONF = "shapes.other_writes"


@pytest.fixture
def good(way):
    return models.Good.objects.create(name="a", stock=1)


@pytest.mark.parametrize("path", ["/whole/ballots/", "/plain/atomic_ballots/", "/stock/atomic_ballots/"])
@OUTERMOST
def test_a_violation_at_commit_is_reported_too(postgresql, send, path):
    assert send("post", path, {"places": [1, 1]}) == (409, {"non_field_errors": ["Place taken."]})
    assert models.Ballot.objects.count() == 0


@OUTERMOST
def test_with_atomic_requests_a_plain_view_is_one_unit(send, good, atomic_requests):
    assert send("post", "/plain/two/", {"name": "a"}) == (409, {"name": TAKEN})
    assert send("post", "/stock/two/", {"name": "a"}) == (409, {"name": TAKEN})
    assert models.Good.objects.get() == good
    if connection.vendor == "postgresql":
        assert send("post", "/plain/ballots/", {"places": [1, 1]}) == (409, {"non_field_errors": ["Place taken."]})
        assert models.Ballot.objects.count() == 0


@OUTERMOST
def test_with_atomic_requests_a_missing_reference_is_reported_by_the_view(send, good, atomic_requests):
    error = {"good": [f'Invalid pk "{good.pk + 1}" - object does not exist.']}

    for view in ("plain", "whole"):
        assert send("post", f"/{view}/offer/", {"good": good.pk + 1}) == (400, error)
        assert send("post", f"/{view}/offer/", {"good": good.pk})[0] == 201
    assert send("post", f"/goods/{good.pk + 1}/places/2/", {})[0] == 400
    assert models.Offer.objects.count() == 2


@OUTERMOST
def test_with_atomic_requests_a_deletion_that_other_rows_forbid_is_409(send, atomic_requests):
    book = models.Book.objects.create(author=models.Author.objects.create(name="Ada"), title="x")
    models.Receipt.objects.create(book=book)
    in_use = (409, {"detail": "This is in use by receipts.", "code": "in_use"})

    assert send("post", f"/books/{book.pk}/discard/") == in_use
    assert send("delete", f"/books/{book.pk}/") == in_use
    assert send("post", "/books/discard_many/", {"keys": [book.pk]}) == in_use


@OUTERMOST
def test_with_atomic_requests_a_violation_after_commit_is_a_server_error(send, good, atomic_requests, monkeypatch):
    def perform_create(view, serializer):
        serializer.save()
        on_commit(lambda: models.Good.objects.create(name="a"))

    monkeypatch.setattr(GoodViewSet, "perform_create", perform_create)

    assert send("post", "/plain/after_commit/", {"name": "a"}) == SERVER_ERROR
    assert send("post", "/goods/", {"name": "b"}) == SERVER_ERROR
    assert models.Good.objects.count() == 2


@OUTERMOST
@pytest.mark.parametrize("exclude", [non_atomic_requests, lambda view: view])
def test_a_view_with_non_atomic_requests_runs_without_a_transaction(settings, ada, atomic_requests, exclude):
    serve(settings, path("plain/", exclude(RememberingView.as_view())))

    ada.get("/plain/")
    assert RememberingView.in_transaction is (exclude is not non_atomic_requests)


class RememberingView(APIView):
    in_transaction = None

    def get(self, request):
        type(self).in_transaction = connection.in_atomic_block
        return Response()


@pytest.mark.parametrize("method", ["post", "delete"])
@OUTERMOST
def test_deleting_many_objects_that_others_refer_to_is_409(send, method):
    author = models.Author.objects.create(name="Ada")
    books = [models.Book.objects.create(author=author, title=title) for title in "ab"]
    models.Receipt.objects.create(book=books[1])
    body = {"keys": [each.pk for each in books], "author": author.pk + 1}

    assert send(method, "/books/discard_many/", body) == (
        409,
        {"detail": "This is in use by receipts.", "code": "in_use"},
    )
    assert models.Book.objects.count() == 2


@pytest.mark.parametrize("method", ["post", "delete"])
@pytest.mark.checked_before_commit
def test_a_missing_reference_beside_a_deletion_is_400_under_its_field(way, send, good, method):
    error = {"good": [f'Invalid pk "{good.pk + 1}" - object does not exist.']}

    assert send(method, "/books/replace/", {"good": good.pk + 1, "author": 7}) == (400, error)
