"""Django's ORM and `json` in functions: the least that these answers cost in Django, and the measure of the rest.

It keeps the same promises: no look-up before a write, one query for many related objects, 409 for a
duplicate under every field that clashes, a lock on what is changed, pages by key.
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

from bench.stacks.clashes import clashes
from bench.stacks.signing_in import OrmAuthentication

PAGE = 50
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")

_tokens = OrmAuthentication()


def signed_in(view: Callable[..., JsonResponse]) -> Callable[..., JsonResponse]:
    """Look the token up as the project does."""

    @csrf_exempt
    def answer(request: HttpRequest, **kwargs: Any) -> JsonResponse:
        try:
            request.user, _token = _tokens.authenticate(request)
        except AuthenticationFailed as error:
            return JsonResponse({"detail": str(error)}, status=401)
        return view(request, **kwargs)

    return answer


def shown(profile: Profile) -> dict[str, Any]:
    return {
        "id": profile.pk,
        "owner": profile.owner_id,
        "username": profile.username,
        "email": profile.email,
        "bio": profile.bio,
    }


def errors(body: dict[str, Any]) -> dict[str, list[str]]:
    found = {}
    if "username" in body and not 0 < len(body["username"].strip()) <= 150:
        found["username"] = ["Ensure this field has 1 to 150 characters."]
    if "email" in body and not EMAIL.fullmatch(body["email"]):
        found["email"] = ["Enter a valid email address."]
    if len(body.get("bio", "")) > 2000:
        found["bio"] = ["Ensure this field has no more than 2000 characters."]
    return found


def page(queryset: Any, request: HttpRequest) -> Any:
    before = request.GET.get("before")
    return (queryset.filter(pk__lt=int(before)) if before else queryset).order_by("-pk")[:PAGE]


@signed_in
def profiles(request: HttpRequest) -> JsonResponse:
    if request.method == "GET":
        found = page(Profile.objects.filter(owner=request.user), request)
        return JsonResponse({"results": [shown(each) for each in found]})
    body = json.loads(request.body)
    if refused := errors(body):
        return JsonResponse(refused, status=400)
    new = Profile(owner=request.user, username=body["username"], email=body["email"], bio=body.get("bio", ""))
    try:
        new.save()
    except IntegrityError as error:
        return JsonResponse(clashes(error, new), status=409)
    return JsonResponse(shown(new), status=201)


@signed_in
def profile(request: HttpRequest, pk: int) -> JsonResponse:
    found = Profile.objects.filter(owner=request.user, pk=pk)
    if request.method == "GET":
        return JsonResponse(shown(found.get()))
    body = json.loads(request.body)
    if refused := errors(body):
        return JsonResponse(refused, status=400)
    try:
        with transaction.atomic():
            changed = found.select_for_update().get()
            for name, value in body.items():
                setattr(changed, name, value)
            changed.save()
    except IntegrityError as error:
        return JsonResponse(clashes(error, changed), status=409)
    return JsonResponse(shown(changed))


@signed_in
def purchases(request: HttpRequest) -> JsonResponse:
    if request.method == "GET":
        found = page(Purchase.objects.filter(purchaser=request.user).prefetch_related("contacts"), request)
        return JsonResponse({"results": [bought(each, [one.pk for one in each.contacts.all()]) for each in found]})
    body = json.loads(request.body)
    location = Location.objects.visible_to(request.user).get(pk=body["location"])
    contacts = Contact.objects.visible_to(request.user).in_bulk(body["contacts"]) if body["contacts"] else {}
    if len(contacts) != len(set(body["contacts"])) or body["quantity"] < 1:
        return JsonResponse({"contacts": ["Not found."]}, status=400)
    window = {name: parse_datetime(body[name]) for name in ("earliest", "latest")}
    with transaction.atomic():
        new = Purchase(
            purchaser=request.user,
            reference=body["reference"],
            location=location,
            quantity=body["quantity"],
            **window,
        )
        new.save()
        new.contacts.add(*contacts)
    return JsonResponse(bought(new, list(contacts)), status=201)


def bought(purchase: Purchase, contacts: list[int]) -> dict[str, Any]:
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
