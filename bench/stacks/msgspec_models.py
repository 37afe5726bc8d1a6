"""Request and response bodies of the stacks that use msgspec."""

from datetime import datetime
from typing import Annotated

from accounts.models import Profile
from msgspec import UNSET, Meta, Struct, UnsetType
from purchases.models import Purchase

Username = Annotated[str, Meta(min_length=1, max_length=150)]
Email = Annotated[str, Meta(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=254)]
Bio = Annotated[str, Meta(max_length=2000)]


class ProfileIn(Struct):
    username: Username
    email: Email
    bio: Bio = ""


class ProfilePatch(Struct):
    username: Username | UnsetType = UNSET
    email: Email | UnsetType = UNSET
    bio: Bio | UnsetType = UNSET


class ProfileOut(Struct):
    id: int
    owner: int
    username: str
    email: str
    bio: str


class Profiles(Struct):
    results: list[ProfileOut]


class PurchaseIn(Struct):
    reference: Annotated[str, Meta(min_length=1, max_length=40)]
    location: int
    contacts: Annotated[list[int], Meta(max_length=100)]
    quantity: Annotated[int, Meta(ge=1)]
    earliest: datetime
    latest: datetime


class PurchaseOut(Struct):
    id: int
    purchaser: int
    reference: str
    location: int
    contacts: list[int]
    quantity: int
    earliest: datetime
    latest: datetime


class Purchases(Struct):
    results: list[PurchaseOut]


def map_profile(profile: Profile) -> ProfileOut:
    return ProfileOut(profile.pk, profile.owner_id, profile.username, profile.email, profile.bio)


def map_purchase(purchase: Purchase, contacts: list[int]) -> PurchaseOut:
    return PurchaseOut(
        id=purchase.pk,
        purchaser=purchase.purchaser_id,
        reference=purchase.reference,
        location=purchase.location_id,
        contacts=contacts,
        quantity=purchase.quantity,
        earliest=purchase.earliest,
        latest=purchase.latest,
    )
