"""What the tests of other packages share."""

import pytest

from hardening.testing import client

# Codes of the packages' own; `docs/errors.md` does not list them.
CODES = {
    "bad_authorization_header",
    "bad_token",
    "invalid_currency",
    "invalid_json",
    "invalid_list",
    "invalid_pk_value",
    "no_active_account",
    "not_a_list",
    "not_a_str",
    "password_changed",
    "token_not_valid",
    "user_not_found",
}


@pytest.fixture(autouse=True)
def _codes_of_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    documented = client.documented_codes()
    monkeypatch.setattr(client, "documented_codes", lambda: documented | CODES)
