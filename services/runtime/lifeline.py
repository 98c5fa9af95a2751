"""Children that end with their parent, however it ends.

A child is always started by exec through this file (``python lifeline.py <parent pid> -- program arguments``): forking
a process that has used gRPC hangs. The file imports nothing of ours, so that it also runs by its path alone.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Final

_PR_SET_PDEATHSIG: Final = 1
_SEPARATOR: Final = "--"


def die_with_parent(parent_pid: int) -> bool:
    """Have the kernel kill this process when the thread that started it ends; call it first thing in a child.

    Returns
    -------
    bool
        Whether it is so. Only Linux can; elsewhere nothing happens and a line on stderr says so.

    Raises
    ------
    SystemExit
        When the parent is gone already.
    """
    if sys.platform != "linux":
        print(f"no parent-death signal on {sys.platform}: this process may outlive its parent", file=sys.stderr)
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent_pid:
        raise SystemExit(f"parent {parent_pid} has ended")
    return True


def bound_to_this(args: Sequence[str]) -> list[str]:
    """The command that runs ``args[0]`` such that it ends with this process, from its very beginning."""
    return [sys.executable, "-I", "-S", str(Path(__file__).resolve()), str(os.getpid()), _SEPARATOR, *args]


def start_child(
    args: Sequence[str],
    *,
    stdout: int | IO[bytes] | None = None,
    stderr: int | IO[bytes] | None = None,
    pass_fds: Sequence[int] = (),
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program that ends with this process.

    The child has a session of its own: a Ctrl-C at the terminal reaches the parent alone, which then ends its children
    in good order. ``args[0]`` is the path of the program; ``environment`` replaces this process's own.

    Raises
    ------
    RuntimeError
        When called outside the main thread: the kernel would kill the child as soon as that thread ends.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("start children from the main thread: they die with the thread that started them")
    return subprocess.Popen(
        bound_to_this(args),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        pass_fds=pass_fds,
        env=environment,
        start_new_session=True,
    )


def _main(argv: Sequence[str]) -> None:
    if len(argv) < 3 or argv[1] != _SEPARATOR:
        raise SystemExit(f"usage: lifeline.py PARENT_PID {_SEPARATOR} PROGRAM [ARGUMENT...]")
    die_with_parent(int(argv[0]))
    os.execv(argv[2], list(argv[2:]))


if __name__ == "__main__":
    _main(sys.argv[1:])
