"""A settlement as a JSON document, field by field as the model has it."""

from __future__ import annotations

from typing import Final

import orjson

from services.model.settlement import Settlement

FORMAT: Final = "cuntong-settlement-1"


def settlement_document(settlement: Settlement) -> bytes:
    """Write a settlement as indented JSON in UTF-8; enums are their names, dates ``YYYY-MM-DD``, amounts fen."""
    document = {"format": FORMAT, "settlement": settlement}
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
