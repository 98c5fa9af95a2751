"""Faults of a county folder in Chinese, for those who mend it in a spreadsheet.

The reader's messages are English, as its notes and tests are. What has no words here is shown as it is.
"""

from __future__ import annotations

import re
from typing import Final

from services.files.faults import MAX_PRINTED, CountyFolderError, Fault

_WORDS: Final = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"the file is missing", "缺少该文件"),
        (r"the required column is missing", "缺少必需的列"),
        (r"the column is missing, and (.+) too; one of them is required", r"缺少该列，也没有 \1 列；两列须有其一"),
        (r"there is no such folder", "没有这个文件夹"),
        (r"is a file, not a folder", "这是文件，不是文件夹"),
        (r'"(.*)" is negative', r"“\1”是负数"),
        (r"(-?[0-9.]+) is negative", r"\1 是负数"),
        (r'"(.*)" is no whole number', r"“\1”不是整数"),
        (r'"(.*)" is no number', r"“\1”不是数字"),
        (r'"(.*)" is no date.*', r"“\1”不是日期，应如 2026-11-23"),
        (r'"(.*)" is no time.*', r"“\1”不是时间，应如 08:30"),
        (r'"(.*)" is no partner', r"“\1”不在合作方中"),
        (r'"(.*)" is no node', r"“\1”不在节点中"),
        (r'"(.*)" is no stop of stops.txt', r"“\1”不在 stops.txt 的站点中"),
        (r'"(.*)" is in no calendar', r"“\1”不在班期表中"),
        (r'"(.*)" is none of (.+)', r"“\1”不在可选值之列：\2"),
        (r'"(.*)" stands twice.*', r"“\1”重复"),
        (r"is empty", "为空"),
        (r"empty trip: (.+)", r"空班次：\1"),
        (r"cyclic trip: (.+)", r"班次重复停靠：\1"),
        (r"(.+) is outside China (.+); lon and lat look swapped", r"\1 不在中国范围 \2，经纬度似乎颠倒"),
        (r"(.+) is outside China (.+)", r"\1 不在中国范围 \2"),
        (r"lies outside the county's outline; .+", "位于县域轮廓之外，请核对坐标系"),
        (r"lies ([0-9]+) km from the hub; .+", r"距共配中心 \1 km，请核对坐标系"),
        (r"no node is the HUB; .+", "没有共配中心(HUB)；一县须有且只有一个"),
        (r"is no GeoJSON that can be read", "不是可读取的 GeoJSON"),
    )
)


def explain_faults(error: CountyFolderError) -> list[str]:
    """Write each fault as one line: file, row, column, and what is wrong."""
    lines = [explain_fault(fault) for fault in error.faults[:MAX_PRINTED]]
    if len(error.faults) > MAX_PRINTED:
        lines.append(f"另有 {len(error.faults) - MAX_PRINTED} 处")
    return lines


def explain_fault(fault: Fault) -> str:
    """Write one fault.

    >>> explain_fault(Fault("vehicles.csv", 7, "capacity_g", '"-5" is negative'))
    'vehicles.csv 第 7 行 capacity_g 列：“-5”是负数'
    """
    row = f" 第 {fault.row} 行" if fault.row is not None else ""
    column = f" {fault.column} 列" if fault.column is not None else ""
    return f"{fault.file}{row}{column}：{_in_chinese(fault.message)}"


def _in_chinese(message: str) -> str:
    for pattern, words in _WORDS:
        if match := pattern.fullmatch(message):
            return match.expand(words)
    return message
