"""Dates as people and spreadsheets write them.

A text that could be two dates is none: what is ambiguous is refused, not guessed.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone
from typing import Final

from services.files.plain_text import unguarded

MOST_DAYS_AWAY: Final = 60  # of a date without its year from the day that it is read for

_CHINA: Final = timezone(timedelta(hours=8))
# A spreadsheet counts days from here (its 1900 was a leap year); as dates we take the numbers of 2000 to 2099.
_FIRST_DAY: Final = date(1899, 12, 30)
_SERIALS: Final = range((date(2000, 1, 1) - _FIRST_DAY).days, (date(2100, 1, 1) - _FIRST_DAY).days)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_NO_DATE: Final = "is not a date (YYYY-MM-DD)"
_NO_YEAR: Final = "has no year; write YYYY-MM-DD"
_SHORT_YEAR: Final = "is ambiguous, as its year has two digits; write YYYY-MM-DD"
_EITHER_WAY: Final = "is ambiguous, as either number may be the month; write YYYY-MM-DD"


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII | re.IGNORECASE)


_MOMENT: Final = _form(
    r"(.*?)(?:(?:T|\s+)(?:上午|下午|AM|PM)?\s*(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d+)?)?(?:\s*(?:AM|PM)|(Z|[+-]\d\d:?\d\d))?)?"
)
_YEAR_FIRST: Final = (
    _form(r"(\d{4})-(\d{1,2})-(\d{1,2})"),
    _form(r"(\d{4})/(\d{1,2})/(\d{1,2})"),
    _form(r"(\d{4})\.(\d{1,2})\.(\d{1,2})"),
    _form(r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*[日号]?"),
    _form(r"(\d{4})(\d\d)(\d\d)"),
)
_YEAR_LAST: Final = _form(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
_MONTH_NAMED: Final = _form(r"(\d{1,2})[- ]([a-z]{3})[- ](\d{4}|\d\d)")
_WITHOUT_YEAR: Final = _form(r"(\d{1,2})\s*月\s*(\d{1,2})\s*[日号]?")
_NAMED_WITHOUT_YEAR: Final = _form(r"(\d{1,2})[- ]([a-z]{3})")
_TWO_DIGITS: Final = _form(r"\d{1,2}([-/.])\d{1,2}\1\d{1,2}|\d\d\s*年.*")
_SERIAL: Final = _form(r"(\d{5})(?:\.\d+)?")


def read_date(cell: str, near: date | None = None) -> date:
    """Read a date, in China's time where the text says its zone; a time of day only has to be one.

    A date without its year is taken where one year alone brings it within 60 days of ``near``.

    Raises
    ------
    ValueError
        Saying what is wrong: no date, no year, or ambiguous.

    >>> read_date("2026年11月23日"), read_date("46349"), read_date("2026-11-22T18:00:00Z")
    (datetime.date(2026, 11, 23), datetime.date(2026, 11, 23), datetime.date(2026, 11, 23))
    """
    match = _MOMENT.fullmatch(unguarded(cell))
    if not match:
        raise ValueError(_NO_DATE)
    text, hour, minute, second, zone = match.groups()
    found = _day(text.strip(), near)
    if hour is None:
        return found
    if int(hour) > 24 or int(minute) > 59 or int(second or 0) > 59:
        raise ValueError(_NO_DATE)
    if zone is None:
        return found
    try:
        moment = datetime.combine(found, time(), _zone(zone)) + timedelta(hours=int(hour), minutes=int(minute))
        return moment.astimezone(_CHINA).date()
    except OverflowError:
        raise ValueError(_NO_DATE) from None


def _zone(text: str) -> timezone:
    if text in "Zz":
        return timezone(timedelta())
    sign, digits = text[0], text[1:].replace(":", "")
    away = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    if away >= timedelta(days=1):
        raise ValueError(_NO_DATE)
    return timezone(-away if sign == "-" else away)


def _day(text: str, near: date | None) -> date:
    for form in _YEAR_FIRST:
        if match := form.fullmatch(text):
            return _date(*map(int, match.groups()))
    if match := _YEAR_LAST.fullmatch(text):
        return _year_last(int(match[1]), int(match[3]), int(match[4]))
    if match := _MONTH_NAMED.fullmatch(text):
        year = int(match[3])
        return _date(year if year > 99 else 2000 + year, _month(match[2]), int(match[1]))
    if match := _WITHOUT_YEAR.fullmatch(text):
        return _nearest(int(match[1]), int(match[2]), near)
    if match := _NAMED_WITHOUT_YEAR.fullmatch(text):
        return _nearest(_month(match[2]), int(match[1]), near)
    if (match := _SERIAL.fullmatch(text)) and int(match[1]) in _SERIALS:
        return _FIRST_DAY + timedelta(days=int(match[1]))
    raise ValueError(_SHORT_YEAR if _TWO_DIGITS.fullmatch(text) else _NO_DATE)


def _month(name: str) -> int:
    if name.lower() not in _MONTHS:
        raise ValueError(_NO_DATE)
    return _MONTHS.index(name.lower()) + 1


def _date(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError(_NO_DATE) from None


def _year_last(first: int, second: int, year: int) -> date:
    if max(first, second) <= 12 and first != second:
        raise ValueError(_EITHER_WAY)
    return _date(year, *((second, first) if first > 12 else (first, second)))


def _nearest(month: int, day: int, near: date | None) -> date:
    """Find the one year that brings a date near a day."""
    if not (1 <= month <= 12 and 1 <= day <= 31):
        raise ValueError(_NO_DATE)
    if near is None:
        raise ValueError(_NO_YEAR)
    found = []
    for year in (near.year - 1, near.year, near.year + 1):
        try:
            candidate = date(year, month, day)
        except ValueError:
            continue
        if abs((candidate - near).days) <= MOST_DAYS_AWAY:
            found.append(candidate)
    if len(found) != 1:
        raise ValueError(_NO_YEAR)
    return found[0]
