"""Errors are logged with their traceback, without the values of a row or of a request."""

import json
import logging
from typing import Any

import pytest
import structlog
from django.core.exceptions import (
    DisallowedHost,
    DisallowedRedirect,
    RequestDataTooBig,
    SuspiciousFileOperation,
    SuspiciousOperation,
    TooManyFieldsSent,
)
from django.db import DataError, IntegrityError

pytestmark = pytest.mark.django_db

PROFILES = "/api/v1/profiles/"


def lines(log: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_the_row_in_a_database_error_is_not_logged(ada, log, monkeypatch):
    text = "null value violates a constraint\nDETAIL:  Failing row contains (1, canary).\nCONTEXT:  here"

    def fail(*args: Any) -> None:
        raise IntegrityError(text)

    monkeypatch.setattr("accounts.views.ProfileViewSet.list", fail)

    assert ada.get(f"{PROFILES}").status_code == 500
    assert "canary" not in log.getvalue()
    assert "null value violates" in log.getvalue()


REJECTED = "duplicate key\nDETAIL:  Failing row (1, first\nDETAIL: second\nCONTEXT: third)."  # a traceback shows code


def test_a_rejected_row_of_several_lines_is_not_logged(log):
    try:
        try:
            raise IntegrityError(REJECTED)
        except IntegrityError as error:
            error.add_note(REJECTED.replace("first", "fourth"))
            raise ValueError("outer") from error
    except ValueError:
        logging.getLogger("django.request").exception("It failed")
    logging.getLogger("accounts").error("It failed: %s", "x\nDETAIL:  a (fifth\nsixth)")

    written = log.getvalue()
    assert "duplicate key (details left out)" in written
    assert [word for word in ("first", "second", "third", "fourth", "fifth", "sixth") if word in written] == []


def quoted(error: Exception) -> Exception:
    return RuntimeError(repr(error))


def as_a_key(error: Exception) -> Exception:
    return KeyError(str(error))


def in_a_group(error: Exception) -> Exception:
    return ExceptionGroup("several", [ExceptionGroup("more", [error])])


@pytest.mark.parametrize("wrap", [quoted, as_a_key, in_a_group])
def test_a_rejected_row_in_the_message_of_another_exception_is_not_logged(log, wrap):
    try:
        try:
            raise IntegrityError(REJECTED)
        except IntegrityError as error:
            raise wrap(error) from error
    except Exception:
        logging.getLogger("django.request").exception("It failed")

    assert "duplicate key (details left out)" in log.getvalue()
    assert [word for word in ("first", "second", "third") if word in log.getvalue()] == []


MALFORMED = 'invalid input syntax for type integer: "canary"'  # a traceback shows the code


def test_a_value_that_the_database_rejects_is_not_logged(log):
    try:
        raise DataError(MALFORMED)
    except DataError:
        logging.getLogger("django.request").exception("It failed")

    assert "DataError: (details left out)" in log.getvalue()
    assert "canary" not in log.getvalue()


ROW = (1, "first", "second\nthird")
SEVERAL = ("duplicate key", ROW)
VALUES = ("first", "second", "third", "canary")


def rejected(*arguments: object) -> IntegrityError:
    return IntegrityError(*(arguments or (REJECTED,)))


def with_a_note(error: Exception) -> Exception:
    outer = ValueError("outer")
    outer.add_note(f"It was {error!r}")
    return outer


def with_the_row(error: Exception) -> Exception:
    return ValueError(f"bad row {ROW}")


@pytest.mark.parametrize("wrap", [quoted, as_a_key, in_a_group, with_a_note, with_the_row])
@pytest.mark.parametrize("arguments", [(REJECTED,), SEVERAL])
def test_an_exception_chained_to_a_rejected_row_is_logged_without_its_message(log, wrap, arguments):
    try:
        try:
            raise rejected(*arguments)
        except IntegrityError as error:
            raise wrap(error) from error
    except Exception:
        logging.getLogger("django.request").exception("It failed")

    assert "IntegrityError: " in log.getvalue()
    assert "Traceback" in log.getvalue()
    assert [word for word in VALUES if word in log.getvalue()] == []


@pytest.mark.parametrize("wrap", [quoted, as_a_key, with_a_note])
def test_an_unchained_exception_that_repeats_a_rejected_row_is_logged_without_it(log, wrap):
    logging.getLogger("django.request").error("It failed", exc_info=wrap(rejected()))

    assert type(wrap(rejected())).__name__ in log.getvalue()
    assert [word for word in VALUES if word in log.getvalue()] == []


def test_a_chain_of_a_thousand_exceptions_is_logged(log):
    error: Exception = rejected()
    for number in range(1000):
        outer = ValueError(f"outer {number}")
        outer.__context__ = error
        error = outer
    logging.getLogger("django.request").error("It failed", exc_info=error)

    assert log.getvalue().count("ValueError: (details left out)") == 1000
    assert [word for word in VALUES if word in log.getvalue()] == []


MESSAGES = {
    "as an argument": lambda logger, error: logger.error("It failed: %s, %r", error, error),
    "as an argument by name": lambda logger, error: logger.error("It failed: %(error)s", {"error": error}),
    "as the message": lambda logger, error: logger.error(error),
    "in the message": lambda logger, error: logger.error(f"It failed: {error}"),  # noqa: G004  # as a project may
    "as a representation": lambda logger, error: logger.error(f"It failed: {error!r}"),  # noqa: G004  # as a project may
    "twice represented": lambda logger, error: logger.error(f"It failed: {[repr(error)]!r}"),  # noqa: G004  # as a project may
}
KINDS = [(IntegrityError, (REJECTED,)), (IntegrityError, SEVERAL), (DataError, (MALFORMED,))]


@pytest.mark.parametrize("said", MESSAGES)
@pytest.mark.parametrize(("kind", "arguments"), KINDS)
@pytest.mark.parametrize("get_logger", [logging.getLogger, structlog.stdlib.get_logger])
def test_a_message_that_repeats_a_rejected_row_is_logged_without_it(log, get_logger, kind, arguments, said):
    try:
        raise kind(*arguments)
    except kind as error:
        MESSAGES[said](get_logger("accounts"), error)

    assert [line["logger"] for line in lines(log)] == ["accounts"]
    assert "(details left out)" in log.getvalue()
    assert [word for word in VALUES if word in log.getvalue()] == []


@pytest.mark.parametrize("said", ["as an argument", "as the message", "as a representation"])
@pytest.mark.parametrize(("kind", "arguments"), KINDS)
def test_a_message_about_an_error_handled_before_is_logged_without_the_row(log, kind, arguments, said):
    MESSAGES[said](structlog.stdlib.get_logger("accounts"), kind(*arguments))

    assert "(details left out)" in log.getvalue()
    assert [word for word in VALUES if word in log.getvalue()] == []


def test_a_row_nested_in_the_details_of_an_entry_is_not_logged(log):
    logger = structlog.stdlib.get_logger("accounts")
    logger.info("kept", number=1, none=None, words=["plain"])
    logger.error("It failed", error=rejected(*SEVERAL), errors=[{"of": DataError(MALFORMED)}], said=repr(rejected()))

    kept, cut = lines(log)
    assert (kept["number"], kept["none"], kept["words"]) == (1, None, ["plain"])
    assert cut["error"] == "IntegrityError: (details left out)"
    assert cut["errors"] == [{"of": "DataError: (details left out)"}]
    assert [word for word in VALUES if word in log.getvalue()] == []


def test_an_entry_that_cannot_be_formatted_is_logged_without_its_arguments(log, monkeypatch, capsys):
    ours = [each for each in logging.getLogger().handlers if each.name == "console"]
    monkeypatch.setattr(logging.getLogger(), "handlers", ours)  # pytest's would raise the error
    logging.getLogger("accounts").error("It failed: %d", REJECTED)

    assert [(line["event"], line["logger"]) for line in lines(log)] == [
        ("A log entry could not be written.", "accounts")
    ]
    assert [word for word in VALUES if word in log.getvalue() + "".join(capsys.readouterr())] == []


def test_the_message_of_an_error_without_values_is_logged(log):
    try:
        try:
            raise IntegrityError("UNIQUE constraint failed: a.b")
        except IntegrityError as error:
            error.add_note("while saving")
            raise ValueError("outer") from error
    except ValueError as error:
        logging.getLogger("django.request").exception("It failed: %s", error)

    [line] = lines(log)
    assert line["event"] == "It failed: outer"
    assert "IntegrityError: UNIQUE constraint failed: a.b\nwhile saving\n" in line["exception"]
    assert line["exception"].endswith("ValueError: outer")


class RefusedByTheProject(SuspiciousOperation):
    pass


@pytest.mark.parametrize(
    "kind",
    [SuspiciousOperation, SuspiciousFileOperation, TooManyFieldsSent, RequestDataTooBig, DisallowedHost,
     DisallowedRedirect, RefusedByTheProject],
)  # fmt: skip
def test_a_suspicious_request_is_logged_as_one_short_warning(client, log, monkeypatch, kind):
    def fail(*args: Any) -> None:
        raise kind("b" * 1000 + "\nforged")

    monkeypatch.setattr("django.http.JsonResponse.__init__", fail)
    response = client.get("/livez?cursor=canary")

    assert response.status_code == 400
    found = [line for line in lines(log) if line["logger"].startswith("django.security")]
    assert [(line["level"], line["event"], "exception" in line) for line in found] == [("warning", "b" * 200, False)]
    assert found[0]["request_id"] == response["X-Request-ID"]
    assert "canary" not in log.getvalue()


def test_a_suspicious_request_that_repeats_a_rejected_row_is_logged_without_it(client, log, monkeypatch):
    def fail(*args: Any) -> None:
        raise SuspiciousOperation(MALFORMED) from DataError(MALFORMED)

    monkeypatch.setattr("django.http.JsonResponse.__init__", fail)

    assert client.get("/livez").status_code == 400
    assert [line["event"] for line in lines(log) if line["logger"].startswith("django.security")] == [
        "(details left out)"
    ]


def test_an_invalid_host_is_logged_as_one_warning(client, log):
    response = client.get("/api/v1/profiles/", headers={"Host": "evil.example"})

    assert response.status_code == 400
    found = [line for line in lines(log) if line["logger"] == "django.security.DisallowedHost"]
    assert [(line["level"], "exception" in line) for line in found] == [("warning", False)]
