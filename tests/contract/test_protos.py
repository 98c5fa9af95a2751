"""The contract's own rules: every name commented, generated code made anew and never kept."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_buf_asks_for_the_standard_and_for_comments() -> None:
    lines = (ROOT / "buf.yaml").read_text(encoding="utf-8").splitlines()
    used = {line.strip().removeprefix("- ") for line in lines}
    assert {"STANDARD", "COMMENTS"} <= used
    assert not any(word in line for line in lines for word in ("except", "ignore"))


def test_every_message_field_and_value_is_commented_and_well_named() -> None:
    lint = subprocess.run(
        [ROOT / ".venv/bin/buf", "lint"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (lint.returncode, lint.stdout) == (0, "")


def test_no_proto_silences_the_linter() -> None:
    protos = list((ROOT / "protos").rglob("*.proto"))
    assert protos
    assert not [p.name for p in protos if "buf:lint:ignore" in p.read_text(encoding="utf-8")]


def test_generated_code_is_not_kept() -> None:
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert "/services/_generated/" in ignored
