"""The environment, read so that what is missing, garbled or weak stops the start with its name, and never its value."""

from collections.abc import Callable
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

SHORTEST_KEY = 50
FEWEST_CHARACTERS = 5  # different ones in a key; both are Django's own limits
KNOWN_KEYS = ("django-insecure-", "only-for-tests", "change-me", "changeme")


class Environment(environ.FileAwareEnv):  # type: ignore[misc]  # it ships no types
    """django-environ's, which names the variable in every refusal; raises `ImproperlyConfigured`."""

    def get_value(self, var: str, *args: Any, **kwargs: Any) -> Any:
        return _named(var, super().get_value, var, *args, **kwargs)

    def database(self, var: str, default: str) -> dict[str, Any]:
        """Return the entry of `DATABASES` that the URL in *var* stands for: SQLite or PostgreSQL."""
        config: dict[str, Any] = _named(var, self.db_url_config, self.str(var, default=default))
        if config.get("ENGINE", "").rpartition(".")[2] not in ("sqlite3", "postgresql"):
            raise ImproperlyConfigured(f"{var} is no URL of SQLite or PostgreSQL.")
        return config

    def natural(self, var: str, default: int) -> int:
        """Return the number in *var*, which is at least 0."""
        number: int = self.int(var, default=default)
        if number < 0:
            raise ImproperlyConfigured(f"{var} is negative.")
        return number

    def secret_key(self, var: str, *, debug: bool) -> str:
        """Return the key in *var*; without *debug* one that is short, monotonous or published is refused."""
        key: str = self.str(var)
        weak = len(key) < SHORTEST_KEY or len(set(key)) < FEWEST_CHARACTERS or key.startswith(KNOWN_KEYS)
        if not key or (weak and not debug):
            hint = "python -c 'import secrets; print(secrets.token_urlsafe(50))' makes one."
            raise ImproperlyConfigured(f"{var} is weak: it takes {SHORTEST_KEY} random characters of its own. {hint}")
        return key

    def hosts(self, var: str, *, debug: bool) -> list[str]:
        """Return the host names in *var*; without *debug* there has to be one, and none may stand for all."""
        hosts: list[str] = self.list(var, default=["localhost", "127.0.0.1", "[::1]"] if debug else self.NOTSET)
        if not debug and (not any(hosts) or "*" in hosts):
            raise ImproperlyConfigured(f"{var} has to name the hosts that this answers to, and '*' names none.")
        return hosts


def _named(var: str, read: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    try:
        return read(*args, **kwargs)
    except (ValueError, KeyError) as error:
        # Without the cause: its text repeats the value, which may have a password.
        raise ImproperlyConfigured(f"{var} cannot be read: {type(error).__name__}.") from None
