"""Sound labels of every shape, for property tests."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st
from pycocotools import mask as coco_mask

from tests.factories.labels import SIZE

WIDTH, HEIGHT = SIZE

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)


def _between(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_subnormal=False) | st.integers(math.ceil(low), math.floor(high))


@st.composite
def boxes(draw: st.DrawFn) -> dict[str, float]:
    x, y = draw(_between(0, WIDTH - 1)), draw(_between(0, HEIGHT - 1))
    width, height = draw(_between(0.5, WIDTH - x)), draw(_between(0.5, HEIGHT - y))
    return {"x": x, "y": y, "width": width, "height": height}


@st.composite
def tilted(draw: st.DrawFn) -> dict[str, float]:
    return {
        "cx": draw(_between(200, 400)),
        "cy": draw(_between(200, 280)),
        "width": draw(_between(1, 150)),
        "height": draw(_between(1, 150)),
        "angle": draw(_between(-360, 360)),
    }


@st.composite
def rings(draw: st.DrawFn, left: float, top: float, size: float) -> list[list[float]]:
    """A star-shaped ring inside a square, so it never crosses itself."""
    count = draw(st.integers(3, 12))
    reach = [draw(st.floats(0.3, 0.5)) for _ in range(count)]
    middle = (left + size / 2, top + size / 2)
    turns = [2 * math.pi * i / count for i in range(count)]
    return [
        [middle[0] + size * r * math.cos(t), middle[1] + size * r * math.sin(t)]
        for r, t in zip(reach, turns, strict=True)
    ]


@st.composite
def polygons(draw: st.DrawFn, holes: bool = True) -> dict[str, Any]:
    parts = []
    for i in range(draw(st.integers(1, 3))):
        left = 200.0 * i
        part = [draw(rings(left, 10, 180))]
        if holes and draw(st.booleans()):
            # The outer ring reaches at least 0.3 of its square, half of that at a straight edge: 20 pixels stay inside.
            part.append(draw(rings(left + 80, 90, 20)))
        parts.append(part)
    return {"polygons": parts}


@st.composite
def polylines(draw: st.DrawFn) -> dict[str, Any]:
    first = [draw(_between(0, 10)), draw(_between(0, HEIGHT))]
    rest = draw(st.lists(st.tuples(_between(20, WIDTH), _between(0, HEIGHT)).map(list), min_size=1, max_size=20))
    return {"points": [first, *rest]}


@st.composite
def keypoints(draw: st.DrawFn) -> dict[str, float]:
    return {"x": draw(_between(0, WIDTH)), "y": draw(_between(0, HEIGHT))}


@st.composite
def skeletons(draw: st.DrawFn) -> dict[str, Any]:
    points = [
        {"name": name, **draw(keypoints()), "visibility": draw(st.sampled_from((0, 1, 2)))}
        for name in ("wrist", "thumb", "index")
    ]
    points[0]["visibility"] = 2
    return {"points": points}


@st.composite
def bitmasks(draw: st.DrawFn) -> dict[str, Any]:
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    pixels = np.zeros((HEIGHT, WIDTH), dtype=np.uint8, order="F")
    y, x = random.integers(0, HEIGHT - 1), random.integers(0, WIDTH - 1)
    size = random.integers(1, 60, 2)
    pixels[y : y + size[0], x : x + size[1]] = random.random((HEIGHT, WIDTH))[y : y + size[0], x : x + size[1]] < 0.5
    pixels[y, x] = 1
    return {"size": [HEIGHT, WIDTH], "counts": coco_mask.encode(pixels)["counts"].decode()}


SHAPES: dict[str, tuple[str, st.SearchStrategy[Any]]] = {
    "bounding_box": ("WBC", boxes()),
    "rotatable_bounding_box": ("tilted", tilted()),
    "polygon": ("nucleus", polygons()),
    "polyline": ("vessel", polylines()),
    "keypoint": ("centre", keypoints()),
    "skeleton": ("hand", skeletons()),
    "bitmask": ("stain", bitmasks()),
}

ATTRIBUTES = st.fixed_dictionaries(
    {},
    optional={
        "overlap": st.just("none") | TEXT.map(lambda text: {"value": "partial", "attributes": {"with": text}}),
        "flags": st.sets(st.sampled_from(("cut", "blurred")), min_size=1).map(sorted),
        "truncated": st.booleans(),
    },
)


@st.composite
def labels(draw: st.DrawFn) -> dict[str, Any]:
    """A label of any shape, with answers where its class asks."""
    ident = str(draw(st.uuids()))
    kind = draw(st.sampled_from((*SHAPES, "RBC", "classification")))
    if kind == "classification":
        answer = draw(st.sampled_from(("sharp", "blurred")))
        return {"id": ident, "class": "focus", "shape": kind, "geometry": None, "attributes": {"focus": answer}}
    if kind == "RBC":
        return {
            "id": ident, "class": "RBC", "shape": "bounding_box", "geometry": draw(boxes()),
            "attributes": draw(ATTRIBUTES),
        }  # fmt: skip
    name, geometry = SHAPES[kind]
    return {"id": ident, "class": name, "shape": kind, "geometry": draw(geometry), "attributes": {}}
