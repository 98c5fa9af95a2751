"""``cuntong`` as a dispatcher has it: whole processes with nothing left behind, or in this one where that is enough."""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from services.cli.app import main
from tests.running import Services, serving

ROOT: Final = Path(__file__).resolve().parents[1]
DATE: Final = "2026-11-23"
TIMEOUT_S: Final = 240.0
PARCELS: Final = """\
运单号,快递公司,方向,村代码,收件地址,重量(kg),体积(L),件数,收寄验视,实名收寄,过机安检,收件人,电话
W1,EXP-A,进村,220282100201,,1.2,3,1,,,,张三丰,13912345678
W2,EXP-B,进村,220282100202,,2,5,2,,,,李寻欢,0432-6578901
W3,甲速递,出村,220282100203,,1,2,1,是,是,是,张三丰,13912345678
W4,EXP-A,进村,,无此村 王重阳 13812345678,1,,1,,,,王重阳,13812345678
"""


@dataclass(frozen=True, slots=True)
class Command:
    """A ``cuntong`` at work, with a temporary folder and a mark of its own."""

    process: subprocess.Popen[str]
    temporary: Path
    mark: str

    def finish(self) -> tuple[int, str]:
        """Wait for the end; nothing of it may be left."""
        said, _ = self.process.communicate(timeout=TIMEOUT_S)
        assert survivors(self.mark) == []
        assert list(self.temporary.iterdir()) == []
        shutil.rmtree(self.temporary)
        return self.process.returncode, said

    def end(self, number: int) -> tuple[int, str]:
        """Send a signal and wait for the end."""
        self.process.send_signal(number)
        return self.finish()


def start(*arguments: str | Path, **environment: str) -> Command:
    temporary, mark = Path(tempfile.mkdtemp(prefix="ct-")), uuid.uuid4().hex
    # Whatever becomes of a test, what it started ends with it.
    with_us = [sys.executable, "-I", "-S", str(ROOT / "services/runtime/lifeline.py"), str(os.getpid()), "--"]
    process = subprocess.Popen(
        [*with_us, sys.executable, "-m", "services.cli", *map(str, arguments)],
        cwd=ROOT,
        env=os.environ
        | {"PYTHONPATH": f"{ROOT}:{ROOT / 'services/_generated'}", "TMPDIR": str(temporary), "COLUMNS": "80"}
        | {"CUNTONG_TEST_MARK": mark}
        | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return Command(process, temporary, mark)


def run(*arguments: str | Path) -> tuple[int, str]:
    return start(*arguments).finish()


def survivors(mark: str) -> list[str]:
    """The programs that still run with a command's mark in their environment: services, engines, Valkey."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (place / "environ").read_bytes():
                found.append((place / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def planning(county: Path, out: Path, *options: str) -> list[str | Path]:
    return ["plan", county, "--date", DATE, "--out", out, "--cores", "1", *options]


def addresses(services: Services) -> tuple[str, ...]:
    """Options that send a command to services that are up: its own take longer to start than all that it does."""
    return tuple(f"--{name}={services.running[name].grpc}" for name in ("consolidation", "route"))


@contextmanager
def services_up(folder: Path) -> Iterator[tuple[str, ...]]:
    """Services for several commands: the options that send them there."""
    with serving(folder) as services:
        yield addresses(services)


def run_here(*arguments: str | Path) -> tuple[int, str]:
    """The command line called in this process: for what ends before any other is needed."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    said = io.StringIO()
    try:
        with pytest.MonkeyPatch.context() as patched, redirect_stdout(said), redirect_stderr(said):
            patched.setattr(sys, "argv", ["cuntong", *map(str, arguments)])
            patched.setenv("COLUMNS", "80")
            try:
                main()
            except SystemExit as end:
                return int(end.code or 0), said.getvalue()
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    return 0, said.getvalue()
