"""The plan on a map."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any, get_args

import orjson
import pytest

from services.files.mapview import map_html
from services.files.summary import Language
from services.model.errors import InvalidInputError
from services.model.explanations import Explanation
from services.model.forecast import BookingForecast, Forecast, StopForecast
from services.model.plan import Waiting
from services.model.ways import NextBest, Terms, TransportMode, UsedWay, VillageWay
from tests.papers_fixture import huadian_day, huadian_plan, outline, renamed

DAY = huadian_day()
RESULT = huadian_plan(DAY)
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)><!--\u2028{{script}}&amp;"


class Page(HTMLParser):
    """The elements of a page, and the text of its scripts and styles."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if data.strip() and self.tags[-1][0] in {"script", "style", "title"}:
            self.texts.append((self.tags[-1][0], data))


def data_of(page: bytes) -> Any:
    return orjson.loads(next(text for tag, text in Page(page).texts if tag == "script"))


@pytest.mark.parametrize("language", get_args(Language))
def test_the_page_needs_nothing_else(language: Language) -> None:
    page = map_html(DAY, RESULT, outline(), language)
    text = page.decode()
    assert not re.search(r"https?:|//\w+\.\w|@import|url\(", text)
    assert all(not {"src", "href"} & attributes.keys() for _, attributes in Page(page).tags)
    assert "{{" not in text


def test_only_our_own_style_and_script_may_run() -> None:
    page = Page(map_html(DAY, RESULT, outline()))
    policy = next(a["content"] for _, a in page.tags if a.get("http-equiv") == "Content-Security-Policy") or ""
    assert policy.startswith("default-src 'none'")
    for content in (page.texts[-1][1], next(text for tag, text in page.texts if tag == "style")):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy


def test_every_run_trip_and_node_is_on_it() -> None:
    data = data_of(map_html(DAY, RESULT, outline()))
    assert [run["id"] for run in data["runs"]] == [run.run_id for run in RESULT.plan.runs]
    assert {trip["id"] for trip in data["trips"]} == {booking.trip_id for booking in RESULT.plan.bookings}
    assert sum(len(trip["bookings"]) for trip in data["trips"]) == len(RESULT.plan.bookings)
    assert [node["id"] for node in data["nodes"]] == [node.node_id for node in DAY.county.network.nodes]
    assert len(data["unserved"]) == len(RESULT.plan.unserved)
    assert data["county"] == "桦甸市"
    shown, stop = data["runs"][2]["stops"][4], RESULT.plan.runs[2].stops[4]
    assert (shown["arrival"], shown["departure"], shown["drop"]) == (stop.arrival_s, stop.departure_s, list(stop.drop))
    assert data["figures"]["reached"] == 155


def test_what_would_serve_the_unserved_is_on_it() -> None:
    name = RESULT.plan.unserved[0].consignment_id
    assert [one["change"] for one in data_of(map_html(DAY, RESULT, outline()))["unserved"]] == ["", ""]
    told = replace(RESULT, explanations=(Explanation(name, is_explained=False),))
    assert data_of(map_html(DAY, told, outline()))["unserved"][0]["change"] == "尚未分析"


def test_hostile_names_stay_text() -> None:
    day = renamed(DAY, RESULT.plan.runs[0].stops[1].node_id, HOSTILE)
    day = replace(day, county=replace(day.county, county_id=HOSTILE))
    page = map_html(day, RESULT, "")
    honest = Page(map_html(DAY, RESULT, ""))
    assert [tag for tag, _ in Page(page).tags] == [tag for tag, _ in honest.tags]
    assert data_of(page)["county"] == HOSTILE
    assert HOSTILE in {node["name"] for node in data_of(page)["nodes"]}


def test_the_same_plan_gives_the_same_page() -> None:
    assert map_html(DAY, RESULT, outline()) == map_html(huadian_day(), RESULT, outline())


def test_an_outline_may_be_missing_but_not_wrong() -> None:
    assert data_of(map_html(DAY, RESULT, ""))["outline"] == []
    square = '{"type": "Polygon", "coordinates": [[[126, 42], [127, 42, 9], [127, 43], [126, 42]]]}'
    assert data_of(map_html(DAY, RESULT, square))["outline"] == [[[126, 42], [127, 42], [127, 43], [126, 42]]]
    for wrong in ("{", "[]", '{"type": "Feature"}', '{"type": "Polygon", "coordinates": [[1, 2]]}'):
        with pytest.raises(InvalidInputError, match="outline"):
            map_html(DAY, RESULT, wrong)


