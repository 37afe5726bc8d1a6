"""Search every tracked file for keys and tokens by their format, without contacting a server.

Passwords are not searched for: ruff reports them by the name of the variable (S105 to S107).
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
# URLs with a placeholder for the password, and URLs of tests that search for theirs in output.
ALLOWED = r"user:(password|canary)@|\{[\w.]+\}@|\$\{?[A-Z_]+\}?@"


def find_secrets(paths: list[Path]) -> list[str]:
    """Return the location and type of each possible secret in *paths*."""
    filters = [{"path": "detect_secrets.filters.regex.should_exclude_line", "pattern": [ALLOWED]}]
    with transient_settings({"plugins_used": [{"name": name} for name in DETECTORS], "filters_used": filters}):
        collection = SecretsCollection()
        for path in paths:
            collection.scan_file(str(path))
    return [f"{path}:{secret.line_number}: {secret.type}" for path, secret in collection]


def test_no_tracked_file_contains_a_secret():
    assert find_secrets([path for path in list_files() if path.suffix not in (".png", ".svg", ".xz")]) == []
    assert len(list_files()) > 100
    assert (TEMPLATE / "README.md") in list_files()


# In parts, so that this file does not match.
@pytest.mark.parametrize(
    "text",
    [
        "key = 'AKIA" + "IOSFODNN7EXAMPLF'",
        "-----BEGIN " + "PRIVATE KEY-----",
        "url = 'postgresql://ada:" + secrets.token_hex(8) + "@db.example.com/name'",
        "token = 'ghp_" + secrets.token_hex(18) + "'",
    ],
    ids=["access key", "private key", "password", "token"],  # all processes collect the tests under the same names
)
def test_a_secret_is_found(tmp_path, text):
    file = tmp_path / "settings.py"
    file.write_text(text)

    assert len(find_secrets([file])) == 1
