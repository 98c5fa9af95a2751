"""Bytes of a text file to text: UTF-8, UTF-16 with its mark, or GB18030."""

from __future__ import annotations

import codecs
import re
from typing import Final

from services.files.faults import Findings

# GB18030 knows nearly every byte sequence, so other encodings have to be told apart by how they begin.
_UTF16_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# Text in GB18030 is hardly ever UTF-8 for as long as these many Chinese characters.
_CHINESE: Final = re.compile("[\u4e00-\u9fff]")
_ENOUGH: Final = 3
_LOOKED_AT: Final = 4_000


def decode(data: bytes, file: str, findings: Findings) -> str | None:
    """Turn a file's bytes into text without its mark; ``None`` and a fault where that cannot be done safely."""
    if data.startswith(_UTF16_MARKS):
        return _utf16(data, file, findings)
    try:
        return _without_zeros(data.decode("utf-8-sig"), file, findings)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig")
    if data.startswith(codecs.BOM_UTF8) or len(_CHINESE.findall(before)) >= _ENOUGH:
        findings.fault(file, "is in UTF-8, but broken here; export it again", before.count("\n") + 1)
        return None
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        findings.fault(file, "is neither in UTF-8 nor in GB18030")
        return None
    findings.note(f"{file} is in GB18030")
    return _without_zeros(text, file, findings)


def _utf16(data: bytes, file: str, findings: Findings) -> str | None:
    try:
        text = data.decode("utf-16")
    except UnicodeDecodeError:
        findings.fault(file, "is in UTF-16, but broken; export it again")
        return None
    findings.note(f"{file} is in UTF-16")
    return text


def _without_zeros(text: str, file: str, findings: Findings) -> str | None:
    """Refuse text that begins with zero bytes, as UTF-16 does that lost its mark."""
    if "\x00" in text[:_LOOKED_AT].partition("\n")[0]:
        findings.fault(file, "has zero bytes in its first row, as UTF-16 without its mark has; save it as CSV UTF-8")
        return None
    return text
