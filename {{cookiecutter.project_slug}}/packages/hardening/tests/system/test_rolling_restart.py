"""Two servers behind nginx are restarted one after the other, and no client notices."""

import os
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

from deep.faults import SECONDS, find_lost, under_load
from deep.server import (
    PATIENCE,
    Caller,
    Server,
    Tcp,
    database,
    free_port,
    migrate,
    serving_migrated,
    signed_up,
    wait_for,
)
from system.proxies import NGINX

# nginx does not poll `/readyz`: if a server has no listener, and so has not seen the request, it tries the next.
CONFIGURATION = """
{user}
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    upstream api {{
        server unix:{folder}/0/socket max_fails=0;
        server unix:{folder}/1/socket max_fails=0;
    }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://api;
            proxy_set_header Host $http_host;
        }}
    }}
}}
"""


def start(stack: ExitStack, url: str, folder: Path) -> Server:
    folder.mkdir(exist_ok=True)
    settings = {"DJANGO_SETTINGS_MODULE": "deep.faulty", "DRAIN_SECONDS": "1"}
    return stack.enter_context(serving_migrated(url, folder, "--threads", "4", **settings))


def test_a_rolling_restart_behind_nginx_fails_no_request(tmp_path):
    port = free_port()
    user = "user root;" if os.geteuid() == 0 else ""
    (tmp_path / "nginx.conf").write_text(CONFIGURATION.format(folder=tmp_path, port=port, user=user))
    with ExitStack() as stack:
        url = stack.enter_context(database("postgresql", tmp_path, f"rolling_{os.getpid()}"))
        migrate(url, DJANGO_SETTINGS_MODULE="deep.faulty")
        servers = [start(stack, url, tmp_path / str(number)) for number in range(2)]
        command = [str(NGINX), "-c", tmp_path / "nginx.conf", "-e", tmp_path / "error.log"]
        nginx = stack.enter_context(subprocess.Popen(command))
        stack.callback(nginx.terminate)
        wait_for(Tcp(port))
        ada = signed_up(Caller(Tcp(port)), "ada")
        with under_load(ada, readers=4, writers=2) as load:
            for number, server in enumerate(servers):
                time.sleep(SECONDS)
                server.process.terminate()
                assert server.process.wait(PATIENCE) == 0
                start(stack, url, tmp_path / str(number))
            time.sleep(SECONDS)

        assert set(load.count()) == {200, 201}
        assert find_lost(load, url) == ([], [])
