"""ETag, If-Match and If-None-Match for a viewset (conditional requests: RFC 9110, 13).

They prevent lost updates, and save the body of a response that the client has already. Derive the model and the
viewset from these classes:

    class Purchase(VersionedModel): ...
    class PurchaseViewSet(PreconditionsMixin, ModelViewSet): ...

An ETag is computed from the version of the row and from the complete response to a GET, including related objects and
computed fields. It therefore changes with a related object too, but comparing a tag needs the queries of a GET.
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

if TYPE_CHECKING:
    from hardening.viewsets import ModelViewSet as _ViewSet  # the class that the mixin extends
else:
    _ViewSet = object

_CHANGES = ("PUT", "PATCH", "DELETE")
_TAG = re.compile(r'(?:W/)?"[!#-~]*"')
_TAGS = re.compile(rf"\*|{_TAG.pattern}(?:[ \t]*,[ \t]*{_TAG.pattern})*")


def etag(instance: VersionedModel, shown: Any, form: str = "json") -> str:
    """Return the strong entity tag of *instance*, whose response in the format *form* has the data *shown*."""
    content = JSONRenderer().render([instance._meta.label, str(instance.pk), form, shown])
    return f'"{instance.version}-{hashlib.blake2b(content, digest_size=12).hexdigest()}"'


class PreconditionsMixin(_ViewSet):
    """Send `ETag` with each object, and require it in `If-Match` for PUT, PATCH and DELETE.

    The tag is compared while the row is locked. The status is 428 without `If-Match`, and 412 if the tag is not the
    current one of the object. Set `require_if_match = False` on the viewset to make `If-Match` optional.
    """

    require_if_match = True

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Run the viewset's `initial()`; raise `BadRequest` if `If-Match` or `If-None-Match` is malformed."""
        super().initial(request, *args, **kwargs)
        if self.detail and self.action is not None:  # the action is None if the method is not allowed (405)
            for header in ("If-Match", "If-None-Match"):
                entity_tags(request, header)

    def get_object(self) -> Any:
        """Return the viewset's object; raise `PreconditionRequired` or `PreconditionFailed`."""
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

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        response: Response = super().update(request, *args, **kwargs)
        for name, value in self._tag(response.data).items():
            response[name] = value
        return response

    def get_success_headers(self, data: Any) -> dict[str, str]:
        """Return the headers of a 201: DRF's, and the ETag that a GET will return."""
        return {**super().get_success_headers(data), **self._tag(data)}

    def get_error_statuses(self, method: str) -> set[int]:
        """Return the error statuses of the view, with those of failed preconditions."""
        statuses: set[int] = super().get_error_statuses(method)
        if method in _CHANGES:
            return statuses | {412, 428}
        return statuses | {412} if self.detail else statuses

    def get_empty_statuses(self, method: str) -> set[int]:
        """Return the statuses without a body: 304 for a GET of one object."""
        return {304} if method == "GET" and self.detail else set()

    def get_header_parameters(self, method: str) -> list[OpenApiParameter]:
        """Return the header parameters of the view, with `If-Match` or `If-None-Match`."""
        parameters: list[OpenApiParameter] = super().get_header_parameters(method)
        if method in _CHANGES:
            return [*parameters, _parameter("If-Match", "The ETag of the last GET.", required=self.require_if_match)]
        if method == "GET" and self.detail:
            return [*parameters, _parameter("If-None-Match", "The ETag of the last GET; 304 if unchanged.")]
        return parameters

    def _tag(self, data: Any) -> dict[str, str]:
        """Return the header with the ETag of the object whose serializer returned *data*, which was just written."""
        written = getattr(getattr(data, "serializer", None), "instance", None)
        if not isinstance(written, VersionedModel):
            return {}
        same = self._reading().get_serializer_class() is self.get_serializer_class()
        shown = data if same else self._show(written)
        return {"ETag": etag(written, shown, str(self.request.accepted_renderer.format))}

    def _stored_tags(self, instance: VersionedModel) -> list[str]:
        """Return the current tags of *instance*, one for each format that the view renders."""
        sent = [self.request.headers.get(name, "") for name in ("If-Match", "If-None-Match")]
        if not any(f'"{instance.version}-' in tags for tags in sent):
            return []  # the tags are of other versions, so that no comparison is needed
        shown = self._show(instance)
        return [etag(instance, shown, str(each.format)) for each in self.renderer_classes]

    def _show(self, instance: VersionedModel) -> Any:
        """Return the response data of a GET of *instance*, without changing *instance*."""
        reading, shown = self._reading(), copy.copy(instance)
        relations = getattr(getattr(reading.get_serializer_class(), "Meta", None), "prefetch_related", ())
        prefetch_related_objects([shown], *relations)
        return reading.get_serializer(shown).data

    def _reading(self) -> Any:
        """Return a copy of this view for a GET, without the attributes set by an `@action` decorator."""
        view: Any = copy.copy(self)
        for name in getattr(getattr(type(self), self.action or "", None), "kwargs", ()):
            vars(view).pop(name, None)
        view.action, view.request = "retrieve", clone_request(self.request, "GET")
        return view


def _parameter(name: str, description: str, *, required: bool = False) -> OpenApiParameter:
    schema = {"type": "string", "pattern": f"^(?:{_TAGS.pattern})$"}
    return OpenApiParameter(name, schema, OpenApiParameter.HEADER, required=required, description=description)


def check_preconditions(request: Request, current: Callable[[], Collection[str]]) -> None:
    """Raise `PreconditionFailed` unless the tags returned by *current* meet the preconditions of *request*.

    `If-Match` uses strong comparison; a write whose `If-None-Match` has a current tag fails too (RFC 9110, 13.1).
    Raises `BadRequest` for malformed tags, because ignoring them would let a stale change through.
    """
    wanted = entity_tags(request, "If-Match")
    if wanted is not None and wanted != ["*"] and not set(wanted) & set(current()):
        raise PreconditionFailed
    if request.method not in SAFE_METHODS and is_known(request, current):
        raise PreconditionFailed


def is_known(request: Request, current: Callable[[], Collection[str]]) -> bool:
    """Return True if `If-None-Match` has a tag that *current* returns, by weak comparison."""
    known = entity_tags(request, "If-None-Match")
    if known is None or known == ["*"]:
        return known is not None
    return bool({tag.removeprefix("W/") for tag in known} & set(current()))


def entity_tags(request: Request, header: str) -> list[str] | None:
    """Return the list of tags in *header*, `["*"]` for any tag, or None without the header.

    Raises `BadRequest` if the header is not a list of entity tags.
    """
    sent = request.headers.get(header)
    if sent is None:
        return None
    if not _TAGS.fullmatch(sent):
        raise BadRequest(_("{header} is not a list of entity tags.").format(header=header))
    return _TAG.findall(sent) or ["*"]
