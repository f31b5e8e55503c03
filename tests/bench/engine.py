"""The engine's figures, a row for every line of the limits, each beside a raw floor of the same call."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from tests.bench.report import Report
from tests.bench.scratch import scratch

Group = Callable[..., None]


def main(*, quick: bool, full: bool, only: set[str]) -> None:
    """Runs the groups in their order; ``only`` names groups, ``quick`` makes all sizes small."""
    report = Report("engine")
    began = time.monotonic()
    with scratch() as home:
        from tests.bench import bulk, install, operations, overhttp

        groups: dict[str, Group] = {
            "operations": operations.run,
            "http": overhttp.run,
            "sqlite": overhttp.run_sqlite,
            "transfer": bulk.run_transfer,
            "growth": bulk.run_growth,
            "install": install.run,
        }
        for name, group in groups.items():
            if not only or name in only:
                group(report, home=Path(home), quick=quick, full=full)
    print(f"\n{report.write()} after {time.monotonic() - began:.0f} s")
