"""Complete generated requests about accounts: a password, its confirmation and the current password belong together."""

from collections.abc import Callable
from typing import Any

PASSWORD = "correct horse battery"


def rows(new: Callable[..., int]) -> dict[str, list[int]]:
    """Create the objects that requests refer to with *new*, and return the ids of each collection."""
    return {"profiles": [new("profiles", username=f"p{n}", email=f"p{n}@example.com") for n in range(3)]}


def complete(body: dict[str, Any], operation: str, ids: dict[str, list[int]]) -> None:
    """Add to *body* the values that *operation* requires and the OpenAPI document cannot express."""
    changes_account = operation == "accounts_me_partial_update" and "password" in body
    if changes_account or "current_password" in body:
        body["current_password"] = PASSWORD
    if "password" in body:
        body["password"] = PASSWORD
    if "confirm_password" in body:
        body["confirm_password"] = body.get("password")
