"""Papers appear all at once or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from services.model.errors import CuntongError


class OutputError(CuntongError):
    """The papers could not be written; what was there before still is."""


def write_outputs(folder: Path, files: Mapping[str, bytes]) -> None:
    """Replace a folder by exactly these files.

    They are written and flushed to disk beside the folder, which then takes their place by a rename; the old content
    is kept until the new one stands, and comes back when anything fails.

    Raises
    ------
    OutputError
        When the place cannot be written, or a name is not a plain file name.
    """
    for name in files:
        if not name or name in {".", ".."} or "\0" in name or Path(name).name != name:
            raise OutputError(f"{name!r} is not a plain file name")
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder} is a file, not a folder")
    folder = folder.absolute()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".new", dir=folder.parent))
    except OSError as error:
        raise _refused(folder, error) from error
    try:
        _fill(fresh, files)
        _swap(fresh, folder)
    except OSError as error:
        raise _refused(folder, error) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def write_file(path: Path, content: bytes) -> None:
    """Write one file: all of it or nothing, whatever else its folder holds.

    Raises
    ------
    OutputError
        When the place cannot be written.
    """
    path = path.absolute()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(prefix=f".{path.name}.", dir=path.parent, delete=False) as fresh:
            fresh.write(content)
            fresh.flush()
            os.fsync(fresh.fileno())
        Path(fresh.name).chmod(0o644)
        Path(fresh.name).replace(path)
    except OSError as error:
        raise _refused(path, error) from error


def _fill(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.chmod(0o755)
    for name, content in files.items():
        with (folder / name).open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    _flush_folder(folder)


def _swap(fresh: Path, folder: Path) -> None:
    """Put ``fresh`` where ``folder`` is; the old one is set aside meanwhile."""
    if not folder.exists():
        fresh.rename(folder)
        _flush_folder(folder.parent)
        return
    aside = Path(f"{fresh.with_suffix('')}.old")
    folder.rename(aside)
    try:
        fresh.rename(folder)
    except BaseException:
        aside.rename(folder)
        raise
    _flush_folder(folder.parent)
    shutil.rmtree(aside, ignore_errors=True)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refused(folder: Path, error: OSError) -> OutputError:
    return OutputError(f"cannot write {folder}: {error.strerror or error}; what was there before is unchanged")
