"""The embedded store keeps what it is given, for one process at a time, and ends with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from redis import Redis

from services.model.errors import StoreUnavailableError
from services.runtime.embedded import EmbeddedStore
from services.runtime.lifeline import start_child
from tests.chaos.processes import is_alive

HOLDER = """
import sys, time
from pathlib import Path
from services.runtime.embedded import EmbeddedStore
with EmbeddedStore(Path(sys.argv[1])) as store:
    print(store.url, flush=True)
    time.sleep(60)
"""


def put(url: str, value: str) -> int:
    """Write something; returns the process that has it."""
    with Redis.from_url(url) as client:
        client.set("k", value)
        return int(client.info("server")["process_id"])


def got(url: str) -> object:
    with Redis.from_url(url) as client:
        return client.get("k")


def test_a_store_leaves_nothing_behind() -> None:
    with EmbeddedStore() as store:
        socket_path = Path(urlsplit(store.url).path)
        pid = put(store.url, "1")
        assert socket_path.parent.stat().st_mode & 0o777 == 0o700
    assert not is_alive(pid)
    assert not socket_path.parent.exists()


def test_no_port_is_open() -> None:
    with EmbeddedStore() as store, Redis.from_url(store.url) as client:
        assert client.config_get("port") == {b"port": b"0"} or client.config_get("port") == {"port": "0"}
        assert "always" in str(client.config_get("appendfsync"))


def test_data_survive_a_restart(tmp_path: Path) -> None:
    with EmbeddedStore(tmp_path / "new" / "data") as store:
        put(store.url, "kept")
    with EmbeddedStore(tmp_path / "new" / "data") as store:
        assert got(store.url) == b"kept"


def test_a_directory_in_use_is_refused(tmp_path: Path) -> None:
    with EmbeddedStore(tmp_path) as store:
        with pytest.raises(StoreUnavailableError, match="in use"), EmbeddedStore(tmp_path):
            pass
        put(store.url, "still here")


def test_a_long_temporary_directory_is_no_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = tmp_path / ("d" * 100)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    with EmbeddedStore() as store:
        put(store.url, "1")


def test_a_store_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "appendonlydir").write_text("a file where a directory should be")
    with pytest.raises(StoreUnavailableError, match="ended with code"), EmbeddedStore(tmp_path):
        pass


def test_a_store_dies_with_its_parent_and_its_data_do_not(tmp_path: Path) -> None:
    temporary, data = tmp_path / "t", tmp_path / "d"
    temporary.mkdir()
    paths = [f"TMPDIR={temporary}", f"PYTHONPATH={os.pathsep.join(sys.path)}"]
    holder = start_child(["/usr/bin/env", *paths, sys.executable, "-c", HOLDER, str(data)], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    with holder.stdout as out:
        url = out.readline().decode().strip()
    pid = put(url, "kept")
    assert is_alive(pid)
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    deadline = time.monotonic() + 5
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(pid)
    with EmbeddedStore(data) as store:
        assert got(store.url) == b"kept"
