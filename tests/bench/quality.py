"""The quality scores' figures, the real cleanlab and fiftyone-brain beside them where those install.

``--only`` takes names of groups: digits, boxes, masks, speed, duplicates, certificate. Peers live in a virtual
environment of their own, which is thrown away; nothing of them enters the project.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from tests.bench.report import Report

# One thread: set before numpy starts its own.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")


def main(*, quick: bool, full: bool, only: set[str]) -> None:
    """Runs the groups in their order; ``only`` names groups, ``quick`` makes all sizes small."""
    report = Report("quality")
    began = time.monotonic()
    for name, group in groups().items():
        if not only or name in only:
            group(report, quick=quick, full=full)
    print(f"\n{report.write()} after {time.monotonic() - began:.0f} s")


def groups() -> dict[str, Callable[..., None]]:
    """By name. Near-duplicates are found by code beside models, so Django is set up; no database is asked."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "apps.server.settings.test")
    import django

    django.setup()
    from tests.bench import quality_audit, quality_duplicates, quality_masks, quality_scores, quality_speed

    return {
        "digits": quality_scores.run_digits,
        "boxes": quality_scores.run_boxes,
        "masks": quality_masks.run,
        "speed": quality_speed.run,
        "duplicates": quality_duplicates.run,
        "certificate": quality_audit.run,
    }
