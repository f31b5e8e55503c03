"""Scenes, label errors and a detector, all made up from a seed: ground truth for measuring scorers of boxes.

Error kinds: swap (wrong class), loc (moved or rescaled, IoU with the truth 0.35 to 0.75), dup (a jittered second copy),
spurious (a box on background), missing (deleted). The detector never sees the errors.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.quality.logic.boxes import Boxes

Array = NDArray[Any]
RATES = {"swap": 0.03, "loc": 0.03, "missing": 0.03, "dup": 0.015, "spurious": 0.015}
HIGH_RATES = {"swap": 0.05, "loc": 0.05, "missing": 0.05, "dup": 0.03, "spurious": 0.04}


def no_boxes() -> Array:
    return np.zeros((0, 4))


@dataclass
class Image:
    """``kind`` (n,) is "ok" or what was done to the box; ``deleted`` are true boxes that were taken away."""

    boxes: Array
    cls: Array
    size: tuple[float, float] = (640.0, 480.0)
    score: Array | None = None
    kind: Array = field(default_factory=lambda: np.zeros(0, "<U8"))
    deleted: Array = field(default_factory=no_boxes)


def flat(images: list[Image], *, scored: bool = False) -> Boxes:
    """All images' boxes in flat arrays."""
    image = np.repeat(np.arange(len(images)), [len(one.boxes) for one in images])
    box = np.concatenate([one.boxes.reshape(-1, 4) for one in images])
    cls = np.concatenate([one.cls for one in images]).astype(np.int64)
    score = np.concatenate([np.asarray(one.score, float) for one in images]) if scored else None
    return Boxes(image, box, cls, score)


def sizes(images: list[Image]) -> Array:
    return np.array([one.size for one in images], float)


def iou_matrix(a: Array, b: Array) -> Array:
    wh = np.clip(np.minimum(a[:, None, 2:], b[None, :, 2:]) - np.maximum(a[:, None, :2], b[None, :, :2]), 0, None)
    inter = wh[..., 0] * wh[..., 1]
    one, other = ((x[:, 2] - x[:, 0]) * (x[:, 3] - x[:, 1]) for x in (a, b))
    return np.asarray(inter / np.maximum(one[:, None] + other[None] - inter, 1e-9))


def clip(box: Array, size: tuple[float, float]) -> Array:
    box[..., [0, 2]] = np.clip(box[..., [0, 2]], 0, size[0])
    box[..., [1, 3]] = np.clip(box[..., [1, 3]], 0, size[1])
    return box


# What is there


@dataclass
class World:
    """Typical side, aspect and frequency of each class."""

    side: Array
    aspect: Array
    share: Array


def make_scenes(count: int, per_image: float, classes: int, seed: int) -> list[Image]:
    """Clustered, overlapping boxes of class-dependent size."""
    rng = np.random.default_rng([seed, 1])
    side = np.exp(rng.normal(np.log(70), 0.6, classes))
    aspect = np.exp(rng.normal(0, 0.35, classes))
    share = 1.0 / np.arange(1, classes + 1) ** 0.7
    world = World(side, aspect, share / share.sum())
    return [make_scene(rng, world, max(1, int(rng.poisson(per_image)))) for _ in range(count)]


def make_scene(rng: np.random.Generator, world: World, wanted: int) -> Image:
    topic = rng.choice(len(world.share), size=3, p=world.share)
    boxes: list[Array] = []
    cls: list[int] = []
    for _ in range(20 * wanted):
        if len(boxes) == wanted:
            break
        common = rng.random() < 0.7
        c = int(rng.choice(topic)) if common else int(rng.choice(len(world.share), p=world.share))
        box = place(rng, world, c, boxes)
        fits = box[2] - box[0] >= 6 and box[3] - box[1] >= 6
        if fits and not (boxes and iou_matrix(box[None], np.array(boxes)).max() > 0.6):
            boxes.append(box)
            cls.append(c)
    return Image(np.array(boxes).reshape(-1, 4), np.array(cls, int))


def place(rng: np.random.Generator, world: World, c: int, boxes: list[Array]) -> Array:
    w, h = 640.0, 480.0
    s = world.side[c] * np.exp(rng.normal(0, 0.35))
    a = world.aspect[c] * np.exp(rng.normal(0, 0.15))
    bw, bh = np.clip([s * np.sqrt(a), s / np.sqrt(a)], 8, [w * 0.9, h * 0.9])
    if boxes and rng.random() < 0.4:
        q = boxes[rng.integers(len(boxes))]
        cx, cy = (q[0] + q[2]) / 2 + rng.normal(0, 1.2 * bw), (q[1] + q[3]) / 2 + rng.normal(0, 0.8 * bh)
    else:
        cx, cy = rng.uniform(0, w), rng.uniform(0, h)
    return clip(np.array([cx - bw / 2, cy - bh / 2, cx + bw / 2, cy + bh / 2]), (w, h))


# What goes wrong


def inject(clean: list[Image], classes: int, seed: int, **rates: float) -> list[Image]:
    """Noisy labels; rates are per clean box. Half of the swaps are uniform, half to a neighbouring class."""
    rng = np.random.default_rng([seed, 2])
    return [spoil(rng, image, classes, RATES | rates) for image in clean]


