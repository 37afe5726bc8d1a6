"""nginx in front of the project as it runs in production."""

import os
import secrets
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme

from deep.server import PATIENCE, Server, Tcp, database, free_port, serving, wait_for

CONFIGURATION = Path(__file__).with_name("nginx.conf")
NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")


@dataclass
class Proxied:
    """A server, and the two ways in."""

    server: Server
    https: Tcp
    http: Tcp


@contextmanager
def proxied(folder: Path, **environment: str) -> Iterator[Proxied]:
    """Serve the project behind nginx until the block ends; *environment* is for its settings."""
    with database("postgresql", folder, f"proxied_{secrets.token_hex(4)}") as url:
        known = {
            "DJANGO_SETTINGS_MODULE": "system.production",
            "ENV_FILE": "",  # the project's `.env` is for development, with DEBUG
            "DEBUG": "false",
            "EMAIL_URL": "dummymail://",
            "THROTTLE_ANON": "",
            "THROTTLE_USER": "",
            "THROTTLE_LOGIN": "",
            "DATABASE_URL": url,
            "SECRET_KEY": secrets.token_urlsafe(50),
            "ALLOWED_HOSTS": "localhost",
            "TRUSTED_PROXIES": "1",
        }
        with serving(url, folder, **known | environment) as server, _nginx(server, folder) as ways:
            yield Proxied(server, *ways)


@contextmanager
def _nginx(server: Server, folder: Path) -> Iterator[tuple[Tcp, Tcp]]:
    authority, context = trustme.CA(), ssl.create_default_context()
    authority.configure_trust(context)
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(folder / "certificate.pem")
    https, http = Tcp(free_port(), context), Tcp(free_port())
    filled = {"FOLDER": folder, "SOCKET": server.socket, "HTTPS_PORT": https.port, "HTTP_PORT": http.port}
    text = CONFIGURATION.read_text(encoding="utf-8")
    for name, value in filled.items():
        text = text.replace(name, str(value))
    if os.geteuid() == 0:  # the socket's folder is for its owner only
        text = f"user root;\n{text}"
    (folder / "nginx.conf").write_text(text, encoding="utf-8")
    with subprocess.Popen([str(NGINX), "-c", folder / "nginx.conf", "-e", folder / "error.log"]) as process:
        try:
            wait_for(https)
            yield https, http
        finally:
            process.terminate()
            process.wait(PATIENCE)
