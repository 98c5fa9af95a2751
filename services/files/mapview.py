"""The plan on a map: one HTML file that needs nothing else, neither network nor tiles."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any, Final

import orjson

from services.files.explanation_words import change_lines
from services.files.summary import Language, carried_ids, saving_permille
from services.model.consignments import Consignment
from services.model.day import Day
from services.model.errors import InvalidInputError, Violation
from services.model.fleet import Vehicle
from services.model.forecast import StopForecast
from services.model.lines import Line
from services.model.plan import Booking, Plan, PlanResult, Run, Stop
from services.model.ways import VillageWay

_ASSETS: Final = files("services.files") / "map"
# The city's target, for a plan without one of its own: calls below it are marked.
_WANTED_PERMILLE: Final = 950
_PLACE: Final = re.compile(r"\{\{(\w+)\}\}")
# Inside <script> only these could end the element or be read as markup.
_ESCAPES: Final = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_ESCAPED: Final = re.compile("|".join(_ESCAPES))


def map_html(day: Day, result: PlanResult, outline: str, language: Language = "zh") -> bytes:
    """Draw a plan as one self-contained HTML page.

    ``outline`` is the county's GeoJSON, or empty. The page opens at what its fragment names: ``#run=R3&stop=5`` (stops
    count from 1), ``#trip=...`` or ``#node=...``. All text from the data is embedded as JSON and shown as text only.

    Raises
    ------
    InvalidInputError
        When the outline is no GeoJSON with polygons.
    """
    words: dict[str, dict[str, str]] = orjson.loads((_ASSETS / "words.json").read_bytes())
    county, rings = _read_outline(outline)
    data = _view(day, result, language) | {
        "language": language,
        "words": words[language],
        "county": county or day.county.county_id,
        "outline": rings,
    }
    style, script = _asset("map.css"), _asset("map.js")
    parts = {
        "language": {"zh": "zh-CN", "en": "en"}[language],
        "title": html.escape(f"{data['county']} {data['date']} {words[language]['title']}"),
        "policy": f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)}",
        "style": style,
        "script": script,
        "data": _ESCAPED.sub(lambda match: _ESCAPES[match[0]], orjson.dumps(data).decode()),
        "noscript": html.escape(words[language]["noscript"]),
    }
    return _PLACE.sub(lambda match: parts[match[1]], _asset("map.html")).encode()


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")


def _digest(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


def _read_outline(outline: str) -> tuple[str, list[list[list[float]]]]:
    """Find the county's name, where the GeoJSON has one, and all rings of its polygons as lon, lat."""
    if not outline.strip():
        return "", []
    try:
        document = orjson.loads(outline)
        rings = [[[round(x, 5), round(y, 5)] for x, y, *_ in ring] for ring in _rings(document)]
        features = document.get("features") or [document]
        name = (features[0].get("properties") or {}).get("name") or ""
    except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise InvalidInputError([Violation("outline", f"is no GeoJSON with polygons: {error}")]) from error
    return str(name), rings


def _rings(geometry: Mapping[str, Any]) -> Iterator[list[list[float]]]:
    match geometry["type"]:
        case "FeatureCollection":
            for feature in geometry["features"]:
                yield from _rings(feature)
        case "Feature":
            yield from _rings(geometry["geometry"])
        case "GeometryCollection":
            for part in geometry["geometries"]:
                yield from _rings(part)
        case "Polygon":
            yield from geometry["coordinates"]
        case "MultiPolygon":
            for polygon in geometry["coordinates"]:
                yield from polygon


def _view(day: Day, result: PlanResult, language: Language) -> dict[str, Any]:
    """Collect what the page shows, in the model's units."""
    plan, county = result.plan, day.county
    partners = {partner.partner_id: partner.name for partner in county.partners}
    vehicles = {vehicle.vehicle_id: vehicle for vehicle in county.vehicles}
    consignments = {goods.consignment_id: goods for goods in day.consignments}
    changes = change_lines(result, language)
    forecast = result.forecast
    calls = {(one.run_id, one.stop_index): one for one in forecast.stops} if forecast else {}
    caught = {one.booking_id: one.caught_permille for one in forecast.bookings} if forecast else {}
    return {
        "date": plan.service_date.isoformat(),
        "figures": _figures(day, result),
        "nodes": [
            {
                "id": node.node_id,
                "kind": node.kind.name,
                "name": node.name,
                "lon": node.lon,
                "lat": node.lat,
                "village": node.village_code,
                "opens": node.opens_s,
                "closes": node.closes_s,
                "position": node.position.name,
            }
            for node in county.network.nodes
        ],
        "goods": {
            goods.consignment_id: {
                "out": goods.direction.name == "OUTBOUND",
                "carrier": partners.get(goods.carrier_id, goods.carrier_id),
                "temperature": goods.temperature.name,
                "emergency": goods.emergency,
                "pieces": goods.pieces,
                "weight_g": goods.weight_g,
                "nodes": goods.node_ids,
            }
            for goods in day.consignments
        },
        "runs": [_run(run, vehicles[run.vehicle_id], partners, consignments, calls) for run in plan.runs],
        "trips": list(_trips(plan, county.lines, partners, caught)),
        "unserved": [
            {
                "goods": left.consignment_id,
                "reason": left.reason.name,
                "detail": left.detail,
                "change": changes.get(left.consignment_id, ""),
            }
            for left in plan.unserved
        ],
        "waiting": [
            {
                "goods": one.consignment_id,
                "until": consignments[one.consignment_id].due_date.isoformat(),
                "saved_fen": one.saved_fen,
                "detail": one.detail,
            }
            for one in plan.waiting
        ],
        "ways": {way.village_code: _way(way) for way in result.ways},
    }


