"""The environment, read so that what is missing, garbled or weak stops the start with its name, and never its value."""

import re
from collections.abc import Callable
from email.utils import parseaddr
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from redis.connection import parse_url

SHORTEST_KEY = 50
FEWEST_CHARACTERS = 5  # different ones in a key; both are Django's own limits
TRUE, FALSE = ("true", "1", "yes", "on"), ("false", "0", "no", "off", "")
KNOWN_KEYS = ("django-insecure-", "only-for-tests", "change-me", "changeme")

# What Django compares with `Host`: a name, `.name` for its subdomains too, or an IPv6 address in brackets; no port.
_HOST = re.compile(r"\.?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f:.]+\]")
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#@\s*,]+")
_RATE = re.compile(r"[1-9][0-9]{0,8}/(s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?)")
_PATH = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]*(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")


class Environment(environ.FileAwareEnv):  # type: ignore[misc]  # it ships no types
    """django-environ's, which names the variable in every refusal; raises `ImproperlyConfigured`."""

    asked: ClassVar[set[str]] = set()
    """The names that something has read, there or not."""

    def get_value(self, var: str, cast: Any = None, default: Any = environ.Env.NOTSET, **kwargs: Any) -> Any:
        """Return the value of *var* without the space around it, with which the file of a secret ends.

        Unlike django-environ's, a value that begins with `$` is itself, and does not name another variable: keys and
        passwords may begin so.
        """
        self.asked.add(var)
        try:
            text = self.ENVIRON[var].strip()
            return self.parse_value(text, cast) if cast else text
        except KeyError:
            if default is self.NOTSET:
                raise ImproperlyConfigured(f"Set the {var} environment variable.") from None
            return default
        except (OSError, UnicodeError) as error:
            raise ImproperlyConfigured(f"{var}_FILE cannot be read: {type(error).__name__}.") from None
        except ValueError as error:
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

    def flag(self, var: str) -> bool:
        """Return whether *var* is on; off where it is missing or empty. Raise for what is neither on nor off."""
        text = self.str(var, default="").lower()
        if text not in (*TRUE, *FALSE):
            raise ImproperlyConfigured(f"{var} has to be true or false.")
        return text in TRUE

    def natural(self, var: str, default: int, least: int = 0) -> int:
        """Return the whole number in *var*, which is at least *least*."""
        text = self.str(var, default=str(default))
        if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) < least:
            raise ImproperlyConfigured(f"{var} has to be a whole number from {least} on.")
        return int(text)

    def rate(self, var: str, default: str) -> str:
        """Return the rate limit in *var*, such as `60/min`; empty for none."""
        rate: str = self.str(var, default=default)
        if rate and not _RATE.fullmatch(rate):
            raise ImproperlyConfigured(f"{var} has to be a rate: 60/min, 10/s or 1000/day.")
        return rate

    def names(self, var: str, default: Any = environ.Env.NOTSET) -> list[str]:
        """Return the names in *var*, which stand between commas, without the spaces around them."""
        return [name for each in self.list(var, default=default) if (name := each.strip())]

    def origins(self, var: str) -> list[str]:
        """Return the origins in *var* (RFC 6454): a scheme and a host, and no path; `*` is refused."""
        origins = self.names(var, default=[])
        if not all(_ORIGIN.fullmatch(origin) and _is_url(origin) for origin in origins):
            raise ImproperlyConfigured(f"{var} has to name origins, with commas: https://app.example.com.")
        return origins

    def path(self, var: str) -> str:
        """Return the path in *var* without a slash before it and with one after it; empty for none."""
        path = self.str(var, default="").strip("/")
        if path and not _PATH.fullmatch(path):
            raise ImproperlyConfigured(f"{var} has to be a path of letters, digits and hyphens: admin-7f3a/.")
        return f"{path}/" if path else ""

    def address(self, var: str, default: str) -> str:
        """Return the email address in *var*, with a name before it or without."""
        address: str = self.str(var, default="") or default
        if "@" not in parseaddr(address)[1].strip("@") or "\n" in address or "\r" in address:
            raise ImproperlyConfigured(f"{var} has to be an email address.")
        return address

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
        hosts = self.names(var, default=["localhost", "127.0.0.1", "[::1]"] if debug else self.NOTSET)
        if not debug and not hosts:
            raise ImproperlyConfigured(f"{var} has to name the hosts that this answers to.")
        if not all(_HOST.fullmatch(host) for host in hosts if not (debug and host == "*")):
            raise ImproperlyConfigured(f"{var} has to name hosts, with commas, and neither URLs, ports nor '*'.")
        return hosts

    def page(self, var: str) -> str:
        """Return the URL of a page in *var*; empty where there is none."""
        url: str = self.str(var, default="")
        if url and not (url.startswith(("https://", "http://")) and _is_url(url)):
            raise ImproperlyConfigured(f"{var} is no URL of a page, https://app.example.com/reset is.")
        return url

    def _url(self, var: str, default: str, parse: Callable[[str], dict[str, Any]], refusal: str) -> dict[str, Any]:
        text = self.str(var, default="") or default
        try:
            return parse(text)
        except (ValueError, KeyError, ImproperlyConfigured):
            # Without the cause: its text repeats the value, which may have a password.
            raise ImproperlyConfigured(f"{refusal}.") from None


def _is_url(text: str) -> bool:
    """Tell whether *text* is a URL with a host, a port that exists if any, and no spaces."""
    try:
        parts = urlsplit(text)
        return bool(parts.hostname) and parts.port != 0 and not re.search(r"\s", text)
    except ValueError:
        return False


def _cache(url: str) -> dict[str, Any]:
    config: dict[str, Any] = Environment.cache_url_config(url)
    where = config["LOCATION"]
    if config["BACKEND"].endswith("RedisCache"):
        parse_url(where if isinstance(where, str) else where[0])  # type: ignore[no-untyped-call]  # it has no types
    return config
