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
        (r"the file is missing; (.+) is there, save it as \.xlsx", r"缺少该文件；有 \1，请另存为 .xlsx"),
        (r"(.+) is there as well; keep one of them", r"\1 也在；请只保留一个"),
        (r"cannot be read: (.+)", r"无法读取：\1"),
        (r"is no XLSX workbook that can be read", "不是可读取的 XLSX 工作簿"),
        (r"is empty; not even a header", "是空文件，连表头也没有"),
        (r"is in UTF-8, but broken here; export it again", "UTF-8 编码在此处损坏，请重新导出"),
        (r"is in UTF-16, but broken; export it again", "UTF-16 编码损坏，请重新导出"),
        (r"is neither in UTF-8 nor in GB18030", "编码既不是 UTF-8 也不是 GB18030，请另存为 CSV UTF-8"),
        (r"has zero bytes in its first row, .+", "首行有空字节，似为无标记的 UTF-16，请另存为 CSV UTF-8"),
        (r"a quotation mark is not closed", "引号没有配对"),
        (r"a quotation mark stands within a cell; .+", "单元格内有引号；请给整格加引号，并把格内引号写成两个"),
        (r"the required column is missing", "缺少必需的列"),
        (r"the required column is missing; row (\d+) is most like a header", r"缺少必需的列；第 \1 行最像表头"),
        (r"looks like a header, and so does row (\d+); .+", r"像表头，第 \1 行也像；一个文件只放一张表"),
        (r"is a header unlike that of row (\d+); .+", r"是与第 \1 行不同的另一个表头；一个文件只放一张表"),
        (r"the unit is missing; call it (.+), or .+", r"没有写明单位；请改为 \1，或同样写明其他单位"),
        (r"the column stands twice", "该列出现两次"),
        (r"means the same as (.+); keep one of them", r"与 \1 列含义相同，请只保留一列"),
        (r"the row has (\d+) cells, the header (\d+)", r"该行有 \1 格，表头有 \2 格"),
        (r"the column is missing, and (.+) too; one of them is required", r"缺少该列，也没有 \1 列；两列须有其一"),
        (r"there is no such folder", "没有这个文件夹"),
        (r"is a file, not a folder", "这是文件，不是文件夹"),
        (r'"(.*)" is negative', r"“\1”是负数"),
        (r"(-?[0-9.]+) is negative", r"\1 是负数"),
        (r'"(.*)" is not a whole number', r"“\1”不是整数"),
        (r'"(.*)" is not a number', r"“\1”不是数字"),
        (r'"(.*)" is too large', r"“\1”过大"),
        (r'"(.*)" is not a date.*', r"“\1”不是日期，应如 2026-11-23"),
        (r'"(.*)" has no year; .+', r"“\1”没有年份，应如 2026-11-23"),
        (r'"(.*)" is ambiguous, as its year .+', r"“\1”的年份只有两位，有歧义，应如 2026-11-23"),
        (r'"(.*)" is ambiguous, as either number .+', r"“\1”分不清月和日，应如 2026-11-23"),
        (r'"(.*)" is not a time.*', r"“\1”不是时间，应如 08:30"),
        (r'"(.*)" is after 24:00', r"“\1”晚于 24:00"),
        (r'"(.*)" is neither 0 nor 1', r"“\1”应为 0 或 1"),
        (r'"(.*)" is not a row of weekday digits.*', r"“\1”不是星期数字，应如 12345"),
        (r'"(.*)" is no 12-digit code', r"“\1”不是 12 位代码"),
        (r'"(.*)" is in scientific notation; .+', r"“\1”是科学计数法，位数已丢失；请把该列设为文本后重新导出"),
        (r'"(.*)" is no partner', r"“\1”不在合作方中"),
        (r'"(.*)" is no node', r"“\1”不在节点中"),
        (r'"(.*)" is no stop of stops.txt', r"“\1”不在 stops.txt 的站点中"),
        (r'"(.*)" is in no calendar', r"“\1”不在班期表中"),
        (r'"(.*)" is none of (.+)', r"“\1”不在可选值之列：\2"),
        (r'"(.*)" stands twice.*', r"“\1”重复"),
        (r"is empty; a cold compartment needs it beside (.+)", r"为空；冷藏隔间还须写明它（已写 \1）"),
        (r"is 0; a cold compartment without any is no use", "为 0；这样的冷藏隔间无用"),
        (
            r"is given, but neither cold_capacity_g nor cold_capacity_ml",
            "已填写，但没有 cold_capacity_g 和 cold_capacity_ml",
        ),
        (r"is given, but energy is (.+); only .+", r"已填写，但 energy 是 \1；只有 ELECTRIC 车辆有一次充电的续航"),
        (r"is given, but no range on one charge", "已填写，但没有一次充电的续航"),
        (r"is 0; to recharge takes time", "为 0；充电需要时间"),
        (r"(.+) is not cold", r"\1 不是冷藏温层"),
        (
            r"(.+) is none of temperatures, which says all that it keeps",
            r"\1 不在 temperatures 之列；该列须写明全部温层",
        ),
        (r"is empty", "为空"),
        (r"empty trip: (.+)", r"空班次：\1"),
        (r"cyclic trip: (.+)", r"班次重复停靠：\1"),
        (r"(.+) is outside China (.+); lon and lat look swapped", r"\1 不在中国范围 \2，经纬度似乎颠倒"),
        (r"(.+) is outside China (.+)", r"\1 不在中国范围 \2"),
        (r"lies outside the county's outline; .+", "位于县域轮廓之外，请核对坐标系"),
        (r"lies ([0-9]+) km from the hub; .+", r"距共配中心 \1 km，请核对坐标系"),
        (r"is at (.+), but it is open (.+)", r"\1 不在开放时间 \2 内"),
        (r"the HUB is where all vehicles load", "共配中心供所有车辆装卸，不能设固定车辆"),
        (r"names nodes and coordinates; .+", "节点和坐标只能填一种"),
        (r"names neither two nodes nor the two ends of a line", "须填写两个节点，或一条线的两端坐标"),
        (r"is missing; a line has two ends", "缺少坐标；一条线须有两端"),
        (r"starts and ends at one point; a line has two ends", "线的两端是同一点"),
        (r"is for the way between two nodes; a line is closed both ways", "单向封闭只用于两个节点之间；线是双向封闭"),
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
