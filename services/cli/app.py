"""Puts the commands together; errors become messages and exit codes here."""

from __future__ import annotations

import signal
import sys
from typing import Any

import grpc
import typer
from rich.console import Console

from services.cli.accept import accept
from services.cli.analyse import bound, explain, forecast
from services.cli.bench import bench
from services.cli.cancel import cancel
from services.cli.check import check
from services.cli.consolidate import consolidate
from services.cli.fault_words import explain_faults
from services.cli.grpc_errors import explain_status
from services.cli.plan import plan
from services.cli.report import report
from services.cli.revise import revise
from services.cli.serve import serve
from services.cli.settle import settle
from services.cli.show import show
from services.cli.trace import trace
from services.cli.watch import watch
from services.cli.worker import worker
from services.files.faults import CountyFolderError
from services.model.errors import CuntongError, InvalidInputError

EXIT_REFUSED = 2
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Interrupted(BaseException):
    """A signal told this program to end; everything is closed on the way out."""

    def __init__(self, number: int) -> None:
        self.exit_code = 128 + number
        super().__init__(number)


def make_app() -> typer.Typer:
    """Build the command line."""
    app = typer.Typer(
        name="cuntong",
        help="Plan how express parcels reach every village of a county, and how farm produce comes back. 村通",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    planning = (check, consolidate, plan, revise, explain, bound, forecast, settle, report, show, trace)
    for command in (*planning, watch, accept, cancel, serve, worker, bench):
        app.command()(command)
    return app


def main() -> None:
    """Run a command; what went wrong is said in a few lines on stderr."""
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    for number in _SIGNALS:
        signal.signal(number, _interrupt)
    try:
        make_app()(prog_name="cuntong", standalone_mode=True)
    except InvalidInputError as error:
        errors.print("输入有误 invalid input:", style="bold red")
        for violation in error.violations[:50]:
            errors.print(f"  {violation.path}: {violation.message}", markup=False)
        sys.exit(EXIT_REFUSED)
    except CountyFolderError as error:
        errors.print("县数据有误 the county folder has faults:", style="bold red")
        for line in explain_faults(error):
            errors.print(f"  {line}", markup=False)
        sys.exit(EXIT_REFUSED)
    except CuntongError as error:
        errors.print("无法完成 cannot go on:", style="bold red")
        errors.print(str(error), markup=False)
        sys.exit(EXIT_REFUSED)
    except grpc.RpcError as error:
        errors.print(explain_status(error), style="bold red", markup=False)
        sys.exit(EXIT_REFUSED)
    except _Interrupted as end:
        errors.print("已中断 interrupted")
        sys.exit(end.exit_code)


def _interrupt(number: int, _: Any) -> None:
    # Once is enough: a second Ctrl-C must not break the closing off.
    for each in _SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    raise _Interrupted(number)
