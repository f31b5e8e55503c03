"""Near-duplicates among real photographs, planted by kind; neighbours of crops; and an index of a hundred thousand."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from defusedxml import ElementTree
from PIL import Image, ImageOps

from apps.quality.descriptors import layout
from apps.quality.descriptors.alignment import Plate, align
from apps.quality.descriptors.index import GraphIndex
from apps.quality.descriptors.pictures import within
from apps.quality.logic.neighbours import crowd_of, nearest
from apps.quality.operations.describing import crop_of
from apps.quality.operations.pairing import FAR, MIRRORED, NEAREST, THUMBNAIL
from tests.bench.report import Report, Row

BCCD = Path(__file__).resolve().parents[3] / "shared" / "data" / "bccd"
SHARE = 0.4
"""Of the images that get a copy of each kind, one kind at a time for each image."""

KNOWN = {("BloodImage_00037", "BloodImage_00038")}
"""Smears that are the same field at another focus: seen by eye; no false finding."""


def encoded(image: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    file.seek(0)
    return Image.open(file).convert("RGB")


def resized(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    factor = float(rng.choice([0.5, 0.7, 1.4, 2.0]))
    return image.resize((round(image.width * factor), round(image.height * factor)), Image.Resampling.BICUBIC)


def cut(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Nine tenths of each side, from a corner, the centre or anywhere; saved as a JPEG of quality 75."""
    x, y = [(0, 0), (1, 0), (0, 1), (1, 1), (0.5, 0.5), tuple(rng.random(2))][rng.integers(6)]
    width, height = round(0.9 * image.width), round(0.9 * image.height)
    left, top = round(x * (image.width - width)), round(y * (image.height - height))
    return encoded(image.crop((left, top, left + width, top + height)), 75)


KINDS: dict[str, Callable[[Image.Image, np.random.Generator], Image.Image]] = {
    "re-encoded": lambda image, rng: encoded(image, int(rng.integers(40, 91))),
    "resized": resized,
    "cropped": cut,
    "flipped": lambda image, rng: ImageOps.mirror(image) if rng.random() < 0.5 else ImageOps.flip(image),
}


def smears() -> tuple[list[str], list[Image.Image]]:
    files = sorted((BCCD / "JPEGImages").glob("*.jpg"))
    return [file.stem for file in files], [Image.open(file).convert("RGB") for file in files]


def photographs() -> tuple[list[str], list[Image.Image]]:
    from apps.server.demo.photographs import tiles

    found = tiles()
    return [one.name for one in found], [Image.fromarray(one.pixels) for one in found]


def pairs_among(images: list[Image.Image]) -> dict[tuple[int, int], float]:
    """What curation finds among images: candidates by an index, then laid over each other."""
    vectors = np.concatenate([layout.describe([np.asarray(image)]) for image in images]).astype(np.float16)
    index = GraphIndex(layout.WIDTH)
    index.add(np.arange(1, len(images) + 1), vectors)
    ways: dict[tuple[int, int], set[tuple[bool, bool]]] = {}
    for way in MIRRORED:
        near = index.nearest(vectors[:, layout.turning(*way)], NEAREST + 1)
        for i, j in zip(*np.nonzero((near.keys > 0) & (near.distance <= FAR)), strict=True):
            other = int(near.keys[i, j]) - 1
            if other != i:
                ways.setdefault((min(int(i), other), max(int(i), other)), set()).add(way)
    plates = [Plate(np.asarray(within(image, THUMBNAIL))) for image in images]
    found: dict[tuple[int, int], float] = {}
    for (one, other), tried in ways.items():
        laid = [align(plates[one], plates[other], across=across, down=down) for across, down in tried]
        score = max((each.score for each in laid if each is not None), default=0.0)
        if score:
            found[one, other] = score
    return found