def test_a_plan_without_anything_has_a_page() -> None:
    plan = replace(RESULT.plan, runs=(), bookings=(), shuttles=(), unserved=())
    data = data_of(map_html(replace(DAY, consignments=()), replace(RESULT, plan=plan, comparison=None), ""))
    assert (data["runs"], data["trips"], data["figures"]["saving_permille"]) == ([], [], None)


def test_what_waits_is_on_it_and_its_village_is_not_missed() -> None:
    plan = RESULT.plan
    waiting = tuple(Waiting(left.consignment_id, 120, 900, "明日再送") for left in plan.unserved)
    data = data_of(map_html(DAY, replace(RESULT, plan=replace(plan, unserved=(), waiting=waiting)), outline()))
    assert [one["goods"] for one in data["waiting"]] == [left.consignment_id for left in plan.unserved]
    assert data["waiting"][0] | {"goods": ""} == {
        "goods": "",
        "until": "2026-11-23",
        "saved_fen": 900,
        "detail": "明日再送",
    }
    assert (data["figures"]["reached"], data["figures"]["missed"]) == (155, 0)
    assert data_of(map_html(DAY, RESULT, outline()))["figures"]["missed"] == 1


def test_mail_fills_a_vehicle_as_well() -> None:
    run = RESULT.plan.runs[0]
    vehicles = tuple(
        replace(v, mail_pieces=v.capacity_pieces) if v.vehicle_id == run.vehicle_id else v for v in DAY.county.vehicles
    )
    day = replace(DAY, county=replace(DAY.county, vehicles=vehicles))
    assert data_of(map_html(DAY, RESULT, ""))["runs"][0]["fill_permille"] < 1_000
    assert data_of(map_html(day, RESULT, ""))["runs"][0]["fill_permille"] >= 1_000


def test_both_languages_have_the_same_words() -> None:
    zh, en = (data_of(map_html(DAY, RESULT, "", language))["words"] for language in get_args(Language))
    assert zh.keys() == en.keys()


def test_a_village_s_ways_are_on_the_map() -> None:
    code = next(node.village_code for node in DAY.county.network.nodes if node.village_code)
    best = NextBest(TransportMode.BUS, (Terms.TRANSIT,), 860, "班次 T-1")
    way = VillageWay(code, (UsedWay(TransportMode.SHARED_RUN, Terms.OWN, 3, 1, 1_234),), 1_000, best)
    shown = data_of(map_html(DAY, replace(RESULT, ways=(way, VillageWay("x", (), 0, None, HOSTILE))), outline()))[
        "ways"
    ]
    assert shown[code]["used"] == [{"mode": "SHARED_RUN", "terms": "OWN", "cost_fen": 1_234}]
    assert shown[code]["next"] == {"mode": "BUS", "terms": ["TRANSIT"], "cost_fen": 860, "detail": "班次 T-1"}
    assert (shown["x"]["next"], shown["x"]["why_none"]) == (None, HOSTILE)


@pytest.mark.parametrize("language", get_args(Language))
def test_every_mode_and_all_terms_have_words_on_the_map(language: Language) -> None:
    words = data_of(map_html(DAY, RESULT, outline(), language))["words"]
    assert {mode.name for mode in TransportMode} <= words.keys()
    assert {f"terms_{one.name}" for one in Terms} <= words.keys()


def test_how_punctual_a_call_and_a_trip_are_is_on_the_map() -> None:
    run, booking = RESULT.plan.runs[0], RESULT.plan.bookings[0]
    stops = (StopForecast(run.run_id, 1, 912, 800, 30_000, 31_800),)
    forecast = Forecast(
        2_000, 963, 900, 10, 1, stops, (), (BookingForecast(booking.booking_id, 870, 850),), target_permille=970
    )
    data = data_of(map_html(DAY, replace(RESULT, forecast=forecast), outline()))
    assert (data["figures"]["on_time_permille"], data["figures"]["wanted_permille"]) == (963, 970)
    shown = {one["id"]: one for one in data["runs"]}[run.run_id]["stops"]
    assert shown[1]["forecast"] == {"on_time": 912, "promise": 800, "early": 30_000, "late": 31_800}
    assert shown[0]["forecast"] is None
    caught = {b["id"]: b["caught"] for trip in data["trips"] for b in trip["bookings"]}
    assert caught.pop(booking.booking_id) == 870
    assert set(caught.values()) <= {None}


def test_without_a_forecast_or_a_target_the_city_s_target_is_the_mark() -> None:
    figures = data_of(map_html(DAY, RESULT, outline()))["figures"]
    assert (figures["on_time_permille"], figures["wanted_permille"]) == (None, 950)