def _way(way: VillageWay) -> dict[str, Any]:
    best = way.next_best
    return {
        "used": [{"mode": one.mode.name, "terms": one.terms.name, "cost_fen": one.cost_fen} for one in way.used],
        "marginal_fen": way.marginal_fen,
        "next": best
        and {
            "mode": best.mode.name,
            "terms": [one.name for one in best.terms],
            "cost_fen": best.cost_fen,
            "detail": best.detail,
        },
        "why_none": way.why_none,
    }


def _figures(day: Day, result: PlanResult) -> dict[str, int | None]:
    plan, carried = result.plan, carried_ids(result.plan)
    reached = {goods.village_code for goods in day.consignments if goods.consignment_id in carried}
    unserved = {left.consignment_id for left in plan.unserved}
    missed = {goods.village_code for goods in day.consignments if goods.consignment_id in unserved} - reached
    total, alone = plan.cost.total_fen, result.comparison
    return {
        "cost_fen": total,
        "saving_permille": saving_permille(total, alone.alone_fen) if alone else None,
        "villages": len({goods.village_code for goods in day.consignments}),
        "reached": len(reached),
        "missed": len(missed),
        "pieces": sum(goods.pieces for goods in day.consignments if goods.consignment_id in carried),
        "distance_m": sum(run.distance_m for run in plan.runs),
        "on_time_permille": result.forecast.on_time_permille if result.forecast else None,
        "wanted_permille": (result.forecast.target_permille if result.forecast else 0) or _WANTED_PERMILLE,
    }


def _run(
    run: Run,
    vehicle: Vehicle,
    partners: Mapping[str, str],
    consignments: Mapping[str, Consignment],
    calls: Mapping[tuple[str, int], StopForecast],
) -> dict[str, Any]:
    carried = {carriage.consignment_id for carriage in run.carriages}
    return {
        "id": run.run_id,
        "vehicle": run.vehicle_id,
        "kind": vehicle.kind,
        "owner": partners.get(vehicle.owner, vehicle.owner),
        "distance_m": run.distance_m,
        "cost_fen": run.vehicle_fen + run.distance_fen + run.time_fen + run.co2_fen,
        "pieces": sum(consignments[consignment_id].pieces for consignment_id in carried),
        "fill_permille": max((_fill_permille(stop, vehicle) for stop in run.stops), default=0),
        "stops": [
            {
                "node": stop.node_id,
                "via": stop.via,
                "arrival": stop.arrival_s,
                "start": stop.start_s,
                "departure": stop.departure_s,
                "leg_m": stop.leg_distance_m,
                "drop": stop.drop,
                "take": stop.take,
                "load_g": stop.load_g,
                "load_pieces": stop.load_pieces,
                "forecast": _call_forecast(calls.get((run.run_id, number))),
            }
            for number, stop in enumerate(run.stops)
        ],
    }


def _call_forecast(call: StopForecast | None) -> dict[str, int] | None:
    return (
        None
        if call is None
        else {
            "on_time": call.on_time_permille,
            "promise": call.promise_permille,
            "early": call.early_s,
            "late": call.late_s,
        }
    )


def _fill_permille(stop: Stop, vehicle: Vehicle) -> int:
    """How full the vehicle leaves, mail included, by what fills it most."""
    loads = (
        (stop.load_g - stop.cold_load_g + vehicle.mail_g, vehicle.capacity_g),
        (stop.load_ml - stop.cold_load_ml + vehicle.mail_ml, vehicle.capacity_ml),
        (stop.cold_load_g, vehicle.cold_capacity_g),
        (stop.cold_load_ml, vehicle.cold_capacity_ml),
        (stop.load_pieces + vehicle.mail_pieces, vehicle.capacity_pieces),
    )
    return max((round(1_000 * load / capacity) for load, capacity in loads if capacity), default=0)


def _trips(
    plan: Plan, lines: tuple[Line, ...], partners: Mapping[str, str], caught: Mapping[str, int]
) -> Iterator[dict[str, Any]]:
    """Every trip that has a booking, with its calls, bookings and shuttles, in the order of the lines."""
    by_trip: dict[str, list[Booking]] = {}
    for booking in plan.bookings:
        by_trip.setdefault(booking.trip_id, []).append(booking)
    for number, line in enumerate(lines):
        for trip in line.trips:
            if trip.trip_id not in by_trip:
                continue
            bookings = by_trip[trip.trip_id]
            shuttles = [shuttle for shuttle in plan.shuttles if shuttle.trip_id == trip.trip_id]
            yield {
                "id": trip.trip_id,
                "line": line.line_id,
                "line_number": number,
                "name": line.name,
                "owner": partners.get(line.owner, line.owner),
                "kind": trip.kind.name,
                "cost_fen": sum(booking.tariff_fen for booking in bookings)
                + sum(shuttle.cost_fen for shuttle in shuttles),
                "calls": [
                    {"node": call.node_id, "arrival": call.arrival_s, "departure": call.departure_s}
                    for call in trip.stop_times
                ],
                "bookings": [
                    {
                        "id": booking.booking_id,
                        "goods": booking.consignment_id,
                        "board": booking.board_index,
                        "alight": booking.alight_index,
                        "ready_by": booking.ready_by_s,
                        "available": booking.available_s,
                        "caught": caught.get(booking.booking_id),
                    }
                    for booking in bookings
                ],
                "shuttles": [
                    {
                        "from": shuttle.from_node,
                        "to": shuttle.to_node,
                        "departure": shuttle.departure_s,
                        "arrival": shuttle.arrival_s,
                    }
                    for shuttle in shuttles
                ],
            }
