"""Rows of measurements: a table for people, JSON for checks."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path

RESULTS = Path(__file__).resolve().parents[2] / "bench-results"


@dataclass
class Row:
    """One figure beside what it is compared with, of the same call. ``at_least`` turns the target round."""

    name: str
    value: float
    unit: str
    target: float | None = None
    baseline: str = ""
    baseline_value: float | None = None
    at_least: bool = False

    @property
    def ratio(self) -> float | None:
        """The value beside its baseline; a value that is a ratio already says so itself."""
        if self.unit == "ratio":
            return self.value
        return self.value / self.baseline_value if self.baseline_value else None

    @property
    def ok(self) -> bool | None:
        if self.target is None:
            return None
        return self.value >= self.target if self.at_least else self.value <= self.target

    def as_json(self) -> dict[str, object]:
        ratio = self.ratio
        found = asdict(self) | {"ratio": round(ratio, 3) if ratio is not None else None, "ok": self.ok}
        found.pop("at_least")
        found["value"] = round(self.value, 4)
        if self.baseline_value is not None:
            found["baseline_value"] = round(self.baseline_value, 4)
        return found

    def line(self) -> str:
        mark = {True: "ok", False: "MISSED", None: ""}[self.ok]
        sign = ">=" if self.at_least else "<="
        target = f"{sign} {self.target:g}" if self.target is not None else ""
        beside = ""
        if self.baseline_value is not None:
            ratio = f" ({self.ratio:.2f} x)" if self.ratio and self.unit != "ratio" else ""
            beside = f"{self.baseline}: {self.baseline_value:.4g}{ratio}"
        return f"{self.name:<28}{self.value:>12.4g} {self.unit:<7}{target:<10}{mark:<8}{beside}"


class Report:
    """Prints each row as it comes and keeps it for the file."""

    def __init__(self, name: str) -> None:
        self.name, self.rows = name, list[Row]()

    def add(self, row: Row) -> None:
        self.rows.append(row)
        print(row.line(), flush=True)

    def write(self) -> Path:
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"{self.name}.json"
        text = {"machine": machine(), "rows": [row.as_json() for row in self.rows]}
        path.write_text(json.dumps(text, indent=1) + "\n")
        return path


def machine() -> dict[str, object]:
    model = "unknown"
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.partition(":")[2].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        model = names[0] if names else model
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "load": [round(value, 2) for value in os.getloadavg()],
        "system": platform.platform(),
        "python": platform.python_version(),
    }
