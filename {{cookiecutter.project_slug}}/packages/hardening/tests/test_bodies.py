"""The request body is read and parsed before a transaction begins, so that a slow client holds no lock."""

import io
from typing import Any

import pytest
from django.db import connection
from rest_framework.decorators import action
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.response import Response

from hardening.parsers import JSONParser
from hardening.resources.idempotency import IdempotencyMixin
from hardening.resources.preconditions import PreconditionsMixin
from hardening.viewsets import ModelViewSet
from shapes.models import Ticket
from shapes.routed import serve
from shapes.serializers import TicketSerializer

pytestmark = pytest.mark.django_db(transaction=True)

JSON = "application/json"
FORM = "multipart/form-data; boundary=x"


class TicketViewSet(IdempotencyMixin, PreconditionsMixin, ModelViewSet):
    queryset = Ticket.objects.all()
    serializer_class = TicketSerializer
    parser_classes = [JSONParser, FormParser, MultiPartParser]
    require_if_match = False

    @action(detail=True, methods=["post", "delete"])
    def touch(self, request, pk):
        return Response({"id": self.get_object().pk, "sent": request.data})

    @action(detail=True, methods=["post"])
    def look(self, request, pk):
        return Response({"id": self.get_object().pk})


class WholeViewSet(TicketViewSet):
    in_one_transaction = True


@pytest.fixture(autouse=True)
def routed(settings: Any) -> None:
    serve(settings, tickets=TicketViewSet, whole=WholeViewSet)


@pytest.fixture
def ticket() -> Ticket:
    return Ticket.objects.create(title="One")


class Body(io.BytesIO):
    """A request body that notes at every read whether a transaction is open."""

    def __init__(self, text: bytes) -> None:
        super().__init__(text)
        self.notes: list[bool] = []

    def read(self, *args: Any) -> bytes:
        self.notes.append(connection.in_atomic_block)
        return super().read(*args)


REQUESTS = [
    ("PUT", "/tickets/{}/", {}),
    ("PATCH", "/tickets/{}/", {}),
    ("PATCH", "/tickets/{}/", {"If-Match": "*"}),
    ("DELETE", "/tickets/{}/", {}),
    ("POST", "/tickets/{}/touch/", {}),
    ("POST", "/tickets/{}/look/", {}),
    ("DELETE", "/tickets/{}/touch/", {}),
    ("POST", "/tickets/", {}),
    ("POST", "/tickets/", {"Idempotency-Key": "k"}),
    ("POST", "/whole/", {}),
    ("POST", "/whole/", {"Idempotency-Key": "k"}),
    ("PATCH", "/whole/{}/", {}),
]


def send(client: Any, method: str, target: str, body: Body, content_type: str, headers: dict[str, str]) -> Any:
    known = {"CONTENT_LENGTH": str(len(body.getvalue())), "wsgi.input": body}
    return client.generic(method, target, b"", content_type, headers=headers, **known)


@pytest.mark.parametrize(
    ("content_type", "text"),
    [
        (JSON, b'{"title": "Two"}'),
        (FORM, b'--x\r\nContent-Disposition: form-data; name="title"\r\n\r\nTwo\r\n--x--\r\n'),
        ("application/x-www-form-urlencoded", b"title=Two"),
    ],
)
@pytest.mark.parametrize(("method", "target", "headers"), REQUESTS)
def test_no_transaction_is_open_while_the_body_is_read(ada, ticket, method, target, headers, content_type, text):
    body = Body(text)

    response = send(ada, method, target.format(ticket.pk), body, content_type, headers)

    assert response.status_code < 300, response.content
    assert set(body.notes) == {False}


@pytest.mark.parametrize(
    ("content_type", "text", "status"),
    [
        (JSON, b"{", 400),
        (JSON, b'{"title": NaN}', 400),
        ("application/json; charset=latin-1", b"{}", 415),
        ("text/plain", b"title", 415),
        ("multipart/form-data", b"--x--", 400),
    ],
)
@pytest.mark.parametrize(("method", "target", "headers"), REQUESTS)
def test_a_body_that_cannot_be_parsed_costs_no_statement_in_a_transaction(
    ada, ticket, method, target, headers, content_type, text, status
):
    inside = []

    def note(execute: Any, *args: Any) -> Any:
        inside.append(connection.in_atomic_block)
        return execute(*args)

    with connection.execute_wrapper(note):
        response = send(ada, method, target.format(ticket.pk), Body(text), content_type, headers)

    assert response.status_code == status, response.content
    assert True not in inside
    assert Ticket.objects.get().title == "One"


@pytest.mark.parametrize(
    ("header", "method", "target"),
    [
        ("If-Match", "PATCH", "/tickets/{}/"),
        ("If-None-Match", "DELETE", "/tickets/{}/"),
        ("If-Match", "POST", "/tickets/{}/touch/"),
        ("If-None-Match", "GET", "/tickets/{}/"),
        ("Idempotency-Key", "POST", "/tickets/"),
        ("Idempotency-Key", "POST", "/whole/"),
    ],
)
def test_a_malformed_header_is_400_before_the_body_is_read_or_a_row_is_looked_up(
    ada, ticket, django_assert_num_queries, header, method, target
):
    body = Body(b'{"title": "Two"}')

    with django_assert_num_queries(1):  # the token
        response = send(ada, method, target.format(ticket.pk), body, JSON, {header: "a b"})

    assert (response.status_code, response.json()["code"]) == (400, "bad_request")
    assert body.notes == []


def test_a_body_of_a_client_without_a_token_is_not_read(client, ticket):
    body = Body(b'{"title": "Two"}')

    assert send(client, "PATCH", f"/tickets/{ticket.pk}/", body, JSON, {}).status_code == 401
    assert body.notes == []


@pytest.mark.parametrize("target", ["/tickets/{}/", "/tickets/{}/look/"])
def test_a_content_type_without_a_body_is_not_an_error_where_no_body_is_expected(ada, ticket, target):
    method = "DELETE" if target == "/tickets/{}/" else "POST"

    assert send(ada, method, target.format(ticket.pk), Body(b""), JSON, {}).status_code < 300


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_change_without_a_body_is_400(ada, ticket, method):
    response = send(ada, method, f"/tickets/{ticket.pk}/", Body(b""), JSON, {})

    assert (response.status_code, response.json()["code"]) == (400, "malformed")
