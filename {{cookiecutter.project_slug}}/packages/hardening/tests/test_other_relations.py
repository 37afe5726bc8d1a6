"""A constraint that is violated by writing a relation to many, from either side, is a 4xx under the relation."""

import pytest
from django.db import connection

from shapes import models

pytestmark = pytest.mark.usefixtures("way")


@pytest.fixture(autouse=True)
def routed(settings):
    settings.ROOT_URLCONF = "shapes.relating"


@pytest.fixture
def good(way):
    return models.Good.objects.create(name="a")


@pytest.fixture
def book(good):
    """A book that an offer has; it may have one."""
    book = models.Book.objects.create(author=models.Author.objects.create(name="Ada"), title="x")
    models.Offer.objects.create(good=good).books.add(book)
    return book


@pytest.mark.parametrize("action", ["add", "set"])
def test_a_constraint_of_a_through_table_is_409_under_the_field_of_an_action(send, good, book, action):
    other = models.Offer.objects.create(good=good)
    kept = list(models.Extra.objects.values_list("offer", "book"))

    forward = send("post", f"/offers/{other.pk}/{action}/", {"books": [book.pk]})
    reverse = send("post", f"/books/{book.pk}/{action}/", {"offers": [kept[0][0], other.pk]})

    assert forward == (409, {"books": ["Given already."]})
    assert reverse == (409, {"offers": ["Given already."]})
    assert list(models.Extra.objects.values_list("offer", "book")) == kept


def test_a_constraint_of_a_through_table_is_409_under_the_field_of_a_serializer(send, good, book):
    other = models.Offer.objects.create(good=good)
    kept = list(models.Extra.objects.values_list("offer", "book"))

    changed = send("patch", f"/offers/{other.pk}/", {"books": [book.pk]})
    other_side = send("patch", f"/books/{book.pk}/", {"title": "y", "offers": [kept[0][0], other.pk]})

    assert changed == (409, {"books": ["Given already."]})
    assert other_side == (409, {"offers": ["Given already."]})
    assert list(models.Extra.objects.values_list("offer", "book")) == kept
    assert models.Book.objects.get().title == "x"


@pytest.mark.parametrize("action", ["add", "set"])
@pytest.mark.checked_before_commit
def test_a_missing_object_is_400_under_the_field_of_an_action(way, send, good, action):
    book = models.Book.objects.create(author=models.Author.objects.create(name="Ada"), title="x")
    offer = models.Offer.objects.create(good=good)
    named = connection.vendor == "postgresql"  # SQLite tells at COMMIT, and not which table it is

    forward = send("post", f"/offers/{offer.pk}/{action}/", {"books": [book.pk + 1]})
    reverse = send("post", f"/books/{book.pk}/{action}/", {"offers": [offer.pk + 1]})

    for response, key in ((forward, "books"), (reverse, "offers")):
        assert response == (400, {key if named else "non_field_errors": ["Object does not exist."]})
    assert not models.Extra.objects.exists()


def test_a_constraint_of_a_row_that_is_added_to_a_reverse_relation_is_409(send, good):
    path = f"/goods/{good.pk}/translate/"

    assert send("post", path, {"title": "x"}) == (204, None)
    assert send("post", path, {"title": "x"}) == (409, {"title": ["Title taken."]})
    assert models.Translation.objects.count() == 1
