"""What the tests of other packages share."""

import pytest

from tests import client

# Codes of the packages' own, which `docs/packages.md` names.
CODES = {"invalid_list", "invalid_pk_value", "not_a_str", "bad_token", "token_not_valid", "no_active_account"} | {
    "invalid_currency"
}


@pytest.fixture(autouse=True)
def _codes_of_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    documented = client.documented_codes()
    monkeypatch.setattr(client, "documented_codes", lambda: documented | CODES)
