"""Read environment variables: a missing, malformed or weak one stops the server, and the error names it.

The error never contains the value, which may be a password.
"""

import re
from collections.abc import Callable
from email.utils import parseaddr
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

SHORTEST_KEY = 50
FEWEST_CHARACTERS = 5  # distinct characters in a key; both limits are those of Django's own check
TRUE, FALSE = ("true", "1", "yes", "on"), ("false", "0", "no", "off", "")
KNOWN_KEYS = ("django-insecure-", "only-for-tests", "change-me", "changeme")

# As in `ALLOWED_HOSTS`: a name, `.name` for its subdomains too, or an IPv6 address in brackets, without a port.
_HOST = re.compile(r"\.?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f:.]+\]")
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#@\s*,]+")
_RATE = re.compile(r"[1-9][0-9]{0,8}/(s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?)")
_PATH = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]*(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")


class Environment(environ.FileAwareEnv):  # type: ignore[misc]  # django-environ has no types
    """django-environ's class, which raises `ImproperlyConfigured` with the name of the variable for every error."""

    asked: ClassVar[set[str]] = set()
    """The names of all variables that were read, whether they are set or not."""

    def get_value(self, var: str, cast: Any = None, default: Any = environ.Env.NOTSET, **kwargs: Any) -> Any:
        """Return the value of *var*, stripped, because the file of a secret often ends with a line break.

        Unlike in django-environ, a value that begins with `$` does not refer to another variable, because keys and
        passwords may begin with it.
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
            # Without the cause, whose message contains the value, which may be a password.
            raise ImproperlyConfigured(f"{var} cannot be parsed: {type(error).__name__}.") from None

    def read_file(self, var: str, folder: Path) -> None:
        """Read the file in *folder* that *var* names, by default `.env` if it exists; no file if *var* is empty."""
        name = self.str(var, default=".env")
        if name != ".env" and name and not (folder / name).is_file():
            raise ImproperlyConfigured(f"{var} names a file that does not exist.")
        if name:
            self.read_env(folder / name)

    def database(self, var: str, default: str) -> dict[str, Any]:
        """Return the entry of `DATABASES` for the URL in *var*, of SQLite or PostgreSQL."""
        message = f"{var} is not a URL of SQLite or PostgreSQL"
        config = self._parse_url(var, default, self.db_url_config, message)
        if config.get("ENGINE", "").rpartition(".")[2] not in ("sqlite3", "postgresql") or not config.get("NAME"):
            raise ImproperlyConfigured(f"{message}.")
        if config["NAME"] == ":memory:" and config.get("HOST"):  # sqlite://name, with two slashes instead of four
            raise ImproperlyConfigured(f"{message}: enter a file as sqlite:////path/to/file.")
        return config

    def cache(self, var: str, default: str) -> dict[str, Any]:
        """Return the entry of `CACHES` for the URL in *var*."""
        return self._parse_url(
            var, default, _parse_cache, f"{var} is not a URL of a cache, such as redis://host:6379/0"
        )

    def mail(self, var: str, default: str) -> dict[str, Any]:
        """Return the email settings for the URL in *var*."""
        message = f"{var} is not a URL of a mail server, such as smtp://host"
        return self._parse_url(var, default, self.email_url_config, message)

    def flag(self, var: str) -> bool:
        """Return *var* as a boolean; False if it is missing or empty."""
        text = self.str(var, default="").lower()
        if text not in (*TRUE, *FALSE):
            raise ImproperlyConfigured(f"{var} must be true or false.")
        return text in TRUE

    def natural(self, var: str, default: int, least: int = 0) -> int:
        """Return the integer in *var*, which must be at least *least*."""
        text = self.str(var, default=str(default))
        if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) < least:
            raise ImproperlyConfigured(f"{var} must be a whole number, {least} or more.")
        return int(text)

    def rate(self, var: str, default: str) -> str:
        """Return the throttle rate in *var*, such as `60/min`; an empty string for no limit."""
        rate: str = self.str(var, default=default)
        if rate and not _RATE.fullmatch(rate):
            raise ImproperlyConfigured(f"{var} must be a throttle rate, such as 60/min, 10/s or 1000/day.")
        return rate

    def names(self, var: str, default: Any = environ.Env.NOTSET) -> list[str]:
        """Return the comma-separated names in *var*, stripped."""
        return [name for item in self.list(var, default=default) if (name := item.strip())]

    def origins(self, var: str) -> list[str]:
        """Return the comma-separated origins in *var* (RFC 6454): scheme and host without a path. Reject `*`."""
        origins = self.names(var, default=[])
        if not all(_ORIGIN.fullmatch(origin) and _is_url(origin) for origin in origins):
            raise ImproperlyConfigured(f"{var} must be a comma-separated list of origins: https://app.example.com.")
        return origins

    def path(self, var: str) -> str:
        """Return the path in *var* without a leading and with a trailing slash; an empty string for none."""
        path = self.str(var, default="").strip("/")
        if path and not _PATH.fullmatch(path):
            raise ImproperlyConfigured(f"{var} must be a path of letters, digits and hyphens, such as admin-7f3a/.")
        return f"{path}/" if path else ""

    def address(self, var: str, default: str) -> str:
        """Return the email address in *var*, with or without a display name."""
        address: str = self.str(var, default="") or default
        if "@" not in parseaddr(address)[1].strip("@") or "\n" in address or "\r" in address:
            raise ImproperlyConfigured(f"{var} must be an email address.")
        return address

    def secret_key(self, var: str, *, debug: bool) -> str:
        """Return the secret key in *var*; unless *debug*, reject a short, repetitive or well-known one."""
        key: str = self.str(var)
        if not key or (_is_weak(key) and not debug):
            hint = "Generate one: python -c 'import secrets; print(secrets.token_urlsafe(50))'"
            raise ImproperlyConfigured(f"{var} is weak: it needs {SHORTEST_KEY} random characters. {hint}")
        return key

    def secret_keys(self, var: str, *, debug: bool) -> list[str]:
        """Return the comma-separated secret keys in *var*, by default none; unless *debug*, reject weak ones."""
        keys = self.names(var, default=[])
        if not debug and any(map(_is_weak, keys)):
            raise ImproperlyConfigured(f"{var} has a weak key: each needs {SHORTEST_KEY} random characters.")
        return keys

    def hosts(self, var: str, *, debug: bool) -> list[str]:
        """Return the comma-separated host names in *var*; unless *debug*, require at least one, and reject `*`."""
        hosts = self.names(var, default=["localhost", "127.0.0.1", "[::1]"] if debug else self.NOTSET)
        if not debug and not hosts:
            raise ImproperlyConfigured(f"{var} must contain the host names of this server.")
        if not all(_HOST.fullmatch(host) for host in hosts if not (debug and host == "*")):
            raise ImproperlyConfigured(f"{var} must be a comma-separated list of hosts, without URLs, ports and '*'.")
        return hosts

    def page(self, var: str) -> str:
        """Return the URL of a web page in *var*; an empty string if there is none."""
        url: str = self.str(var, default="")
        if url and not (url.startswith(("https://", "http://")) and _is_url(url)):
            raise ImproperlyConfigured(f"{var} is not a URL of a web page, such as https://app.example.com/reset.")
        return url

    def _parse_url(
        self, var: str, default: str, parse: Callable[[str], dict[str, Any]], message: str
    ) -> dict[str, Any]:
        text = self.str(var, default="") or default
        try:
            return parse(text)
        except (ValueError, KeyError, ImproperlyConfigured):
            # Without the cause, whose message contains the value, which may have a password.
            raise ImproperlyConfigured(f"{message}.") from None


def _is_weak(key: str) -> bool:
    return len(key) < SHORTEST_KEY or len(set(key)) < FEWEST_CHARACTERS or key.startswith(KNOWN_KEYS)


def _is_url(text: str) -> bool:
    """Return whether *text* is a URL with a host, with a valid port if any, and without white space."""
    try:
        parts = urlsplit(text)
        return bool(parts.hostname) and parts.port != 0 and not re.search(r"\s", text)
    except ValueError:
        return False


def _parse_cache(url: str) -> dict[str, Any]:
    config: dict[str, Any] = Environment.cache_url_config(url)
    where = config["LOCATION"]
    if config["BACKEND"].endswith("RedisCache"):
        from redis.connection import parse_url  # noqa: PLC0415  # not installed without the extra `redis`

        parse_url(where if isinstance(where, str) else where[0])  # type: ignore[no-untyped-call]  # redis has no types here
    return config