def spoil(rng: np.random.Generator, image: Image, classes: int, rates: dict[str, float]) -> Image:
    out: list[tuple[Array, int, str]] = []
    dead: list[Array] = []
    for box, c in zip(image.boxes, image.cls, strict=True):
        u = rng.random()
        if u < rates["missing"]:
            dead.append(box)
            continue
        out += spoil_box(rng, image, box, int(c), u - rates["missing"], classes, rates)
    extra = rng.binomial(max(len(image.boxes), 1), rates["spurious"])
    for _ in range(extra if len(image.boxes) else 0):
        out += invent(rng, image)
    order = rng.permutation(len(out))
    box = np.array([one[0] for one in out], float).reshape(-1, 4)[order]
    cls, kind = np.array([one[1] for one in out], int)[order], np.array([one[2] for one in out], "<U8")[order]
    return Image(box, cls, image.size, kind=kind, deleted=np.array(dead, float).reshape(-1, 4))


def spoil_box(
    rng: np.random.Generator, image: Image, box: Array, c: int, u: float, classes: int, rates: dict[str, float]
) -> list[tuple[Array, int, str]]:
    new, kind, cls = box.copy(), "ok", c
    if u < rates["swap"] and classes > 1:
        if rng.random() < 0.5:
            cls = int(rng.choice([j for j in range(classes) if j != c]))
        else:
            cls = int((c + rng.choice([-1, 1])) % classes)
        kind = "swap" if cls != c else "ok"
    elif rates["swap"] <= u < rates["swap"] + rates["loc"]:
        moved = move(rng, box, image.size, 0.35, 0.75)
        if moved is not None:
            new, kind = moved, "loc"
    out = [(new, cls, kind)]
    if kind == "ok" and rng.random() < rates["dup"]:
        copy = move(rng, box, image.size, 0.75, 0.97)
        out += [(copy, cls, "dup")] if copy is not None else []
    return out


def move(rng: np.random.Generator, b: Array, size: tuple[float, float], low: float, high: float) -> Array | None:
    """A box whose IoU with ``b`` lies in [low, high]: shifted, grown, shrunk, or one edge wrong."""
    w, h = b[2] - b[0], b[3] - b[1]
    for _ in range(60):
        how = rng.integers(4)
        n = b.copy()
        if how == 0:
            d = rng.uniform(0.1, 0.45, 2) * rng.choice([-1, 1], 2)
            n += np.array([d[0] * w, d[1] * h, d[0] * w, d[1] * h])
        elif how in (1, 2):
            f = rng.uniform(1.15, 1.6) if how == 1 else rng.uniform(0.6, 0.87)
            cx, cy = (b[0] + b[2]) / 2, (b[1] + b[3]) / 2
            n = np.array([cx - w * f / 2, cy - h * f / 2, cx + w * f / 2, cy + h * f / 2])
        else:
            e = rng.integers(4)
            n[e] += rng.uniform(0.25, 0.65) * (w if e % 2 == 0 else h) * (1 if e < 2 else -1) * rng.choice([1, -1])
        n = clip(n, size)
        if n[2] - n[0] >= 4 and n[3] - n[1] >= 4 and low <= iou_matrix(n[None], b[None])[0, 0] <= high:
            return n
    return None


def invent(rng: np.random.Generator, image: Image) -> list[tuple[Array, int, str]]:
    """Size and class of a real box, the place of none."""
    i = rng.integers(len(image.boxes))
    w, h = image.boxes[i, 2] - image.boxes[i, 0], image.boxes[i, 3] - image.boxes[i, 1]
    for _ in range(30):
        x, y = rng.uniform(0, max(image.size[0] - w, 1)), rng.uniform(0, max(image.size[1] - h, 1))
        box = np.array([x, y, x + w, y + h])
        if iou_matrix(box[None], image.boxes).max() < 0.15:
            return [(box, int(image.cls[i]), "spurious")]
    return []


# What a detector sees


def detect(clean: list[Image], classes: int, seed: int, *, recall: float = 0.88, false: float = 1.2) -> list[Image]:
    """Misses, confusion, jitter, and ``false`` boxes on background per image, on the true scenes."""
    rng = np.random.default_rng([seed, 3])
    return [detect_one(rng, image, classes, recall, false) for image in clean]


def detect_one(rng: np.random.Generator, image: Image, classes: int, recall: float, false: float) -> Image:
    found: list[tuple[Array, int, float]] = []
    for b, c in zip(image.boxes, image.cls, strict=True):
        w, h = b[2] - b[0], b[3] - b[1]
        ease = 1 / (1 + np.exp(-(np.log(np.sqrt(w * h)) - np.log(22)) * 2.2))
        if rng.random() > recall * (0.55 + 0.45 * ease):
            continue
        sure, seen = rng.beta(6 * ease + 1.2, 1.6), int(c)
        box = b + rng.normal(0, 0.05 * (1.6 - sure), 4) * np.array([w, h, w, h])
        if rng.random() < 0.06 * (1.8 - 1.5 * sure):
            seen, sure = int((c + rng.choice([-1, 1])) % classes), sure * 0.8
        found.append((box, seen, sure))
    for _ in range(rng.poisson(false)):
        w, h = np.exp(rng.normal(np.log(55), 0.5, 2))
        x, y = rng.uniform(0, max(image.size[0] - w, 1)), rng.uniform(0, max(image.size[1] - h, 1))
        found.append((np.array([x, y, x + w, y + h]), int(rng.integers(classes)), rng.beta(1.3, 4.5)))
    box = clip(np.array([one[0] for one in found], float).reshape(-1, 4), image.size)
    cls, score = np.array([one[1] for one in found], int), np.array([one[2] for one in found], float)
    good = (box[:, 2] - box[:, 0] > 2) & (box[:, 3] - box[:, 1] > 2)
    return Image(box[good], cls[good], image.size, np.clip(score, 1e-3, 0.9995)[good])
