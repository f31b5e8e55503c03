"""Masks whose outline is wrong: grown, shrunk or moved by 5 %, beside a model whose own outlines are noisy.

Made-up blobs, and cells cut out of BCCD's photographs by brightness where those are here; the model's masks are those
outlines, blurred, with smooth noise of about 2 % of the instance's diagonal, and shifted and scaled at random.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from apps.quality.logic import masks
from tests.bench.quality_measures import auroc
from tests.bench.quality_scores import SHARED
from tests.bench.report import Report, Row

Array = NDArray[Any]
SIDE = 120
AMOUNT = 0.05  # of the instance's diagonal
SHARE = 0.1
CELLS = ("RBC", "WBC", "Platelets")


def run(report: Report, *, quick: bool, full: bool) -> None:
    count = 150 if quick else 600
    report.add(Row("mask-boundary", *measured(blobs(count)), True))
    folder = SHARED / "bccd"
    if folder.exists():
        report.add(Row("mask-boundary-cells", *measured(cells(folder, count)), True))
    else:
        print("  mask-boundary-cells left out: bccd is not here (LAPIDARY_SHARED_DATA)")


def measured(instances: Iterator[tuple[Array, int]]) -> tuple[float, str, float, str, float]:
    """The AUROC of the boundary's value, and that of 1 - IoU."""
    rng = np.random.default_rng(5)
    found, kinds, wrong, gap = [], [], [], []
    for true, kind in instances:
        seen, bad = predicted(rng, true), bool(rng.random() < SHARE)
        label = spoiled(rng, true) if bad else true
        if seen.any() and label.any():
            found.append(masks.measures(label, seen))
            gap.append(1 - (label & seen).sum() / (label | seen).sum())
            kinds.append(kind)
            wrong.append(bad)
    value, _ = masks.boundary(np.array(found), np.array(kinds), 1 + max(kinds))
    truth = np.array(wrong)
    return auroc(truth, value), "AUROC", 0.85, "1 - IoU", auroc(truth, np.array(gap))


def blobs(count: int) -> Iterator[tuple[Array, int]]:
    """Three classes of round, long and ragged outlines."""
    rng = np.random.default_rng(4)
    yy, xx = np.mgrid[:SIDE, :SIDE] - SIDE / 2
    for _ in range(count):
        kind = int(rng.integers(3))
        x = xx / (1.0, 1.6, 0.8)[kind]
        angle, radius, edge = np.arctan2(yy, x), np.hypot(x, yy), np.ones_like(xx)
        for wave in range(2, 8):
            edge += rng.normal(0, (0.02, 0.04, 0.09)[kind] / np.sqrt(wave)) * np.cos(wave * angle + rng.uniform(0, 6.3))
        yield radius < rng.uniform(10, 32) * edge, kind


def cells(folder: Path, count: int) -> Iterator[tuple[Array, int]]:
    """The cells of annotated boxes: darker than halfway between the box's inside and its surroundings."""
    left = count
    for path in sorted((folder / "Annotations").glob("*.xml")):
        picture = folder / "JPEGImages" / f"{path.stem}.jpg"
        if left <= 0 or not picture.exists():
            continue
        with Image.open(picture) as opened:
            green = np.asarray(opened.convert("RGB"), float)[:, :, 1]
        for one in ET.parse(path).getroot().iter("object"):  # noqa: S314 - our own file
            place = {side: int(float(one.findtext(f"bndbox/{side}", "0"))) for side in ("xmin", "ymin", "xmax", "ymax")}
            mask = cut(green, place)
            if mask is not None and left > 0:
                left -= 1
                yield mask, CELLS.index(one.findtext("name", "RBC"))


def cut(green: Array, place: dict[str, int]) -> Array | None:
    """Dark pixels of the box, its holes filled by rows and columns; None where that is no cell."""
    part = green[place["ymin"] : place["ymax"], place["xmin"] : place["xmax"]]
    if min(part.shape, default=0) < 16:
        return None
    dark = part < (np.quantile(part, 0.1) + np.quantile(part, 0.95)) / 2
    filled = spanned(dark, 0) & spanned(dark, 1)
    if not 0.3 < filled.mean() < 0.95:
        return None
    return np.pad(filled, max(part.shape) // 4)


def spanned(mask: Array, axis: int) -> Array:
    """Everything between the first and the last pixel of each line."""
    return (np.cumsum(mask, axis=axis) > 0) & (np.flip(np.cumsum(np.flip(mask, axis), axis=axis), axis) > 0)


def predicted(rng: np.random.Generator, true: Array) -> Array:
    """A model's mask of the instance: smooth noise on its outline, a small shift and scale."""
    diagonal = masks.diagonal_of(true)
    reach = max(1, round(0.03 * diagonal))
    soft = blurred(true.astype(float), reach)
    noise = blurred(blurred(rng.normal(0, 1, true.shape), reach * 2), reach * 2)
    level = 0.5 + rng.normal(0, 0.12) + 0.3 * noise / max(float(noise.std()), 1e-9)
    moved = np.roll(soft, tuple(np.rint(rng.normal(0, 0.01 * diagonal, 2)).astype(int)), (0, 1))
    return np.asarray((moved > level) & masks.grow(true, 2 * reach))


def blurred(values: Array, reach: int) -> Array:
    """The mean of (2 reach + 1) squared pixels."""
    for axis in (0, 1):
        padded = np.pad(values, [(reach + 1, reach) if a == axis else (0, 0) for a in (0, 1)], mode="edge")
        total = np.cumsum(padded, axis=axis)
        ahead = np.take(total, np.arange(2 * reach + 1, total.shape[axis]), axis=axis)
        values = (ahead - np.take(total, np.arange(ahead.shape[axis]), axis=axis)) / (2 * reach + 1)
    return values


def spoiled(rng: np.random.Generator, true: Array) -> Array:
    by = max(1, round(AMOUNT * masks.diagonal_of(true)))
    how = int(rng.integers(3))
    if how == 0:
        return masks.grow(true, by)
    if how == 1:
        return ~masks.grow(~true, by)
    angle = rng.uniform(0, 2 * np.pi)
    return np.roll(true, (round(by * np.sin(angle)), round(by * np.cos(angle))), (0, 1))
