"""The environment, read so that what is missing, garbled or weak stops the start with its name, and never its value."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import environ
from django.core.exceptions import ImproperlyConfigured
from redis.connection import parse_url

SHORTEST_KEY = 50
FEWEST_CHARACTERS = 5  # different ones in a key; both are Django's own limits
KNOWN_KEYS = ("django-insecure-", "only-for-tests", "change-me", "changeme")


class Environment(environ.FileAwareEnv):  # type: ignore[misc]  # it ships no types
    """django-environ's, which names the variable in every refusal; raises `ImproperlyConfigured`."""

    asked: ClassVar[set[str]] = set()
    """The names that something has read, there or not."""

    def get_value(self, var: str, *args: Any, **kwargs: Any) -> Any:
        self.asked.add(var)
        try:
            return super().get_value(var, *args, **kwargs)
        except OSError as error:
            raise ImproperlyConfigured(f"{var}_FILE cannot be read: {type(error).__name__}.") from None
        except (ValueError, KeyError) as error:
            # Without the cause: its text repeats the value, which may have a password.
            raise ImproperlyConfigured(f"{var} cannot be read: {type(error).__name__}.") from None

    def read_file(self, var: str, folder: Path) -> None:
        """Read the file in *folder* that *var* names, or `.env`, which may be missing; none where *var* is empty."""
        name = self.str(var, default=".env")
        if name != ".env" and name and not (folder / name).is_file():
            raise ImproperlyConfigured(f"{var} names a file that is not there.")
        if name:
            self.read_env(folder / name)

    def database(self, var: str, default: str) -> dict[str, Any]:
        """Return the entry of `DATABASES` that the URL in *var* stands for: SQLite or PostgreSQL."""
        refusal = f"{var} is no URL of SQLite or PostgreSQL"
        config = self._url(var, default, self.db_url_config, refusal)
        if config.get("ENGINE", "").rpartition(".")[2] not in ("sqlite3", "postgresql") or not config.get("NAME"):
            raise ImproperlyConfigured(f"{refusal}.")
        if config["NAME"] == ":memory:" and config.get("HOST"):  # sqlite://name, which has two slashes of four
            raise ImproperlyConfigured(f"{refusal}: a file is sqlite:////path/to/it.")
        return config

    def cache(self, var: str, default: str) -> dict[str, Any]:
        """Return the entry of `CACHES` that the URL in *var* stands for."""
        return self._url(var, default, _cache, f"{var} is no URL of a cache, redis://host:6379/0 is")

    def mail(self, var: str, default: str) -> dict[str, Any]:
        """Return the settings of mail that the URL in *var* stands for."""
        return self._url(var, default, self.email_url_config, f"{var} is no URL of a mail server, smtp://host is")

    def natural(self, var: str, default: int) -> int:
        """Return the number in *var*, which is at least 0."""
        text = self.str(var, default=str(default))
        if not (text.isascii() and text.isdigit()):
            raise ImproperlyConfigured(f"{var} is no whole number from 0 on.")
        return int(text)

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
        if any("/" in host for host in hosts):
            raise ImproperlyConfigured(f"{var} names hosts, and no URLs.")
        return hosts

    def page(self, var: str) -> str:
        """Return the URL of a page in *var*; empty where there is none."""
        url: str = self.str(var, default="")
        if url and not url.startswith(("https://", "http://")):
            raise ImproperlyConfigured(f"{var} is no URL of a page, https://app.example.com/reset is.")
        return url

    def _url(self, var: str, default: str, parse: Callable[[str], dict[str, Any]], refusal: str) -> dict[str, Any]:
        text = self.str(var, default="") or default
        try:
            return parse(text)
        except (ValueError, KeyError, ImproperlyConfigured):
            # Without the cause: its text repeats the value, which may have a password.
            raise ImproperlyConfigured(f"{refusal}.") from None


def _cache(url: str) -> dict[str, Any]:
    config: dict[str, Any] = Environment.cache_url_config(url)
    where = config["LOCATION"]
    if config["BACKEND"].endswith("RedisCache"):
        parse_url(where if isinstance(where, str) else where[0])  # type: ignore[no-untyped-call]  # it has no types
    return config
