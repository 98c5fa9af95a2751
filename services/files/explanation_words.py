"""What would serve a consignment that is left behind, in a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from services.model.explanations import BindingLimit, Explanation
from services.model.plan import PlanResult

_Language = Literal["zh", "en"]

_WORDS: Final[dict[_Language, dict[str, str]]] = {
    "zh": {
        "change": "最小调整：{change}",
        "verified": "（已求解验证，另需 {yuan} 元）",
        "unverified": "（未能验证）",
        "together": "须同时：{limits}",
        "or": "；或 {limits}",
        "between": "、",
        "not yet": "尚未分析",
        "none": "没有找到可行的调整",
    },
    "en": {
        "change": "smallest change: {change}",
        "verified": " (verified by a search, {yuan} yuan more)",
        "unverified": " (not verified)",
        "together": "needed together: {limits}",
        "or": "; or {limits}",
        "between": ", ",
        "not yet": "not explained yet",
        "none": "no change was found that serves it",
    },
}
_SHOWN: Final = 2


def change_line(one: Explanation, language: _Language) -> str:
    """Tell the smallest change and some others that would do, or which limits stand together."""
    words = _WORDS[language]
    if not one.is_explained:
        return words["not yet"]
    if one.change is None:
        limits = words["between"].join(_detail(limit, language) for limit in one.limits)
        return words["together"].format(limits=limits) if limits else words["none"]
    change = words["change"].format(change=_detail(one.change.relaxes, language))
    yuan = f"{one.change.adds_fen / 100:,.2f}"
    change += words["verified"].format(yuan=yuan) if one.change.verified else words["unverified"]
    others = [_detail(limit, language) for limit in one.limits[1 : 1 + _SHOWN]]
    return change + (words["or"].format(limits=words["between"].join(others)) if others else "")


def change_lines(result: PlanResult, language: _Language) -> Mapping[str, str]:
    """The line of each consignment that is explained, or was to be."""
    return {one.consignment_id: change_line(one, language) for one in result.explanations}


def _detail(limit: BindingLimit, language: _Language) -> str:
    return limit.detail if language == "zh" else limit.detail_en
