"""The noise of a day 扰动 as a TOML file: some of the numbers of ``Noise`` by name, the others as they are."""

from __future__ import annotations

import tomllib
from dataclasses import fields, replace
from pathlib import Path

from services.model.day import Noise
from services.model.errors import InvalidInputError, Violation


def read_noise(path: Path) -> Noise:
    """Read a file such as ``day_permille = 250``.

    Raises
    ------
    InvalidInputError
        When there is no such file, it is no TOML, a name is unknown or a value is no whole number; all at once.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InvalidInputError([Violation(str(path), f"cannot be read: {error.strerror}")]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInputError([Violation(str(path), f"is no TOML in UTF-8: {error}")]) from error
    known = [part.name for part in fields(Noise)]
    violations = [
        Violation(f"{path}: {name}", f"is none of {', '.join(known)}" if name not in known else "is no whole number")
        for name, value in given.items()
        if name not in known or type(value) is not int
    ]
    if violations:
        raise InvalidInputError(violations)
    return replace(Noise(), **given)
