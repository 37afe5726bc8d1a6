"""django-modern-rest with the same guarantees as the plain view.

As its documentation recommends, it uses msgspec's models, its own `path()`, and no validation of responses in
production.
"""

from http import HTTPStatus
from typing import Any, Self

from accounts.models import Profile
from django.db import IntegrityError, transaction
from dmr import APIError, Body, Controller, Path, Query
from dmr.endpoint import Endpoint
from dmr.exceptions import NotAuthenticatedError
from dmr.openapi.objects import SecurityScheme
from dmr.plugins.msgspec import MsgspecSerializer
from dmr.routing import Router, path
from dmr.security import SyncAuth
from msgspec import UNSET, Struct, structs
from purchases.models import Contact, Location, Purchase
from rest_framework.exceptions import AuthenticationFailed

from bench.stacks.authentication import OrmAuthentication
from bench.stacks.conflicts import find_conflicts
from bench.stacks.msgspec_models import (
    ProfileIn,
    ProfileOut,
    ProfilePatch,
    Profiles,
    PurchaseIn,
    PurchaseOut,
    Purchases,
    map_profile,
    map_purchase,
)
from bench.stacks.pages import paginate

_tokens = OrmAuthentication()


class TokenAuth(SyncAuth):
    """Authenticate the request by its token, as the project does."""

    __slots__ = ()
    www_authenticate_challenge = "Bearer"

    def __call__(self, endpoint: Endpoint, controller: Controller[Any]) -> Self | None:
        try:
            found = _tokens.authenticate(controller.request)
        except AuthenticationFailed as error:
            raise NotAuthenticatedError from error
        if found is None:
            return None
        controller.request.user, _token = found
        return self

    def security_schemes(self, metadata: Any, controller_cls: Any) -> dict[str, SecurityScheme]:
        return {"token": SecurityScheme(type="http", scheme="bearer")}

    def security_requirements(self, metadata: Any, controller_cls: Any) -> list[dict[str, list[str]]]:
        return [{"token": []}]


class Page(Struct):
    before: int | None = None


class ProfilePath(Struct):
    pk: int


class TokenController(Controller[MsgspecSerializer]):
    is_abstract = True
    auth = (TokenAuth(),)
    validate_responses = False


class ProfilesController(TokenController):
    def get(self, parsed_query: Query[Page]) -> Profiles:
        found = paginate(Profile.objects.filter(owner=self.request.user), parsed_query.before)
        return Profiles([map_profile(row) for row in found])

    def post(self, parsed_body: Body[ProfileIn]) -> ProfileOut:
        profile = Profile(owner=self.request.user, **structs.asdict(parsed_body))
        try:
            profile.save()
        except IntegrityError as error:
            raise APIError(find_conflicts(error, profile), status_code=HTTPStatus.CONFLICT) from error
        return map_profile(profile)


class ProfileController(TokenController):
    def get(self, parsed_path: Path[ProfilePath]) -> ProfileOut:
        return map_profile(Profile.objects.get(owner=self.request.user, pk=parsed_path.pk))

    def patch(self, parsed_path: Path[ProfilePath], parsed_body: Body[ProfilePatch]) -> ProfileOut:
        try:
            with transaction.atomic():
                profile = Profile.objects.select_for_update().get(owner=self.request.user, pk=parsed_path.pk)
                for name, value in structs.asdict(parsed_body).items():
                    if value is not UNSET:
                        setattr(profile, name, value)
                profile.save()
        except IntegrityError as error:
            raise APIError(find_conflicts(error, profile), status_code=HTTPStatus.CONFLICT) from error
        return map_profile(profile)


class PurchasesController(TokenController):
    def get(self, parsed_query: Query[Page]) -> Purchases:
        queryset = Purchase.objects.filter(purchaser=self.request.user).prefetch_related("contacts")
        found = paginate(queryset, parsed_query.before)
        return Purchases([map_purchase(row, [contact.pk for contact in row.contacts.all()]) for row in found])

    def post(self, parsed_body: Body[PurchaseIn]) -> PurchaseOut:
        values = structs.asdict(parsed_body)
        sent = values.pop("contacts")
        contacts = Contact.objects.visible_to(self.request.user).in_bulk(sent) if sent else {}
        if len(contacts) != len(set(sent)):
            raise APIError({"contacts": ["Not found."]}, status_code=HTTPStatus.BAD_REQUEST)
        with transaction.atomic():
            open_locations = Location.objects.visible_to(self.request.user).filter(closed=False)
            location = open_locations.select_for_update(no_key=True).get(pk=values.pop("location"))
            purchase = Purchase.objects.create(purchaser=self.request.user, location=location, **values)
            purchase.contacts.add(*contacts)
        return map_purchase(purchase, list(contacts))


router = Router(
    "modern-rest/",
    [
        path("profiles/", ProfilesController.as_view()),
        path("profiles/<int:pk>/", ProfileController.as_view()),
        path("purchases/", PurchasesController.as_view()),
    ],
)
