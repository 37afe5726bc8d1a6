"""What the table of related fields has to know of the shapes."""

from typing import Any

from django.contrib.auth import get_user_model

from shapes.models import Author, Basket, Book, Crate, Label, Parcel, Slip, Ticket


def crate(user: Any) -> Crate:
    return Crate.objects.get_or_create(owner=user, code=f"s-{user.username}")[0]  # which `small` takes, too


def basket(user: Any) -> Basket:
    return Basket.objects.get_or_create(name=user.username)[0]


def book(user: Any) -> Book:
    return Book.objects.create(author=author(user), title="x")


def author(user: Any) -> Author:
    return Author.objects.get_or_create(name=user.username)[0]


def label(user: Any) -> Label:
    return Label.objects.get_or_create(basket=basket(user), text=user.username)[0]


# {model: a function that makes an object of it for a user, or finds the one it made}.
OBJECTS: dict[Any, Any] = {
    Author: author,
    Book: book,
    Crate: crate,
    Label: label,
    Parcel: lambda _user: Parcel.objects.create(title="x"),
    Slip: lambda user: Slip.objects.create(author=author(user), name=user.username),
    get_user_model(): lambda user: user,
    Ticket: lambda _user: Ticket.objects.get_or_create(title="x")[0],
}
# What lies within the scope of every caller.
EVERYBODYS = {Author, Label, Parcel}
