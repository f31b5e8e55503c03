"""Checks of labels that need no model: each a value in [0, 1], 0 for nothing to see, and a sentence that says why.

``tiny huge odd_shape`` are steps of robust standard deviations in the label's own class: what is small or long there by
nature is no finding. ``at_border self_intersecting duplicates`` are facts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from apps.quality.logic import robust
from apps.quality.logic.boxes import Boxes, Pairs, areas
from apps.quality.logic.checks import Array, BadInput
from apps.quality.logic.numbers import sigmoid

NAMES = ("tiny", "huge", "at_border", "odd_shape", "self_intersecting", "duplicates")
STEP_AT, STEP_WIDTH = 4.0, 0.6
FLOOR = np.array([0.1, 0.05, 0.02])
BORDER = 0.01  # of the image's diagonal
SAME = 0.9  # IoU from which two labels of a class are the same thing twice
SEGMENTS_AT_ONCE = 1_000_000


@dataclass(frozen=True, eq=False)
class State:
    """What is usual by class: ``size`` (log relative area, log aspect) and ``outline`` (compactness)."""

    size: robust.Usual
    outline: robust.Usual

    def arrays(self) -> dict[str, Array]:
        both = {"size": self.size, "outline": self.outline}
        return {f"{part}_{name}": value for part, usual in both.items() for name, value in usual.arrays().items()}

    @staticmethod
    def of(arrays: Mapping[str, Array]) -> State:
        """From ``arrays()``. Raises ``BadInput`` where one is missing."""
        parts = [
            {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}
            for prefix in ("size_", "outline_")
        ]
        return State(*(robust.Usual.of(part) for part in parts))


@dataclass(frozen=True)
class Checks:
    """``values`` by name (n,); ``facts`` by name (n,), the number each sentence names."""

    values: dict[str, Array]
    facts: dict[str, Array]

    def sentence(self, name: str, row: int) -> str:
        """One sentence on one label, whatever its value."""
        return SENTENCES[name].format(abs(float(self.facts[name][row])))


SENTENCES = {
    "tiny": "Its area is {:.1f} times the usual spread below that of its class.",
    "huge": "Its area is {:.1f} times the usual spread above that of its class.",
    "at_border": "It ends {:.1%} of the image's diagonal from the edge of the image.",
    "odd_shape": "Its shape is {:.1f} times the usual spread away from that of its class.",
    "self_intersecting": "Its outline crosses itself {:.0f} times.",
    "duplicates": "{:.0f} other labels of its class cover the same place.",
}


def fit(labels: Boxes, size: Array, classes: int, compactness: Array | None = None) -> State:
    """``size`` (images, 2); ``compactness`` (n,) 4 pi area / perimeter squared, nan for boxes."""
    outline = np.full(len(labels), np.nan) if compactness is None else compactness
    measures = sizes(labels, size)
    return State(robust.fit(measures, labels.kind, classes), robust.fit(outline[:, None], labels.kind, classes))


def check(
    labels: Boxes,
    size: Array,
    state: State,
    *,
    compactness: Array | None = None,
    crossings: Array | None = None,
    among: Pairs | None = None,
) -> Checks:
    """``crossings`` (n,) as ``crossings_of`` counts them; ``among`` the overlaps of the labels with each other."""
    n, kind = len(labels), labels.kind
    z = robust.standardised(sizes(labels, size), kind, state.size, FLOOR[:2])
    outline = np.full(n, np.nan) if compactness is None else compactness
    round_z = np.nan_to_num(robust.standardised(outline[:, None], kind, state.outline, FLOOR[2:])[:, 0])
    odd = np.maximum(np.abs(z[:, 1]), np.abs(round_z))
    gap = border_gap(labels, size)
    crossed = np.zeros(n) if crossings is None else crossings
    copies = np.zeros(n) if among is None else copies_of(labels, among)
    facts = {"tiny": z[:, 0], "huge": z[:, 0], "at_border": gap, "odd_shape": odd}
    facts |= {"self_intersecting": crossed, "duplicates": copies}
    values = {"tiny": step(-z[:, 0]), "huge": step(z[:, 0]), "at_border": np.clip(1 - gap / BORDER, 0, 1)}
    values |= {"odd_shape": step(odd), "self_intersecting": (crossed > 0) * 1.0, "duplicates": (copies > 0) * 1.0}
    return Checks(values, facts)


def step(z: Array) -> Array:
    return np.asarray(np.where(z > 0, sigmoid((z - STEP_AT) / STEP_WIDTH), 0.0))


def sizes(labels: Boxes, size: Array) -> Array:
    side = np.maximum(labels.box[:, 2:] - labels.box[:, :2], 1e-9)
    whole = np.maximum(size.astype(np.float64).prod(axis=1), 1e-9)[labels.image]
    return np.column_stack([np.log(np.maximum(areas(labels.box), 1e-9) / whole), np.log(side[:, 0] / side[:, 1])])


def border_gap(labels: Boxes, size: Array) -> Array:
    """(n,) the least distance from an edge of the image, as a part of its diagonal; 0 for what goes beyond."""
    of = size.astype(np.float64)[labels.image]
    edges = np.column_stack([labels.box[:, :2], of - labels.box[:, 2:]])
    least = np.maximum(edges.min(axis=1, initial=np.inf), 0)
    return np.asarray(least / np.maximum(np.hypot(of[:, 0], of[:, 1]), 1e-9))


def copies_of(labels: Boxes, among: Pairs) -> Array:
    same = (among.first != among.second) & (labels.kind[among.first] == labels.kind[among.second])
    return np.bincount(among.first[same & (among.iou >= SAME)], minlength=len(labels)).astype(float)


def compactness_of(rings: Sequence[Array]) -> float:
    """4 pi area / perimeter squared of an outer ring (m, 2) and its holes: 1 for a disc, less for anything else."""
    if not rings or any(ring.ndim != 2 or ring.shape[1] != 2 for ring in rings):
        raise BadInput("rings: each is a list of points x, y.")
    area = abs(signed_area(rings[0])) - sum(abs(signed_area(ring)) for ring in rings[1:])
    around = sum(float(np.hypot(*(np.roll(ring, -1, axis=0) - ring).T).sum()) for ring in rings)
    return float(np.clip(4 * np.pi * area / around**2, 0, 1)) if around else 0.0


def signed_area(ring: Array) -> float:
    ahead = np.roll(ring, -1, axis=0)
    return float((ring[:, 0] * ahead[:, 1] - ahead[:, 0] * ring[:, 1]).sum() / 2)


def crossings_of(ring: Array) -> int:
    """How many pairs of a ring's sides cross each other; sides that only share a point do not."""
    ring = ring[np.r_[True, (np.diff(ring, axis=0) != 0).any(axis=1)]] if len(ring) else ring
    count, total = len(ring), 0
    start, stop = ring, np.roll(ring, -1, axis=0)
    chunk = max(1, SEGMENTS_AT_ONCE // max(count, 1))
    for first in range(0, count, chunk):
        i = np.arange(first, min(first + chunk, count))
        a, b = start[i][:, None], stop[i][:, None]
        one, other = turn(a, b, start[None]), turn(a, b, stop[None])
        third, fourth = turn(start[None], stop[None], a), turn(start[None], stop[None], b)
        crossed = (one * other < 0) & (third * fourth < 0) & (np.arange(count)[None] > i[:, None])
        total += int(crossed.sum())
    return total


def turn(a: Array, b: Array, c: Array) -> Array:
    """The sign of the turn a, b, c."""
    left = (b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1])
    return np.asarray(np.sign(left - (b[..., 1] - a[..., 1]) * (c[..., 0] - a[..., 0])))
