"""The benches are run by hand: that they still start is seen here."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.contracts.test_house import ROOT


def test_the_quality_bench_finds_all_its_groups() -> None:
    kept = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    command = [sys.executable, "-c", "from tests.bench import quality; print(*quality.groups())"]
    done = subprocess.run(command, cwd=ROOT, env=kept, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["digits", "boxes", "masks", "speed", "duplicates", "certificate"], done.stderr
