"""What may not be deleted, and how that is said."""

import pytest

from shapes import models


def test_deleting_a_protected_object_is_409_and_names_the_referring_model(ada, post, way):
    author = post("authors", name="Ada").json()
    book = post("books", author=author["id"], title="x").json()

    response = ada.delete(f"/shapes/authors/{author['id']}/")

    assert response.status_code == 409
    assert response.json() == {"detail": "This is in use by books.", "code": "in_use"}
    assert str(book["title"]) not in response.json()["detail"]


@pytest.mark.checked_before_commit
def test_deleting_an_object_with_a_foreign_key_only_in_the_database_is_409(ada, post, way):
    author = post("authors", name="Ada").json()
    book = post("books", author=author["id"], title="x").json()
    receipt = models.Receipt.objects.create(book_id=book["id"])

    response = ada.delete(f"/shapes/books/{book['id']}/")

    assert response.status_code == 409
    assert response.json() == {"detail": "This is in use by receipts.", "code": "in_use"}
    receipt.delete()


def test_an_object_without_references_can_be_deleted(ada, post, way):
    author = post("authors", name="Ada").json()

    assert ada.delete(f"/shapes/authors/{author['id']}/").status_code == 204
    assert ada.delete(f"/shapes/authors/{author['id']}/").status_code == 404
