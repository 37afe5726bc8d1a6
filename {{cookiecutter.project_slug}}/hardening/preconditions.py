"""Conditional requests (RFC 9110, 13): nobody overwrites what they have not seen, or reads twice what they have.

One line on the model and one on the viewset:

    class Purchase(VersionedModel): ...
    class PurchaseViewSet(PreconditionsMixin, ModelViewSet): ...

An ETag stands for the row. Where the representation shows other rows too, these have to save it when they change.
"""

import re
from typing import TYPE_CHECKING, Any

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from hardening.exceptions import BadRequest, PreconditionFailed, PreconditionRequired
from hardening.models import VersionedModel

if TYPE_CHECKING:
    from hardening.viewsets import ModelViewSet as _ViewSet  # what the mixin stands before
else:
    _ViewSet = object

_CHANGES = ("PUT", "PATCH", "DELETE")
_TAG = re.compile(r'(?:W/)?"[!#-~]*"')
_TAGS = re.compile(rf"\*|{_TAG.pattern}(?:[ \t]*,[ \t]*{_TAG.pattern})*")


def etag(instance: VersionedModel) -> str:
    """Return the strong entity tag of the state of *instance*."""
    return f'"{instance.pk}-{instance.version}"'


class PreconditionsMixin(_ViewSet):
    """`ETag` on what shows one object; a change has to name it in `If-Match`, judged under the lock on the row.

    Without `If-Match` a change is 428, with another object's or state's tag 412. `require_if_match = False` on
    the viewset takes changes without it.
    """

    require_if_match = True
    _beside: tuple[Any, ...] = ()
    _written: Any = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Prepare the request as the viewset does; raise `BadRequest` for a malformed condition."""
        super().initial(request, *args, **kwargs)
        if self.detail:
            for header in ("If-Match", "If-None-Match"):
                entity_tags(request, header)

    def get_object(self) -> Any:
        """Return the object as the viewset does; raise `PreconditionRequired` or `PreconditionFailed`."""
        instance = super().get_object()
        required = self.require_if_match and self.request.method in _CHANGES
        if required and "If-Match" not in self.request.headers:
            raise PreconditionRequired
        check_preconditions(self.request, etag(instance))
        return instance

    def get_queryset(self) -> Any:
        """Return the viewset's; what stands beside one object is fetched once it is clear that it will be shown."""
        queryset = super().get_queryset()
        if getattr(self, "action", None) != "retrieve":
            return queryset
        self._beside = queryset._prefetch_related_lookups
        return queryset.prefetch_related(None)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        instance = self.get_object()
        if is_known(request, etag(instance)):
            return Response(status=304, headers={"ETag": etag(instance)})
        prefetch_related_objects([instance], *self._beside)
        return Response(self.get_serializer(instance).data, headers={"ETag": etag(instance)})

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self._tagged(super().create(request, *args, **kwargs))

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self._tagged(super().update(request, *args, **kwargs))

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
        if isinstance(self._written, VersionedModel):
            response["ETag"] = etag(self._written)
        return response


def _parameter(name: str, description: str, *, required: bool = False) -> OpenApiParameter:
    schema = {"type": "string", "pattern": f"^(?:{_TAGS.pattern})$"}
    return OpenApiParameter(name, schema, OpenApiParameter.HEADER, required=required, description=description)


def check_preconditions(request: Request, current: str) -> None:
    """Raise `PreconditionFailed` where *request* is not meant for the state that *current* is the tag of.

    `If-Match` compares strongly, and `If-None-Match` refuses a change of what it names (RFC 9110, 13.1). Raises
    `BadRequest` for tags that are none: taken for absent, they would let a stale change through.
    """
    wanted = entity_tags(request, "If-Match")
    if wanted is not None and wanted != ["*"] and current not in wanted:
        raise PreconditionFailed
    if request.method not in SAFE_METHODS and is_known(request, current):
        raise PreconditionFailed


def is_known(request: Request, current: str) -> bool:
    """Tell whether `If-None-Match` names *current*, by weak comparison."""
    known = entity_tags(request, "If-None-Match")
    return known is not None and (known == ["*"] or current in [tag.removeprefix("W/") for tag in known])


def entity_tags(request: Request, header: str) -> list[str] | None:
    """Return the tags in *header*, `["*"]` for any, None without it; raise `BadRequest` for what is no list of tags."""
    sent = request.headers.get(header)
    if sent is None:
        return None
    if not _TAGS.fullmatch(sent):
        raise BadRequest(_("{header} is no list of entity tags.").format(header=header))
    return _TAG.findall(sent) or ["*"]
