"""``python -m tests.bench engine``: measures one part, prints its table and writes bench-results/NAME.json."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

PARTS = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if "def main(" in path.read_text())


def main() -> int:
    """0 when the bench ran; whether targets were met is in its rows."""
    reader = argparse.ArgumentParser(prog="python -m tests.bench")
    reader.add_argument("part", choices=[name for name in PARTS if name not in ("__main__", "child")])
    reader.add_argument("--quick", action="store_true", help="small sizes: does it run?")
    reader.add_argument("--full", action="store_true", help="the largest sizes too")
    reader.add_argument("--only", default="", help="comma-separated names of groups")
    asked = reader.parse_args()
    only = {name for name in asked.only.split(",") if name}
    importlib.import_module(f"tests.bench.{asked.part}").main(quick=asked.quick, full=asked.full, only=only)
    return 0


if __name__ == "__main__":
    sys.exit(main())
