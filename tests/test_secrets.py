"""No file that git tracks holds a secret: keys and tokens by their shape, nothing is asked of any server.

Passwords by the name of their variable are ruff's matter (S105 to S107); here they would be those of the tests.
"""

import secrets
from pathlib import Path

import pytest
from detect_secrets import SecretsCollection
from detect_secrets.settings import transient_settings

from tests.conftest import TEMPLATE, list_files

DETECTORS = [
    "AWSKeyDetector", "ArtifactoryDetector", "AzureStorageKeyDetector", "BasicAuthDetector", "DiscordBotTokenDetector",
    "GitHubTokenDetector", "GitLabTokenDetector", "JwtTokenDetector", "MailchimpDetector", "NpmDetector",
    "OpenAIDetector", "PrivateKeyDetector", "PypiTokenDetector", "SendGridDetector", "SlackDetector",
    "SquareOAuthDetector", "StripeDetector", "TelegramBotTokenDetector", "TwilioKeyDetector",
]  # fmt: skip
# URLs that show where a password stands, and those of tests that look for theirs in what is said.
SHOWN = r"user:(password|canary)@|\{[\w.]+\}@|\$\{?[A-Z_]+\}?@"


def found_in(paths: list[Path]) -> list[str]:
    """Return what looks like a secret in *paths*."""
    filters = [{"path": "detect_secrets.filters.regex.should_exclude_line", "pattern": [SHOWN]}]
    with transient_settings({"plugins_used": [{"name": name} for name in DETECTORS], "filters_used": filters}):
        collection = SecretsCollection()
        for path in paths:
            collection.scan_file(str(path))
    return [f"{path}:{secret.line_number}: {secret.type}" for path, secret in collection]


def test_no_file_holds_a_secret():
    assert found_in([path for path in list_files() if path.suffix not in (".png", ".svg")]) == []
    assert len(list_files()) > 100
    assert (TEMPLATE / "README.md") in list_files()


# Taken apart, so that this file has none.
@pytest.mark.parametrize(
    "text",
    [
        "key = 'AKIA" + "IOSFODNN7EXAMPLF'",
        "-----BEGIN " + "PRIVATE KEY-----",
        "url = 'postgresql://ada:" + secrets.token_hex(8) + "@db.example.com/name'",
        "token = 'ghp_" + secrets.token_hex(18) + "'",
    ],
)
def test_a_secret_is_found(tmp_path, text):
    file = tmp_path / "settings.py"
    file.write_text(text)

    assert len(found_in([file])) == 1
