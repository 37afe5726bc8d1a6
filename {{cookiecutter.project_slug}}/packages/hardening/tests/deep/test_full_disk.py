"""SQLite's disk is full: writes are 503 until there is space again, and reads do not need any."""

import sqlite3
import time
from pathlib import Path

from deep.faults import SECONDS, report, under_load
from deep.server import Caller, Unix, database, serving


def fill_free_pages(path: Path) -> None:
    """Use the pages inside the file that the migrations left free."""
    connection = sqlite3.connect(path)
    (free,) = connection.execute("PRAGMA freelist_count").fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.execute("CREATE TABLE junk (data)")
    connection.execute("INSERT INTO junk VALUES (zeroblob(?))", [(free + 1) * size])
    connection.commit()
    connection.close()


def test_on_a_full_disk_writes_are_503_and_reads_200(tmp_path):
    full = tmp_path / "full"
    settings = {"DJANGO_SETTINGS_MODULE": "deep.faulty", "DEEP_FULL_FILE": str(full)}
    with database("sqlite", tmp_path, "disk") as url, serving(url, tmp_path, **settings) as server:
        ada, path = server.caller("ada"), tmp_path / "disk.sqlite3"
        fill_free_pages(path)
        with under_load(ada, readers=1, writers=2, pause=0) as load:
            full.touch()
            while not load.count("POST").get(503):
                time.sleep(0.05)
            time.sleep(SECONDS)
            ready = Caller(Unix(server.socket))("GET", "/readyz").status
            full.unlink()
            freed = time.monotonic()
            time.sleep(SECONDS)

        report("SQLite's disk full", load, path, load.find_recovery(freed))
        assert set(load.count("GET")) == {200}
        assert ready == 200
        assert load.find_recovery(freed) < 1
        # Without these files, which the last connection would delete, a full disk cannot be read either.
        assert {each.name for each in tmp_path.glob("disk*")} == {f"disk.sqlite3{end}" for end in ("", "-shm", "-wal")}
