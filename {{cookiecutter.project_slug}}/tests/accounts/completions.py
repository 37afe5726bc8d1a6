"""What belongs together in requests about accounts: a password, its confirmation, and the current one."""

from collections.abc import Callable
from typing import Any

PASSWORD = "correct horse battery"


def rows(new: Callable[..., int]) -> dict[str, list[int]]:
    """Make what requests refer to with *new*, and return the ids of each collection."""
    return {"profiles": [new("profiles", username=f"p{n}", email=f"p{n}@example.com") for n in range(3)]}


def complete(body: dict[str, Any], operation: str, ids: dict[str, list[int]]) -> None:
    """Put into *body* what *operation* needs beside what a schema can say."""
    changes_account = operation == "accounts_me_partial_update" and "password" in body
    if changes_account or "current_password" in body:
        body["current_password"] = PASSWORD
    if "password" in body:
        body["password"] = PASSWORD
    if "confirm_password" in body:
        body["confirm_password"] = body.get("password")
