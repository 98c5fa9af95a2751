"""Arguments that several commands take."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from services.files.summary import Language
from services.model.units import ZONE

DEFAULT_CONSOLIDATION = "127.0.0.1:50051"
DEFAULT_ROUTE = "127.0.0.1:50052"


def read_date(text: str | date) -> date:
    """Read an argument that is a date."""
    # The default comes through here too, as a date.
    if isinstance(text, date):
        return text
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a date like 2026-11-23") from None


Folder = Annotated[Path, typer.Argument(help="County folder 县数据文件夹 (see docs/county-folder.md).")]
ServiceDate = Annotated[
    date,
    typer.Option(
        "--date",
        help="Service day 计划日期, YYYY-MM-DD.",
        parser=read_date,
        default_factory=lambda: datetime.now(ZONE).date(),
        show_default="today",
    ),
]
Villages = Annotated[
    Path,
    typer.Option(
        help="Folder with villages.csv, the gazetteer 村名录 that addresses are resolved against.",
        show_default="data/jilin of this checkout",
    ),
]
RouteAddress = Annotated[str, typer.Option("--route", envvar="CUNTONG_ROUTE", help="Address of the route service.")]
TokenFile = Annotated[
    Path | None,
    typer.Option("--token-file", envvar="CUNTONG_TOKEN_FILE", help="File with a token for the services 令牌文件."),
]
CaFile = Annotated[
    Path | None,
    typer.Option("--ca", envvar="CUNTONG_CA", help="Roots that services' certificates are checked with 根证书; PEM."),
]
CertFile = Annotated[
    Path | None, typer.Option("--cert", envvar="CUNTONG_CERT", help="Your own certificate 客户端证书; PEM.")
]
KeyFile = Annotated[Path | None, typer.Option("--key", envvar="CUNTONG_KEY", help="Its private key 私钥; PEM.")]
Lang = Annotated[Language, typer.Option("--language", help="Language of what is shown 显示语言.")]

DEFAULT_VILLAGES = Path(__file__).resolve().parents[2] / "data" / "jilin"
