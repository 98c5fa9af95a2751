"""The phases of a search as spans: what its child reports, made into parts of the span under way."""

from __future__ import annotations

from typing import Final

from services.runtime.solver_messages import Progress
from services.runtime.traces import Traces

# A search that goes back and forth between its phases does not fill the collector.
_MOST: Final = 64
_WHOLE: Final = 100


class Phases:
    """Follows one search. The times are those of the child, so that a parent under load does not blur them."""

    def __init__(self, traces: Traces) -> None:
        self._traces = traces
        self._last: Progress | None = None
        self._count = 0

    def hear(self, progress: Progress) -> None:
        """Take note of how far it has come; a phase lasts until another is reported, the last until all is done."""
        last = self._last
        if last is not None and last.phase == progress.phase and progress.percent < _WHOLE:
            return
        self.end(progress.at_ns)
        self._last = progress if progress.percent < _WHOLE else None

    def end(self, at_ns: int) -> None:
        """End the phase under way."""
        if self._last is not None and self._count < _MOST:
            self._count += 1
            self._traces.past(self._last.phase, self._last.at_ns, at_ns)
        self._last = None
