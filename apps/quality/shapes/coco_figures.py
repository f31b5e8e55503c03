"""COCO's own figures, by pycocotools: its evaluation of some images at a time, kept as flat arrays, and its summary of
all of them together or of a subset, without evaluating anything again."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, fields
from io import StringIO
from typing import Any

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from apps.quality.logic.checks import Array

AREAS = ("all", "small", "medium", "large")
BITS = 1 << np.arange(10)
"""One for each of COCO's thresholds .50, .55 … .95."""

NAMES = ("ap", "ap50", "ap75", "ap_small", "ap_medium", "ap_large", "ar_1", "ar_10", "ar_100")


@dataclass(frozen=True)
class Thing:
    """A label (confidence 1) or a prediction: its class by number, ``bbox`` or ``segmentation`` as COCO has them."""

    kind: int
    box: tuple[float, float, float, float]
    area: float
    mask: dict[str, Any] | None = None
    confidence: float = 1.0


@dataclass(frozen=True)
class Scene:
    """An image's labels and predictions of one family of shapes; ``size`` is width and height."""

    image: int
    size: tuple[int, int]
    labels: Sequence[Thing]
    predictions: Sequence[Thing]


@dataclass(frozen=True)
class Evaluated:
    """What pycocotools found. A row of the first five is a prediction in one range of areas: ``met`` and ``ignored``
    have a bit for each threshold. A row of the rest is an image's class in one range, with its labels that count."""

    image: Array
    kind: Array
    area: Array
    confidence: Array
    met: Array
    ignored: Array
    of_image: Array
    of_kind: Array
    of_area: Array
    labels: Array

    def arrays(self) -> dict[str, Array]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @staticmethod
    def of(arrays: Mapping[str, Array]) -> Evaluated:
        return Evaluated(**{field.name: arrays[field.name] for field in fields(Evaluated)})

    @staticmethod
    def joined(parts: Sequence[Evaluated]) -> Evaluated:
        names = [field.name for field in fields(Evaluated)]
        return Evaluated(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def evaluate(scenes: Sequence[Scene], iou_type: str) -> Evaluated:
    """``iou_type`` is bbox or segm."""
    labels, predictions = document(scenes, labels=True), document(scenes, labels=False)
    judge = COCOeval(labels, predictions, iou_type)
    judge.params.imgIds = [scene.image for scene in scenes]
    judge.params.catIds = sorted({thing.kind for scene in scenes for thing in (*scene.labels, *scene.predictions)})
    with redirect_stdout(StringIO()):
        judge.evaluate()
    return flat([found for found in judge.evalImgs if found is not None], judge.params.areaRng)


def document(scenes: Sequence[Scene], *, labels: bool) -> COCO:
    made = COCO()
    annotations: list[dict[str, Any]] = []
    for scene in scenes:
        for thing in scene.labels if labels else scene.predictions:
            item: dict[str, Any] = {
                "id": len(annotations) + 1,
                "image_id": scene.image,
                "category_id": thing.kind,
                "iscrowd": 0,
            }
            item |= {"bbox": list(thing.box), "area": thing.area, "score": thing.confidence}
            annotations.append(item | ({"segmentation": thing.mask} if thing.mask else {}))
    made.dataset = {
        "images": [{"id": scene.image, "width": scene.size[0], "height": scene.size[1]} for scene in scenes],
        "categories": [{"id": kind} for kind in sorted({item["category_id"] for item in annotations})],
        "annotations": annotations,
    }
    with redirect_stdout(StringIO()):
        made.createIndex()
    return made


def flat(found: Sequence[Mapping[str, Any]], ranges: Sequence[Sequence[float]]) -> Evaluated:
    place = {tuple(area): number for number, area in enumerate(ranges)}
    heads = np.array(
        [(one["image_id"], one["category_id"], place[tuple(one["aRng"])], len(one["dtScores"])) for one in found],
        np.int32,
    ).reshape(-1, 4)
    image, kind, area, n = heads.T

    def bits(name: str) -> Array:
        pieces = [BITS @ (np.asarray(one[name]).reshape(len(BITS), -1) > 0) for one in found]
        return np.concatenate([*pieces, np.zeros(0)]).astype(np.int16)

    return Evaluated(
        np.repeat(image, n),
        np.repeat(kind, n),
        np.repeat(area, n),
        np.array([score for one in found for score in one["dtScores"]], np.float64),
        bits("dtMatches"),
        bits("dtIgnore"),
        image,
        kind,
        area,
        np.array([int((np.asarray(one["gtIgnore"]) == 0).sum()) for one in found], np.int32),
    )


def figures(found: Evaluated, iou_type: str, images: Array | None = None) -> dict[int, dict[str, Any]]:
    """By class NAMES and ``labels``, of the ``images`` (numbers) if told; None where a class has no label there."""
    if images is not None:
        held, own = np.isin(found.image, images), np.isin(found.of_image, images)
        found = Evaluated(
            *(getattr(found, name.name)[held] for name in fields(Evaluated)[:6]),
            *(getattr(found, name.name)[own] for name in fields(Evaluated)[6:]),
        )
    return {kind: of_class(entries, iou_type) for kind, entries in by_class(found)}


def by_class(found: Evaluated) -> Iterator[tuple[int, dict[tuple[int, int], dict[str, Any]]]]:
    """Each class with pycocotools' entries by image and range."""
    order = np.lexsort((found.image, found.area, found.kind))
    met = ((found.met[order, None] & BITS) > 0).T
    ignored = ((found.ignored[order, None] & BITS) > 0).T
    scores = found.confidence[order]
    heads = np.lexsort((found.of_image, found.of_area, found.of_kind))
    key = (found.kind[order].astype(np.int64) * 4 + found.area[order]) << 32 | found.image[order]
    own = (found.of_kind[heads].astype(np.int64) * 4 + found.of_area[heads]) << 32 | found.of_image[heads]
    first, last = np.searchsorted(key, own, "left"), np.searchsorted(key, own, "right")
    entries: dict[int, dict[tuple[int, int], dict[str, Any]]] = {}
    for row, head in enumerate(heads.tolist()):
        part = slice(first[row], last[row])
        entries.setdefault(int(found.of_kind[head]), {})[int(found.of_area[head]), int(found.of_image[head])] = {
            "dtScores": scores[part],
            "dtMatches": met[:, part],
            "dtIgnore": ignored[:, part],
            "gtIgnore": np.zeros(int(found.labels[head])),
        }
    yield from sorted(entries.items())


def of_class(entries: Mapping[tuple[int, int], dict[str, Any]], iou_type: str) -> dict[str, Any]:
    images = sorted({image for _, image in entries})
    judge = COCOeval(iouType=iou_type)
    judge.params.catIds, judge.params.imgIds = [0], images
    judge._paramsEval = copy.deepcopy(judge.params)
    judge.evalImgs = [entries.get((area, image)) for area in range(len(AREAS)) for image in images]
    with redirect_stdout(StringIO()):
        judge.accumulate()
    precision, recall = judge.eval["precision"][:, :, 0], judge.eval["recall"][:, 0]
    values = [
        mean(precision[:, :, 0, -1]),
        mean(precision[0, :, 0, -1]),
        mean(precision[5, :, 0, -1]),
        *(mean(precision[:, :, area, -1]) for area in (1, 2, 3)),
        *(mean(recall[:, 0, most]) for most in (0, 1, 2)),
    ]
    labels = sum(len(one["gtIgnore"]) for (area, _), one in entries.items() if area == 0)
    return {**dict(zip(NAMES, values, strict=True)), "labels": labels}


def mean(values: Array) -> float | None:
    """COCO's mean over what is there: -1 marks what is not."""
    there = values[values > -1]
    return float(there.mean()) if there.size else None


def mean_of(classes: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
    """Each of NAMES over classes, as COCO has it: a class without labels is none."""
    found: dict[str, float | None] = {}
    for name in NAMES:
        there = [one[name] for one in classes if one[name] is not None]
        found[name] = float(np.mean(there)) if there else None
    return found
