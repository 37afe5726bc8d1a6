"""Django's ORM and `json` in functions: the lower bound in Django, with which the other stacks are compared.

It has the same guarantees: no query that validates uniqueness before a write, one query for many related objects, 409
for a duplicate under every field that conflicts, a lock on the changed row and on a chosen location, keyset pagination.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from accounts.models import Profile
from django.db import IntegrityError, transaction
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.utils.dateparse import parse_datetime
from django.views.decorators.csrf import csrf_exempt
from purchases.models import Contact, Location, Purchase
from rest_framework.exceptions import AuthenticationFailed

from bench.stacks.authentication import OrmAuthentication
from bench.stacks.conflicts import find_conflicts

PAGE = 50
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")

_tokens = OrmAuthentication()


def require_token(view: Callable[..., JsonResponse]) -> Callable[..., JsonResponse]:
    """Authenticate the request by its token, as the project does."""

    @csrf_exempt
    def respond(request: HttpRequest, **kwargs: Any) -> JsonResponse:
        try:
            request.user, _token = _tokens.authenticate(request)
        except AuthenticationFailed as error:
            return JsonResponse({"detail": str(error)}, status=401)
        return view(request, **kwargs)

    return respond


def serialize_profile(profile: Profile) -> dict[str, Any]:
    return {
        "id": profile.pk,
        "owner": profile.owner_id,
        "username": profile.username,
        "email": profile.email,
        "bio": profile.bio,
    }


def validate(body: dict[str, Any]) -> dict[str, list[str]]:
    errors = {}
    if "username" in body and not 0 < len(body["username"].strip()) <= 150:
        errors["username"] = ["Ensure this field has 1 to 150 characters."]
    if "email" in body and not EMAIL.fullmatch(body["email"]):
        errors["email"] = ["Enter a valid email address."]
    if len(body.get("bio", "")) > 2000:
        errors["bio"] = ["Ensure this field has no more than 2000 characters."]
    return errors


def paginate(queryset: Any, request: HttpRequest) -> Any:
    before = request.GET.get("before")
    return (queryset.filter(pk__lt=int(before)) if before else queryset).order_by("-pk")[:PAGE]


@require_token
def profiles(request: HttpRequest) -> JsonResponse:
    if request.method == "GET":
        found = paginate(Profile.objects.filter(owner=request.user), request)
        return JsonResponse({"results": [serialize_profile(row) for row in found]})
    body = json.loads(request.body)
    if errors := validate(body):
        return JsonResponse(errors, status=400)
    new = Profile(owner=request.user, username=body["username"], email=body["email"], bio=body.get("bio", ""))
    try:
        new.save()
    except IntegrityError as error:
        return JsonResponse(find_conflicts(error, new), status=409)
    return JsonResponse(serialize_profile(new), status=201)


@require_token
def profile(request: HttpRequest, pk: int) -> JsonResponse:
    found = Profile.objects.filter(owner=request.user, pk=pk)
    if request.method == "GET":
        return JsonResponse(serialize_profile(found.get()))
    body = json.loads(request.body)
    if errors := validate(body):
        return JsonResponse(errors, status=400)
    try:
        with transaction.atomic():
            changed = found.select_for_update().get()
            for name, value in body.items():
                setattr(changed, name, value)
            changed.save()
    except IntegrityError as error:
        return JsonResponse(find_conflicts(error, changed), status=409)
    return JsonResponse(serialize_profile(changed))


@require_token
def purchases(request: HttpRequest) -> JsonResponse:
    if request.method == "GET":
        found = paginate(Purchase.objects.filter(purchaser=request.user).prefetch_related("contacts"), request)
        results = [serialize_purchase(row, [contact.pk for contact in row.contacts.all()]) for row in found]
        return JsonResponse({"results": results})
    body = json.loads(request.body)
    contacts = Contact.objects.visible_to(request.user).in_bulk(body["contacts"]) if body["contacts"] else {}
    if len(contacts) != len(set(body["contacts"])) or body["quantity"] < 1:
        return JsonResponse({"contacts": ["Not found."]}, status=400)
    window = {name: parse_datetime(body[name]) for name in ("earliest", "latest")}
    with transaction.atomic():
        open_locations = Location.objects.visible_to(request.user).filter(closed=False)
        location = open_locations.select_for_update(no_key=True).get(pk=body["location"])
        new = Purchase(
            purchaser=request.user,
            reference=body["reference"],
            location=location,
            quantity=body["quantity"],
            **window,
        )
        new.save()
        new.contacts.add(*contacts)
    return JsonResponse(serialize_purchase(new, list(contacts)), status=201)


def serialize_purchase(purchase: Purchase, contacts: list[int]) -> dict[str, Any]:
    return {
        "id": purchase.pk,
        "purchaser": purchase.purchaser_id,
        "reference": purchase.reference,
        "location": purchase.location_id,
        "contacts": contacts,
        "quantity": purchase.quantity,
        "earliest": purchase.earliest,
        "latest": purchase.latest,
    }


urlpatterns = [
    path("profiles/", profiles),
    path("profiles/<int:pk>/", profile),
    path("purchases/", purchases),
]
