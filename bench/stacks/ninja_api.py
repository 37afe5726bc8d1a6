"""django-ninja with the same guarantees as the plain view."""

from datetime import datetime
from typing import Any

from accounts.models import Profile
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from ninja import NinjaAPI, Schema
from purchases.models import Contact, Location, Purchase
from pydantic import Field
from rest_framework.exceptions import AuthenticationFailed

from bench.stacks.authentication import OrmAuthentication
from bench.stacks.conflicts import find_conflicts
from bench.stacks.pages import paginate

EMAIL = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"

_tokens = OrmAuthentication()


def authenticate(request: HttpRequest) -> Any:
    try:
        request.user, token = _tokens.authenticate(request)
    except AuthenticationFailed:
        return None
    return token


class ProfileIn(Schema):
    username: str = Field(min_length=1, max_length=150)
    email: str = Field(pattern=EMAIL, max_length=254)
    bio: str = Field("", max_length=2000)


class ProfilePatch(Schema):
    username: str | None = Field(None, min_length=1, max_length=150)
    email: str | None = Field(None, pattern=EMAIL, max_length=254)
    bio: str | None = Field(None, max_length=2000)


class ProfileOut(Schema):
    id: int
    owner: int = Field(alias="owner_id")
    username: str
    email: str
    bio: str


class PurchaseIn(Schema):
    reference: str = Field(min_length=1, max_length=40)
    location: int
    contacts: list[int] = Field(max_length=100)
    quantity: int = Field(ge=1)
    earliest: datetime
    latest: datetime


class PurchaseOut(Schema):
    id: int
    purchaser: int = Field(alias="purchaser_id")
    reference: str
    location: int = Field(alias="location_id")
    contacts: list[int]
    quantity: int
    earliest: datetime
    latest: datetime

    @staticmethod
    def resolve_contacts(purchase: Purchase) -> list[int]:
        return [contact.pk for contact in purchase.contacts.all()]


class Profiles(Schema):
    results: list[ProfileOut]


class Purchases(Schema):
    results: list[PurchaseOut]


api = NinjaAPI(auth=authenticate, docs_url=None, openapi_url=None)


@api.get("profiles/", response=Profiles, by_alias=False)
def list_profiles(request: HttpRequest, before: int | None = None) -> Any:
    return {"results": list(paginate(Profile.objects.filter(owner=request.user), before))}


@api.post("profiles/", response={201: ProfileOut})
def create_profile(request: HttpRequest, body: ProfileIn) -> Any:
    profile = Profile(owner=request.user, **body.dict())
    try:
        profile.save()
    except IntegrityError as error:
        return api.create_response(request, find_conflicts(error, profile), status=409)
    return 201, profile


@api.get("profiles/{int:pk}/", response=ProfileOut)
def get_profile(request: HttpRequest, pk: int) -> Any:
    return Profile.objects.get(owner=request.user, pk=pk)


@api.patch("profiles/{int:pk}/", response=ProfileOut)
def change_profile(request: HttpRequest, pk: int, body: ProfilePatch) -> Any:
    try:
        with transaction.atomic():
            profile = Profile.objects.select_for_update().get(owner=request.user, pk=pk)
            for name, value in body.dict(exclude_unset=True).items():
                setattr(profile, name, value)
            profile.save()
    except IntegrityError as error:
        return api.create_response(request, find_conflicts(error, profile), status=409)
    return profile


@api.get("purchases/", response=Purchases)
def list_purchases(request: HttpRequest, before: int | None = None) -> Any:
    queryset = Purchase.objects.filter(purchaser=request.user).prefetch_related("contacts")
    return {"results": list(paginate(queryset, before))}


@api.post("purchases/", response={201: PurchaseOut})
def create_purchase(request: HttpRequest, body: PurchaseIn) -> Any:
    values = body.dict()
    contacts = Contact.objects.visible_to(request.user).in_bulk(values.pop("contacts"))
    with transaction.atomic():
        open_locations = Location.objects.visible_to(request.user).filter(closed=False)
        location = open_locations.select_for_update(no_key=True).get(pk=values.pop("location"))
        purchase = Purchase.objects.create(purchaser=request.user, location=location, **values)
        purchase.contacts.add(*contacts)
    return 201, purchase
