"""Masks at the click: our encoder and decoder beside the library's ``SamPredictor``, on the same image and clock.

``--only`` takes names of groups: engine (ViT-B from the library's own classes, made-up weights: speed does not depend
on them), masks (a small SAM trained here), process (the real process under many users), stack (all of it over HTTP),
tuning (what fine-tuning gains and keeps).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from tests.bench.report import Report

# One thread: set before torch and numpy start their own.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")


def main(*, quick: bool, full: bool, only: set[str]) -> None:
    """Runs the groups in their order; ``quick`` takes a small model and few rounds."""
    from tests.bench import inference_engine, inference_masks, inference_process, inference_stack
    from tests.bench.small_sam import tuning

    groups: dict[str, Callable[..., None]] = {
        "engine": inference_engine.run,
        "masks": inference_masks.run,
        "process": inference_process.run,
        "stack": inference_stack.run,
        "tuning": tuning.run,
    }
    report = Report("inference")
    began = time.monotonic()
    for name, group in groups.items():
        if not only or name in only:
            group(report, quick=quick, full=full)
    print(f"\n{report.write()} after {time.monotonic() - began:.0f} s")
