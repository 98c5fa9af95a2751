"""What commands do with a county folder: read it, have its parcels consolidated, make the day to plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import grpc
import polars as pl
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from services.cli.client import consolidate_remotely
from services.cli.parcel_names import name_parcels
from services.files.county_folder import CountyFolder, read_county
from services.files.faults import CountyFolderError, Fault
from services.files.gazetteer import read_villages
from services.files.waybills import WaybillTable, read_waybills
from services.files.words import HELD
from services.model.agreements import Partner, ids_by_name
from services.model.day import Day
from services.model.held import HeldParcel, HeldReason
from services.model.network import Village
from services.validation.fields import without_controls
from services.validation.held import MAX_HELD_TEXT


@dataclass(frozen=True, slots=True)
class CountyDay:
    """A county folder as read for one day."""

    folder: CountyFolder
    waybills: WaybillTable
    villages: tuple[Village, ...]
    service_date: date

    @property
    def rows(self) -> int:
        """Waybills read."""
        return len(self.waybills.parcels)


def read_county_day(folder: Path, service_date: date, villages: Path) -> CountyDay:
    """Read everything of one day.

    Raises
    ------
    CountyFolderError
        With the faults of all files together.
    """
    faults: list[Fault] = []
    county: CountyFolder | None = None
    waybills: WaybillTable | None = None
    gazetteer: tuple[Village, ...] = ()
    try:
        county = read_county(folder, service_date)
    except CountyFolderError as error:
        faults += error.faults
    if folder.is_dir():
        try:
            waybills = read_waybills(folder / "parcels.csv", service_date)
        except CountyFolderError as error:
            faults += error.faults
    try:
        gazetteer = read_villages(villages)
    except CountyFolderError as error:
        faults += error.faults
    if faults or county is None or waybills is None:
        raise CountyFolderError(faults)
    return CountyDay(county, waybills, gazetteer, service_date)


def tell_notes(county_day: CountyDay, console: Console) -> None:
    """Say what a user should know of the files."""
    dropped = [
        f"parcels.csv: 个人信息列“{column}”已丢弃({cells} 格) personal column dropped"
        for column, cells in county_day.waybills.dropped_columns
    ]
    for note in (*county_day.folder.notes, *county_day.waybills.notes, *dropped):
        console.print(Padding(Text(f"· {note}"), (0, 0, 0, 2), expand=False), style="dim")
    overdue = county_day.waybills.parcels.filter(pl.col("due_in_days") < 0).height
    if overdue:
        console.print(f"  {overdue} 票最晚日期早于计划日期，按当日处理 overdue, treated as due today", style="yellow")
    if county_day.rows == 0:
        console.print("  当日没有运单，计划为空 no waybills on this day: the plan is empty", style="yellow")


def tell_held(held: pl.DataFrame, console: Console) -> None:
    """Say how many parcels are held for each reason, with the first of each."""
    reasons = held.group_by("reason", maintain_order=True).agg(pl.len(), pl.col("row", "detail").first())
    for reason, count, row, detail in reasons.sort("len", descending=True).iter_rows():
        words = f"  {count:6d}  {HELD[HeldReason(reason)]} {reason}  如第 {row} 行 e.g. row {row}: {detail}"
        console.print(words, markup=False, soft_wrap=True)


def tell_unknown_categories(unknown: pl.DataFrame, console: Console) -> None:
    """Say which goods travel as ordinary ones because nobody knows their category."""
    if len(unknown):
        named = "、".join(f"{category}({rows})" for category, rows in unknown.head(10).iter_rows())
        more = f" 等 {len(unknown)} 种" if len(unknown) > 10 else ""
        words = f"  品类未收录，按普通货物承运 unknown categories, carried as ordinary goods: {named}{more}"
        console.print(words, markup=False, soft_wrap=True, style="yellow")


@dataclass(frozen=True, slots=True)
class PooledDay:
    """A day whose parcels are consolidated: what to plan, what is held, which categories nobody knows."""

    day: Day
    held: pl.DataFrame
    unknown_categories: pl.DataFrame


def consolidate_day(channel: grpc.Channel, county_day: CountyDay) -> PooledDay:
    """Have the parcels consolidated; the consignments get their parcels' names back."""
    county, parcels = county_day.folder.county, county_day.waybills.parcels
    answer = consolidate_remotely(channel, county, county_day.service_date, county_day.villages, parcels)
    consignments = name_parcels(answer.consignments, parcels.join(answer.fates, on="row"), county)
    held = held_parcels(county.partners, answer.held)
    day = Day(county, county_day.service_date, consignments, answer.admission_sets, held=held)
    return PooledDay(day, answer.held, answer.unknown_categories)


def held_parcels(partners: Sequence[Partner], held: pl.DataFrame) -> tuple[HeldParcel, ...]:
    """Turn the rows held into the model's words: carriers by partner id, control characters written out."""
    ids = ids_by_name(partners)
    columns = held.select("row", "waybill", "carrier", "reason", "detail", "candidates")
    return tuple(
        HeldParcel(
            row,
            without_controls(waybill)[:MAX_HELD_TEXT],
            without_controls(ids.get(carrier, carrier))[:MAX_HELD_TEXT],
            HeldReason(reason),
            without_controls(detail)[:MAX_HELD_TEXT],
            tuple(candidates),
        )
        for row, waybill, carrier, reason, detail, candidates in columns.iter_rows()
    )