def planted(names: list[str], images: list[Image.Image], report: Report, name: str, limit: int) -> None:
    """Each image has at most one copy, so that groups are pairs."""
    rng = np.random.default_rng(0)
    names, images = names[:limit], images[:limit]
    chosen = rng.permutation(len(images))[: max(4, int(len(images) * SHARE))]
    kinds = [list(KINDS)[i % len(KINDS)] for i in range(len(chosen))]
    copies = [KINDS[kind](images[i], rng) for i, kind in zip(chosen.tolist(), kinds, strict=True)]
    wanted = {(int(i), len(images) + place): kinds[place] for place, i in enumerate(chosen.tolist())}
    start = time.process_time()
    found = pairs_among(images + copies)
    spent = (time.process_time() - start) / len(images + copies)
    for kind in KINDS:
        own = [pair for pair, of in wanted.items() if of == kind]
        share = sum(pair in found for pair in own) / len(own)
        report.add(Row(f"copies-{name}-{kind}", share, "recall", 0.95, f"of {len(own)}", at_least=True))
    right = sum(pair in wanted for pair in found)
    origin = [*range(len(images)), *chosen.tolist()]
    real = [(names[origin[one]], names[origin[other]]) for one, other in found if (one, other) not in wanted]
    wrong = [pair for pair in real if tuple(sorted(pair)) not in KNOWN]
    for pair in wrong[:10]:
        print(f"  not planted: {pair[0]} and {pair[1]}")
    precision = right / max(right + len(wrong), 1)
    report.add(Row(f"copies-{name}-precision", precision, "share", 0.95, "CPU ms an image", 1000 * spent, True))


def crops_of_smears(limit: int) -> Iterator[tuple[str, Any]]:
    for file in sorted((BCCD / "Annotations").glob("*.xml"))[:limit]:
        pixels = np.asarray(Image.open(BCCD / "JPEGImages" / f"{file.stem}.jpg").convert("RGB"))
        for item in ElementTree.fromstring(file.read_text()).findall("object"):
            x0, y0, x1, y1 = (float(item.findtext(f"bndbox/{key}") or 0) for key in ("xmin", "ymin", "xmax", "ymax"))
            yield str(item.findtext("name")), layout.thumbnail(crop_of(pixels, (x0, y0, x1 - x0, y1 - y0)))


def crops(report: Report, limit: int) -> None:
    names, thumbs = zip(*crops_of_smears(limit), strict=True)
    vectors = layout.describe_thumbnails(np.stack(thumbs))
    classes = sorted(set(names))
    y = np.array([classes.index(name) for name in names])
    near = nearest(vectors)
    agree = [(y[near.index[y == i]] == i).mean() for i in range(len(classes))]
    print("  " + ", ".join(f"{name} {share:.3f}" for name, share in zip(classes, agree, strict=True)))
    report.add(Row("crops-agreement", crowd_of(near, y, len(classes)).strength, "share", None, f"of {len(y)} crops"))


def many(report: Report, count: int) -> None:
    """Clustered vectors as descriptors are, of the descriptor's width; exact neighbours by products of matrices."""
    rng = np.random.default_rng(0)
    basis = rng.normal(size=(40, layout.WIDTH)).astype(np.float32)
    centres = rng.normal(size=(200, 40)).astype(np.float32)
    x = (centres[rng.integers(0, 200, count)] + 0.5 * rng.normal(size=(count, 40)).astype(np.float32)) @ basis
    x += 0.2 * rng.normal(size=x.shape).astype(np.float32)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    index = GraphIndex(layout.WIDTH, exact=False)
    start = time.process_time()
    for first in range(0, count, 10_000):
        index.add(np.arange(first, min(first + 10_000, count)), x[first : first + 10_000])
    built = time.process_time() - start
    asked = rng.choice(count, min(1_000, count), replace=False)
    start = time.process_time()
    found = index.nearest(x[asked], 10).keys
    spent = time.process_time() - start
    start = time.process_time()
    true = np.argpartition(-(x[asked] @ x.T), 10, axis=1)[:, :10]
    exact = time.process_time() - start
    recall = float(np.mean([len(set(a) & set(b)) / 10 for a, b in zip(found.tolist(), true.tolist(), strict=True)]))
    report.add(Row("index-recall-at-10", recall, "share", 0.95, f"of {count:,}; CPU s to build", built, True))
    report.add(Row("index-search", spent, "s", None, "CPU for 1,000; exact", exact))


def run(report: Report, *, quick: bool, full: bool) -> None:
    names, images = smears()
    planted(names, images, report, "smears", 60 if quick else 364)
    names, images = photographs()
    planted(names, images, report, "photographs", 60)
    crops(report, 40 if quick else 364)
    many(report, 5_000 if quick else 100_000)
