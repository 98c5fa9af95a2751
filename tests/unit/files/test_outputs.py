"""Papers appear all at once or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from services.files.outputs import OutputError, write_outputs


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_new_folder_holds_exactly_the_files(tmp_path: Path) -> None:
    folder = tmp_path / "out" / "2026-11-23"
    write_outputs(folder, {"路单-R1.csv": b"1", "plan.json": b"{}"})
    assert content(folder) == {"路单-R1.csv": b"1", "plan.json": b"{}"}
    assert list(folder.parent.iterdir()) == [folder]


def test_an_old_folder_is_replaced_whole(tmp_path: Path) -> None:
    folder = tmp_path / "day"
    write_outputs(folder, {"a": b"old", "b": b"old"})
    write_outputs(folder, {"a": b"new"})
    assert content(folder) == {"a": b"new"}
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.parametrize("broken", ["open", "first rename", "second rename"])
def test_a_failure_leaves_the_old_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    folder = tmp_path / "day"
    write_outputs(folder, {"a": b"old"})
    with monkeypatch.context() as patch:
        if broken == "open":
            patch.setattr(os, "fsync", fail_after(0, os.fsync))
        else:
            patch.setattr(Path, "rename", fail_after(int(broken == "second rename"), Path.rename))
        with pytest.raises(OutputError, match="no space"):
            write_outputs(folder, {"a": b"new", "b": b"new"})
    assert content(folder) == {"a": b"old"}
    assert list(tmp_path.iterdir()) == [folder]


def fail_after(good: int, act: Any) -> Any:
    """Let ``act`` work ``good`` times, fail once, and work again."""
    calls = 0

    def failing(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == good + 1:
            raise OSError(28, "no space left on device")
        return act(*arguments)

    return failing


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="cannot write"):
        write_outputs(tmp_path / "file" / "day", {"a": b""})
    with pytest.raises(OutputError, match="not a folder"):
        write_outputs(tmp_path / "file", {"a": b""})


def test_a_read_only_file_system_is_named() -> None:
    # Not even root can make a directory here.
    with pytest.raises(OutputError, match="cannot write"):
        write_outputs(Path("/proc/self/fdinfo/day"), {"a": b""})


@pytest.mark.parametrize("name", ["", "..", "a/b", "/etc/x", "a\0b"])
def test_a_name_that_is_a_path_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match="plain file name"):
        write_outputs(tmp_path / "day", {name: b""})
    assert not list(tmp_path.iterdir())
