"""Measure the reading of waybill exports beside a bare reader that only cuts the same file into texts.

``python -m bench.exports --rows 300000`` writes exports of that many waybills to a temporary folder: a usual CSV; one
in which every number is guarded and quoted and nearly every weight, volume, date and category is different; one in
GB18030 with tabs and a title; a workbook. It prints a line an export: its size, the processor seconds of the reader
and of the bare one, and their ratio.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

import polars as pl

from services.files.waybills import read_waybills

SERVICE_DATE: Final = date(2026, 11, 23)
MIDNIGHT: Final = datetime(2026, 11, 23)


def usual(rows: int, random: Random) -> pl.DataFrame:
    """Write waybills as a carrier's system exports them."""
    parts = {
        "运单号": [f"YT{i:013d}" for i in range(rows)],
        "快递公司": random.choices(("甲速递", "乙速递", "丙速递"), k=rows),
        "方向": random.choices(("进村", "出村"), k=rows),
        "村代码": [f"2202822{random.randrange(500):05d}" for _ in range(rows)],
        "收件地址": [f"吉林省吉林市桦甸市桦郊乡永兴村{random.randrange(9)}组{i}号" for i in range(rows)],
        "重量(kg)": [str(random.randint(50, 30_000) / 1000) for _ in range(rows)],
        "体积(L)": [str(random.randint(5, 900) / 10) for _ in range(rows)],
        "最晚日期": [str(SERVICE_DATE + timedelta(days=random.randrange(4))) for _ in range(rows)],
        "品类": random.choices(("书籍", "服装", "食品"), k=rows),
        "收件人": ["某人"] * rows,
        "电话": [f"199{random.randrange(10**8):08d}" for _ in range(rows)],
    }
    return pl.DataFrame(parts)


def hard(rows: int, random: Random) -> pl.DataFrame:
    """Write waybills so that hardly a cell is plain or occurs twice."""
    moments = (MIDNIGHT + timedelta(seconds=random.randrange(400_000)) for _ in range(rows))
    return usual(rows, random).with_columns(
        pl.Series("运单号", [f"'YT {i:013d}" for i in range(rows)]),
        pl.Series("重量(kg)", [f"{random.randrange(1, 10**8) / 1000}kg" for _ in range(rows)]),
        pl.Series("体积(L)", [f"{random.randrange(1, 10**8) / 1000}" for _ in range(rows)]),
        pl.Series("最晚日期", [f"{moment:%Y/%m/%d %H:%M:%S}" for moment in moments]),
        pl.Series("品类", [f"品名{random.randrange(10**6)}" for _ in range(rows)]),
    )


def seconds(work: Callable[[], object]) -> float:
    """Measure the processor time of some work, the best of two."""
    found = []
    for _ in range(2):
        started = time.process_time()
        work()
        found.append(time.process_time() - started)
    return min(found)


def main() -> None:
    """Print a line an export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=300_000)
    rows = parser.parse_args().rows
    random = Random(1)
    print(f"{'export':>12} {'MB':>6} {'reader s':>9} {'bare s':>7} {'ratio':>6}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        usual(rows, random).write_csv(folder / "usual.csv", include_bom=True)
        hard(rows, random).write_csv(folder / "hard.csv", quote_style="always")
        text = "桦甸市快件明细\n\n" + usual(rows, random).write_csv(separator="\t")
        (folder / "titled.tsv").write_bytes(text.encode("gb18030"))
        usual(rows, random).write_excel(folder / "workbook.xlsx")
        bare: dict[str, Callable[[Path], object]] = {
            "usual.csv": lambda path: pl.read_csv(path, infer_schema=False),
            "hard.csv": lambda path: pl.read_csv(path, infer_schema=False),
            "titled.tsv": lambda path: pl.read_csv(
                path.read_bytes().decode("gb18030").encode(), separator="\t", infer_schema=False, skip_rows=2
            ),
            "workbook.xlsx": lambda path: pl.read_excel(path, infer_schema_length=0),
        }
        for file, read_bare in bare.items():
            path = folder / file
            reader_s, bare_s = seconds(partial(read_waybills, path, SERVICE_DATE)), seconds(partial(read_bare, path))
            size_mb = path.stat().st_size / 1e6
            print(f"{path.stem:>12} {size_mb:6.1f} {reader_s:9.2f} {bare_s:7.2f} {reader_s / bare_s:6.1f}")


if __name__ == "__main__":
    main()
