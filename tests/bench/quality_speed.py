"""CPU seconds on one thread, and the packages' own on the same data and machine, measured one after the other."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.quality.logic import classification, detection, neighbours, tables
from tests.bench import quality_errors
from tests.bench.quality_peers import Peers
from tests.bench.report import Report, Row

Array = NDArray[Any]


def cpu(work: Callable[[], object], repeats: int = 3) -> float:
    """The least CPU seconds of a few runs: the machine is shared."""
    found = []
    for _ in range(repeats):
        began = time.process_time()
        work()
        found.append(time.process_time() - began)
    return min(found)


def labels(n: int, k: int = 10) -> tuple[Array, Array]:
    """Probabilities of a good model and labels of which about 5 % are wrong."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, k, n)
    z = rng.normal(0, 1, (n, k))
    z[np.arange(n), y] += 3.5
    p = np.exp(z)
    p /= p.sum(axis=1, keepdims=True)
    return p, np.where(rng.random(n) < 0.05, rng.integers(0, k, n), y)


def embeddings(n: int, d: int) -> Array:
    rng = np.random.default_rng(1)
    centre = rng.normal(0, 1, (50, d))
    return (centre[rng.integers(0, 50, n)] + 0.8 * rng.normal(0, 1, (n, d))).astype(np.float32)


def run(report: Report, *, quick: bool, full: bool) -> None:
    million, many, images, rows = (10_000, 5_000, 200, 1_000) if quick else (1_000_000, 100_000, 5_000, 10_000)
    run_million(report, million)
    with tempfile.TemporaryDirectory(prefix="lapidary-bench-") as folder:
        peers = Peers(Path(folder))
        run_classification(report, peers, many)
        run_detection(report, peers, images)
        run_uniqueness(report, peers, rows)


def run_million(report: Report, n: int) -> None:
    """From arrays to scores with every check of the input; beside it the scores alone."""
    p, y = labels(n)
    given = {"pred_probs": p, "given_label": y}
    whole = cpu(lambda: tables.score_classification(given), 2)
    bare = cpu(lambda: classification.score(p, y), 2)
    report.add(Row("classification-1m", whole, "s CPU", 1.0, "without checking the input", bare))


def run_classification(report: Report, peers: Peers, n: int) -> None:
    p, y = labels(n)
    ours = cpu(lambda: classification.score(p, y))
    fiftyone = peers.ask("fiftyone", "classification", p=p, y=y)
    cleanlab = peers.ask("cleanlab", "classification", p=p, y=y)
    add_ratio(report, "classification-speed", ours, "FiftyOne", fiftyone, 500)
    add_ratio(report, "classification-speed-cleanlab", ours, "cleanlab", cleanlab, None)


def run_detection(report: Report, peers: Peers, count: int) -> None:
    clean = quality_errors.make_scenes(count, 7, 20, 0)
    noisy, seen = quality_errors.inject(clean, 20, 0), quality_errors.detect(clean, 20, 0)
    one, other = quality_errors.flat(noisy), quality_errors.flat(seen, scored=True)
    size = quality_errors.sizes(noisy)
    ours = cpu(lambda: detection.score(one, other, size, 20))
    boxes = {"label_image": one.image, "label_box": one.box, "label_class": one.kind, "size": size}
    boxes |= {"pred_image": other.image, "pred_box": other.box, "pred_class": other.kind}
    boxes["pred_score"] = np.asarray(other.score)
    add_ratio(report, "detection-speed", ours, "ObjectLab", peers.ask("cleanlab", "detection", **boxes), 15)
    add_ratio(report, "detection-speed-fiftyone", ours, "FiftyOne", peers.ask("fiftyone", "detection", **boxes), None)


def run_uniqueness(report: Report, peers: Peers, n: int) -> None:
    x = embeddings(n, 512)
    ours = cpu(lambda: neighbours.uniqueness(x), 2)
    add_ratio(report, "uniqueness-speed", ours, "FiftyOne", peers.ask("fiftyone", "uniqueness", x=x), 8)


def add_ratio(report: Report, name: str, ours: float, peer: str, theirs: float | None, target: float | None) -> None:
    """How many times as fast; ours alone, in seconds, where the peer could not be had."""
    if theirs is None:
        report.add(Row(name, ours, "s CPU", None, f"{peer} does not install here"))
    else:
        report.add(Row(name, theirs / ours, "x", target, f"{peer}, s CPU", theirs, True))
