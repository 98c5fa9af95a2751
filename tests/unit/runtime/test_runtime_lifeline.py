"""Children are started where they live as long as this process, and not under a parent that is gone."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from services.runtime.lifeline import die_with_parent, start_child


def test_a_child_is_the_program_itself() -> None:
    child = start_child(["/bin/sh", "-c", "echo $$ $PPID"], stdout=subprocess.PIPE)
    out, _ = child.communicate(timeout=5)
    assert out.split() == [str(child.pid).encode(), str(os.getpid()).encode()]
    assert child.returncode == 0


def test_no_child_is_started_from_a_thread_that_may_end() -> None:
    raised: list[Exception] = []

    def start() -> None:
        try:
            start_child(["/bin/true"])
        except RuntimeError as error:
            raised.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert "main thread" in str(raised[0])


def test_a_child_whose_parent_is_gone_does_not_start() -> None:
    code = f"from services.runtime.lifeline import die_with_parent; die_with_parent({os.getppid()})"
    path = {"PYTHONPATH": os.pathsep.join(sys.path)}
    child = subprocess.run([sys.executable, "-c", code], env=path, capture_output=True, check=False, timeout=10)
    assert child.returncode == 1
    assert b"has ended" in child.stderr


def test_elsewhere_it_says_that_it_does_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "platform", "plan9")
    assert not die_with_parent(1)
    assert "may outlive its parent" in capsys.readouterr().err
