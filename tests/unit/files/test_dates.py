"""Dates read in every way that they are written, and none is guessed."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.files.dates import MOST_DAYS_AWAY, read_date
from tests.builders import SERVICE_DATE

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))
WAYS = (
    lambda d: d.isoformat(),
    lambda d: f"{d.year}/{d.month}/{d.day}",
    lambda d: f"{d.year}.{d.month:02}.{d.day}",
    lambda d: f"{d.year}年{d.month}月{d.day}日",
    lambda d: f"{d.year} 年 {d.month} 月 {d.day} 号",
    lambda d: f"{d:%Y%m%d}",
    lambda d: f"{d.day}-{MONTHS[d.month - 1]}-{d.year}",
    lambda d: f"{d.day:02}-{MONTHS[d.month - 1].upper()}-{d.year % 100:02}",
    lambda d: str((d - date(1899, 12, 30)).days),
    lambda d: f"{(d - date(1899, 12, 30)).days}.75",
    lambda d: f"'{d.isoformat()}",
)
TIMES = ("", " 00:00", " 18:00:00", " 24:00", "  9:05:59.500", " 下午 6:00", " 6:00 PM")


@given(DAYS, st.sampled_from(WAYS), st.sampled_from(TIMES))
def test_a_date_is_the_same_in_every_way_of_writing_it(day, way, time) -> None:  # type: ignore[no-untyped-def]
    assert read_date(way(day) + time) == day


@given(DAYS)
def test_a_date_with_its_year_last_is_read_or_ambiguous_but_never_another(day: date) -> None:
    for text in (f"{day.month}/{day.day}/{day.year}", f"{day.day}/{day.month}/{day.year}"):
        if day.day > 12 or day.day == day.month:
            assert read_date(text) == day
        else:
            with pytest.raises(ValueError, match="ambiguous, as either number may be the month"):
                read_date(text)


@given(DAYS, st.integers(-366, 366))
def test_a_date_without_its_year_is_near_or_refused(near: date, days: int) -> None:
    try:
        day = near + timedelta(days)
        text = f"{day.month}月{day.day}日"
    except OverflowError:
        return
    try:
        found = read_date(text, near)
    except ValueError as error:
        assert str(error) == "has no year; write YYYY-MM-DD"
        assert abs(days) > MOST_DAYS_AWAY
    else:
        assert (found.month, found.day) == (day.month, day.day)
        assert abs((found - near).days) <= MOST_DAYS_AWAY


@pytest.mark.parametrize(("text", "year"), [("1月3日", 2027), ("12-Jan", 2027), ("11月23日", 2026), ("24-Sep", 2026)])
def test_the_year_is_the_one_that_is_near(text: str, year: int) -> None:
    assert read_date(text, SERVICE_DATE).year == year


@given(st.datetimes(datetime(2001, 1, 1), datetime(2099, 1, 1)), st.integers(-14 * 60, 14 * 60))
def test_an_instant_with_its_zone_is_the_day_in_china(moment: datetime, minutes: int) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert read_date(aware.isoformat()) == aware.astimezone(timezone(timedelta(hours=8))).date()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("soon", "is not a date"),
        ("", "is not a date"),
        ("2026-02-30", "is not a date"),
        ("2026-13-01", "is not a date"),
        ("2026-11/23", "is not a date"),
        ("2026-11-23 25:00", "is not a date"),
        ("2026-11-23 18:60", "is not a date"),
        ("18:00", "is not a date"),
        ("12345", "is not a date"),
        ("99999", "is not a date"),
        ("11-23", "is not a date"),
        ("13月1日", "is not a date"),
        ("31-Foo-26", "is not a date"),
        ("9999-12-31T20:00:00Z", "is not a date"),
        ("2026-11-23T18:00:00+99:00", "is not a date"),
        ("26/11/23", "its year has two digits"),
        ("11/23/26", "its year has two digits"),
        ("26年11月23日", "its year has two digits"),
        ("11/12/2026", "either number may be the month"),
        ("11月23日", "has no year"),
        ("23-Nov", "has no year"),
    ],
)
def test_what_is_no_date_or_two_is_said(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_date(text)


def test_a_leap_day_without_its_year_is_near_in_leap_years_only() -> None:
    assert read_date("2月29日", date(2028, 1, 15)) == date(2028, 2, 29)
    with pytest.raises(ValueError, match="has no year"):
        read_date("2月29日", date(2027, 1, 15))


@given(st.text(max_size=20))
def test_any_text_is_a_date_or_says_why_not(text: str) -> None:
    try:
        read_date(text, SERVICE_DATE)
    except ValueError as error:
        assert "YYYY-MM-DD" in str(error)
