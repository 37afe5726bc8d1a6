"""Conditional requests (RFC 9110, 13): nobody overwrites what they have not seen, or reads twice what they have.

One line on the model and one on the viewset:

    class Purchase(VersionedModel): ...
    class PurchaseViewSet(PreconditionsMixin, ModelViewSet): ...

An ETag stands for the version of the row and for all that a GET shows of it, related objects and computed fields
included. So a change elsewhere changes it too, at the price of the queries of a GET wherever a tag is compared.
"""

import copy
import hashlib
import re
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request, clone_request
from rest_framework.response import Response

from hardening.exceptions import BadRequest, PreconditionFailed, PreconditionRequired
from hardening.models import VersionedModel
from hardening.renderers import JSONRenderer
from hardening.viewsets import writes_once

if TYPE_CHECKING:
    from hardening.viewsets import ModelViewSet as _ViewSet  # what the mixin stands before
else:
    _ViewSet = object

_CHANGES = ("PUT", "PATCH", "DELETE")
_TAG = re.compile(r'(?:W/)?"[!#-~]*"')
_TAGS = re.compile(rf"\*|{_TAG.pattern}(?:[ \t]*,[ \t]*{_TAG.pattern})*")


def etag(instance: VersionedModel, shown: Any, form: str = "json") -> str:
    """Return the strong entity tag of *instance*, of which *shown* is what a response in the format *form* contains."""
    content = JSONRenderer().render([instance._meta.label, str(instance.pk), form, shown])
    return f'"{instance.version}-{hashlib.blake2b(content, digest_size=12).hexdigest()}"'


class PreconditionsMixin(_ViewSet):
    """`ETag` on what shows one object; a change has to name it in `If-Match`, judged under the lock on the row.

    Without `If-Match` a change is 428, with another object's or state's tag 412. `require_if_match = False` on
    the viewset takes changes without it.
    """

    require_if_match = True
    _written: Any = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Prepare the request as the viewset does; raise `BadRequest` for a malformed condition."""
        super().initial(request, *args, **kwargs)
        if self.detail and self.action is not None:  # None for a method that the route lacks, which is 405
            for header in ("If-Match", "If-None-Match"):
                entity_tags(request, header)

    def get_object(self) -> Any:
        """Return the object as the viewset does; raise `PreconditionRequired` or `PreconditionFailed`."""
        instance = super().get_object()
        required = self.require_if_match and self.request.method in _CHANGES
        if required and "If-Match" not in self.request.headers:
            raise PreconditionRequired
        if self.action != "retrieve":
            check_preconditions(self.request, lambda: self._stored_tags(instance))
        return instance

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        instance = self.get_object()
        shown = self.get_serializer(instance).data
        tag = etag(instance, shown, str(request.accepted_renderer.format))
        check_preconditions(request, lambda: [tag])
        if is_known(request, lambda: [tag]):
            return Response(status=304, headers={"ETag": tag})
        return Response(shown, headers={"ETag": tag})

    @writes_once
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self._tagged(super().create(request, *args, **kwargs))

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self._tagged(super().update(request, *args, **kwargs))

    @writes_once
    def perform_create(self, serializer: Any) -> None:
        super().perform_create(serializer)
        self._written = serializer.instance

    def perform_update(self, serializer: Any) -> None:
        super().perform_update(serializer)
        self._written = serializer.instance

    def get_error_statuses(self, method: str) -> set[int]:
        """Return the statuses of the view, and those of a condition that does not hold."""
        statuses: set[int] = super().get_error_statuses(method)
        if method in _CHANGES:
            return statuses | {412, 428}
        return statuses | {412} if self.detail else statuses

    def get_empty_statuses(self, method: str) -> set[int]:
        """Return the statuses without a body: 304 to who has what the URL shows."""
        return {304} if method == "GET" and self.detail else set()

    def get_header_parameters(self, method: str) -> list[OpenApiParameter]:
        """Return the headers of the view, and the conditions that it reads."""
        parameters: list[OpenApiParameter] = super().get_header_parameters(method)
        if method in _CHANGES:
            return [*parameters, _parameter("If-Match", "The ETag of what was read.", required=self.require_if_match)]
        if method == "GET" and self.detail:
            return [*parameters, _parameter("If-None-Match", "The ETag of what is there already; then 304.")]
        return parameters

    def _tagged(self, response: Response) -> Response:
        """Return *response*, to a write, with the tag that a GET will have."""
        if isinstance(self._written, VersionedModel):
            reading = self._reading()
            same = reading.get_serializer_class() is self.get_serializer_class()
            shown = response.data if same else self._show(self._written)
            response["ETag"] = etag(self._written, shown, str(self.request.accepted_renderer.format))
        return response

    def _stored_tags(self, instance: VersionedModel) -> list[str]:
        """Return the tags of what is stored, in every format that the view renders."""
        sent = [self.request.headers.get(name, "") for name in ("If-Match", "If-None-Match")]
        if not any(f'"{instance.version}-' in tags for tags in sent):
            return []  # of another version, whatever a GET shows
        shown = self._show(instance)
        return [etag(instance, shown, str(each.format)) for each in self.renderer_classes]

    def _show(self, instance: VersionedModel) -> Any:
        """Return what a GET shows of *instance*, which is left as it is."""
        reading, shown = self._reading(), copy.copy(instance)
        relations = getattr(getattr(reading.get_serializer_class(), "Meta", None), "prefetch_related", ())
        prefetch_related_objects([shown], *relations)
        return reading.get_serializer(shown).data

    def _reading(self) -> Any:
        """Return this view as it is for a GET: without what the decorator of an `@action` sets."""
        view: Any = copy.copy(self)
        for name in getattr(getattr(type(self), self.action or "", None), "kwargs", ()):
            vars(view).pop(name, None)
        view.action, view.request = "retrieve", clone_request(self.request, "GET")
        return view


def _parameter(name: str, description: str, *, required: bool = False) -> OpenApiParameter:
    schema = {"type": "string", "pattern": f"^(?:{_TAGS.pattern})$"}
    return OpenApiParameter(name, schema, OpenApiParameter.HEADER, required=required, description=description)


def check_preconditions(request: Request, current: Callable[[], Collection[str]]) -> None:
    """Raise `PreconditionFailed` where *request* is not meant for the state that has the tags of *current*.

    `If-Match` compares strongly, and `If-None-Match` refuses a change of what it names (RFC 9110, 13.1). Raises
    `BadRequest` for tags that are none: taken for absent, they would let a stale change through.
    """
    wanted = entity_tags(request, "If-Match")
    if wanted is not None and wanted != ["*"] and not set(wanted) & set(current()):
        raise PreconditionFailed
    if request.method not in SAFE_METHODS and is_known(request, current):
        raise PreconditionFailed


def is_known(request: Request, current: Callable[[], Collection[str]]) -> bool:
    """Tell whether `If-None-Match` names a tag of *current*, by weak comparison."""
    known = entity_tags(request, "If-None-Match")
    if known is None or known == ["*"]:
        return known is not None
    return bool({tag.removeprefix("W/") for tag in known} & set(current()))


def entity_tags(request: Request, header: str) -> list[str] | None:
    """Return the tags in *header*, `["*"]` for any, None without it; raise `BadRequest` for what is no list of tags."""
    sent = request.headers.get(header)
    if sent is None:
        return None
    if not _TAGS.fullmatch(sent):
        raise BadRequest(_("{header} is no list of entity tags.").format(header=header))
    return _TAG.findall(sent) or ["*"]
