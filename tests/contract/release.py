"""What a release leaves for later ones to be held against: ``python -m tests.contract.release VERSION``.

The contract as buf has it, and a request and a result as the store of that release holds them.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

from cuntong.route.v1 import plan_pb2

from services.model.day import PlanSettings
from services.route.planner import plan_day
from services.wire.codec import encode
from tests.builders import small_day
from tests.engines import InProcessEngine
from tests.running import plan_request

ROOT: Final = Path(__file__).parents[2]
RELEASED: Final = Path(__file__).parent / "released"


def main() -> None:
    """Write a release's files, once."""
    (version,) = sys.argv[1:]
    folder = RELEASED / version
    folder.mkdir(parents=True)
    buf = ROOT / ".venv/bin/buf"
    subprocess.run([buf, "build", "--exclude-source-info", "-o", folder / "contract.binpb"], cwd=ROOT, check=True)
    day, settings = small_day(), PlanSettings(iterations=50, cores=1, forecast_days=20)
    result = plan_day(day, settings, InProcessEngine(), lambda: False, lambda *_: None)
    stored = encode(result, plan_pb2.PlanResult, day.service_date)
    (folder / "result.binpb").write_bytes(stored.SerializeToString(deterministic=True))
    (folder / "request.binpb").write_bytes(plan_request("released", day).SerializeToString(deterministic=True))


if __name__ == "__main__":
    main()
