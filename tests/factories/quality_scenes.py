"""Random images with labels and predictions, as arrays and as pycocotools reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask

from apps.quality.logic.matching import LEAST_IOU, Things
from apps.quality.shapes.coco_figures import Scene, Thing

SIZE = (640, 480)


@dataclass
class Scenes:
    things: Things
    scenes: list[Scene]
    image_of: Any
    classes: int


def random_scenes(seed: int, images: int = 12, classes: int = 3, most: int = 8, spread: float = 12.0) -> Scenes:
    """Labels, and predictions near them: shifted, of other classes, missing, doubled. No two confidences are equal."""
    rng = np.random.default_rng(seed)
    found: list[Scene] = []
    for image in range(images):
        labels = [thing(rng, int(rng.integers(classes))) for _ in range(int(rng.integers(0, most)))]
        predictions = [thing(rng, int(rng.integers(classes)), float(rng.random())) for _ in range(int(rng.integers(3)))]
        for label in labels:
            for _ in range(int(rng.choice([0, 1, 1, 1, 2]))):
                kind = label.kind if rng.random() < 0.8 else int(rng.integers(classes))
                box = (
                    *(np.array(label.box[:2]) + rng.normal(0, spread, 2)),
                    *(np.array(label.box[2:]) * rng.uniform(0.8, 1.2, 2)),
                )
                predictions.append(made(kind, box, float(rng.random())))
        found.append(Scene(image, SIZE, labels, predictions))
    return Scenes(things_of(found), found, np.repeat(np.arange(images), [len(s.predictions) for s in found]), classes)


def thing(rng: Any, kind: int, confidence: float = 1.0) -> Thing:
    side = float(rng.choice([20, 60, 150])) * rng.uniform(0.7, 1.4, 2)
    return made(kind, (*rng.uniform(0, 400, 2), *side), confidence)


def made(kind: int, box: Any, confidence: float) -> Thing:
    x, y, width, height = (float(value) for value in box)
    return Thing(kind, (x, y, width, height), width * height, None, confidence)


def things_of(scenes: list[Scene]) -> Things:
    first, second, ious = [], [], []
    n = m = 0
    for scene in scenes:
        if scene.labels and scene.predictions:
            boxes = [np.array([thing.box for thing in group]) for group in (scene.predictions, scene.labels)]
            iou = np.array(coco_mask.iou(*boxes, [0] * len(scene.labels)))
            rows, columns = np.nonzero(iou >= LEAST_IOU)
            first.append(rows + n)
            second.append(columns + m)
            ious.append(iou[rows, columns])
        n, m = n + len(scene.predictions), m + len(scene.labels)
    predictions = [thing for scene in scenes for thing in scene.predictions]
    labels = [thing for scene in scenes for thing in scene.labels]
    none = np.zeros(0, np.int64)
    return Things(
        np.array([thing.kind for thing in predictions], np.int64),
        np.array([thing.confidence for thing in predictions], np.float64),
        np.array([thing.kind for thing in labels], np.int64),
        np.concatenate([*first, none]),
        np.concatenate([*second, none]),
        np.concatenate([*ious, np.zeros(0)]),
    )
