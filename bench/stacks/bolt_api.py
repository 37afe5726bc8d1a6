"""django-bolt with the same guarantees as the plain view.

As its documentation recommends, the functions are asynchronous and use the ORM's asynchronous methods, a transaction
runs in `sync_to_async`, and `runbolt` serves them. Its own authentication accepts no stored tokens, and version 0.3
passes no headers to dependencies, so that each function finds the user itself.
"""

from typing import Annotated, Any

from accounts.models import Profile
from asgiref.sync import sync_to_async
from django.db import IntegrityError, transaction
from django.utils import timezone
from django_bolt import JSON, BoltAPI
from django_bolt.exceptions import Unauthorized
from django_bolt.param_functions import Header
from knox.crypto import hash_token
from knox.models import get_token_model
from msgspec import UNSET, structs
from purchases.models import Contact, Location, Purchase

from bench.stacks.conflicts import find_conflicts
from bench.stacks.msgspec_models import (
    ProfileIn,
    ProfileOut,
    ProfilePatch,
    Profiles,
    PurchaseIn,
    Purchases,
    map_profile,
    map_purchase,
)
from bench.stacks.pages import paginate

Authorization = Annotated[str, Header()]

api = BoltAPI(prefix="/bolt")


async def authenticate(authorization: str) -> Any:
    """Return the user of the token, which knox stores as a digest."""
    scheme, _space, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthorized(detail="Authentication credentials were not provided.")
    tokens = get_token_model().objects.select_related("user")
    found = await tokens.filter(digest=hash_token(token.strip())).afirst()
    if found is None or not found.user.is_active or (found.expiry is not None and found.expiry <= timezone.now()):
        raise Unauthorized(detail="Invalid token.")
    return found.user


@api.get("/profiles")
async def list_profiles(before: int | None = None, authorization: Authorization = "") -> Profiles:
    user = await authenticate(authorization)
    found = paginate(Profile.objects.filter(owner=user), before)
    return Profiles([map_profile(row) async for row in found])


@api.post("/profiles", status_code=201)
async def create_profile(body: ProfileIn, authorization: Authorization = ""):
    user = await authenticate(authorization)
    profile = Profile(owner=user, **structs.asdict(body))
    try:
        await profile.asave()
    except IntegrityError as error:
        return JSON(await sync_to_async(find_conflicts)(error, profile), status_code=409)
    return map_profile(profile)


@api.get("/profiles/{pk}")
async def get_profile(pk: int, authorization: Authorization = "") -> ProfileOut:
    user = await authenticate(authorization)
    return map_profile(await Profile.objects.aget(owner=user, pk=pk))


@api.patch("/profiles/{pk}")
async def change_profile(pk: int, body: ProfilePatch, authorization: Authorization = ""):
    user = await authenticate(authorization)
    profile, conflicts = await update_profile(user, pk, structs.asdict(body))
    return JSON(conflicts, status_code=409) if conflicts else map_profile(profile)


@sync_to_async
def update_profile(user: Any, pk: int, values: dict[str, Any]) -> tuple[Profile, dict[str, list[str]]]:
    try:
        with transaction.atomic():
            profile = Profile.objects.select_for_update().get(owner=user, pk=pk)
            for name, value in values.items():
                if value is not UNSET:
                    setattr(profile, name, value)
            profile.save()
    except IntegrityError as error:
        return profile, find_conflicts(error, profile)
    return profile, {}


@api.get("/purchases")
async def list_purchases(before: int | None = None, authorization: Authorization = "") -> Purchases:
    user = await authenticate(authorization)
    found = paginate(Purchase.objects.filter(purchaser=user).prefetch_related("contacts"), before)
    return Purchases([map_purchase(row, [contact.pk for contact in row.contacts.all()]) async for row in found])


@api.post("/purchases", status_code=201)
async def create_purchase(body: PurchaseIn, authorization: Authorization = ""):
    user = await authenticate(authorization)
    contacts = await Contact.objects.visible_to(user).ain_bulk(body.contacts) if body.contacts else {}
    if len(contacts) != len(set(body.contacts)):
        return JSON({"contacts": ["Not found."]}, status_code=400)
    return map_purchase(await insert_purchase(user, structs.asdict(body), contacts), list(contacts))


@sync_to_async
def insert_purchase(user: Any, values: dict[str, Any], contacts: dict[int, Contact]) -> Purchase:
    del values["contacts"]
    with transaction.atomic():
        open_locations = Location.objects.visible_to(user).filter(closed=False)
        location = open_locations.select_for_update(no_key=True).get(pk=values.pop("location"))
        purchase = Purchase.objects.create(purchaser=user, location=location, **values)
        purchase.contacts.add(*contacts)
    return purchase
