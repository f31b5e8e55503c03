"""Runs inside a peer's own environment: times the peer's real functions on the arrays of one file, prints JSON.

fiftyone wants a database server; its inner functions are called on label objects in memory, so the reads and the save
per sample that a user pays for are not in its figures. What takes long is measured on a part and scaled.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

Arrays = dict[str, Any]


def cpu(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def cleanlab_classification(z: Arrays) -> float:
    from cleanlab.filter import find_label_issues  # type: ignore[import-not-found,unused-ignore]
    from cleanlab.rank import get_label_quality_scores  # type: ignore[import-not-found,unused-ignore]

    def both() -> None:
        get_label_quality_scores(z["y"], z["p"], method="normalized_margin")
        find_label_issues(z["y"], z["p"], n_jobs=1)

    return cpu(both)


def cleanlab_detection(z: Arrays) -> float:
    from cleanlab.object_detection import rank  # type: ignore[import-not-found,unused-ignore]

    part, classes = min(100, len(z["size"])), 1 + int(max(z["label_class"].max(), z["pred_class"].max()))
    labels, predictions = [], []
    for image in range(part):
        own, seen = z["label_image"] == image, z["pred_image"] == image
        labels.append({"bboxes": z["label_box"][own], "labels": z["label_class"][own]})
        scored = np.column_stack([z["pred_box"], z["pred_score"]])
        by_class = np.empty(classes, object)
        for c in range(classes):
            by_class[c] = scored[seen & (z["pred_class"] == c)]
        predictions.append(by_class)
    spent = cpu(lambda: rank.get_label_quality_scores(labels, predictions, verbose=False))
    return spent * len(z["size"]) / part


def fiftyone_classification(z: Arrays) -> float:
    import fiftyone.brain.internal.core.mistakenness as core  # type: ignore[import-not-found,unused-ignore]
    import fiftyone.core.labels as fol  # type: ignore[import-not-found,unused-ignore]

    part = min(1500, len(z["y"]))
    method = object.__new__(core.ClassificationMistakenness)
    method.config = type("Config", (), {"use_logits": True})()
    method.pred_field, method.label_field = "p", "g"
    samples = [
        {
            "p": fol.Classification(label=str(p.argmax()), confidence=float(p.max()), logits=np.log(p)),
            "g": fol.Classification(label=str(y)),
        }
        for p, y in zip(z["p"][:part], z["y"][:part], strict=True)
    ]
    return cpu(lambda: [method.process_image(sample) for sample in samples]) * len(z["y"]) / part


def fiftyone_detection(z: Arrays) -> float:
    import fiftyone.brain.internal.core.mistakenness as core  # type: ignore[import-not-found,unused-ignore]
    import fiftyone.core.labels as fol  # type: ignore[import-not-found,unused-ignore]
    from fiftyone.utils.eval import coco  # type: ignore[import-not-found,unused-ignore]

    def boxes(prefix: str, image: int) -> Any:
        found = []
        for row in np.flatnonzero(z[f"{prefix}_image"] == image):
            box = [float(value) for value in z[f"{prefix}_box"][row] / np.tile(z["size"][image], 2)]
            sure = float(z["pred_score"][row]) if prefix == "pred" else None
            name = str(z[f"{prefix}_class"][row])
            place = [box[0], box[1], box[2] - box[0], box[3] - box[1]]
            found.append(fol.Detection(label=name, bounding_box=place, confidence=sure))
        return fol.Detections(detections=found)

    part = min(60, len(z["size"]))
    samples = [{"g": boxes("label", image), "p": boxes("pred", image)} for image in range(part)]
    config = coco.COCOEvaluationConfig("p", "g", iou=0.5, classwise=False)
    method = object.__new__(core.DetectionMistakenness)
    fields = {"missing_field": "miss", "spurious_field": "spur", "mistakenness_field": "mist"}
    method.config = type("Config", (), fields | {"copy_missing": False, "use_logits": False})()
    method.pred_field, method.label_field, method.label_type = "p", "g", fol.Detections

    def all_images() -> None:
        for sample in samples:
            names, ious, crowd = coco._coco_evaluation_setup(sample["g"], sample["p"], ["e_id"], "e_iou", config)
            coco._compute_matches(names, ious, 0.5, crowd, "e", "e_id", "e_iou")
            method.process_image(sample, "e")

    return cpu(all_images) * len(z["size"]) / part


def fiftyone_uniqueness(z: Arrays) -> float:
    import fiftyone.brain.internal.core.sklearn as index  # type: ignore[import-not-found,unused-ignore]
    import fiftyone.brain.internal.core.uniqueness as core  # type: ignore[import-not-found,unused-ignore]

    class Index:
        config = type("Config", (), {"method": "sklearn"})()

        def __init__(self, x: Any) -> None:
            self.helper = index.NeighborsHelper(x, "cosine")

        def _kneighbors(self, k: int, return_dists: bool) -> tuple[Any, Any]:
            _, distance = self.helper.get_neighbors()
            near = index._nanargmin(distance, k=k)
            return near, [row[chosen] for chosen, row in zip(near, distance, strict=True)]

    return cpu(lambda: core._compute_uniqueness(z["x"], Index(z["x"].copy())))


TASKS = {
    ("cleanlab", "classification"): cleanlab_classification,
    ("cleanlab", "detection"): cleanlab_detection,
    ("fiftyone", "classification"): fiftyone_classification,
    ("fiftyone", "detection"): fiftyone_detection,
    ("fiftyone", "uniqueness"): fiftyone_uniqueness,
}

if __name__ == "__main__":
    with np.load(sys.argv[3], allow_pickle=False) as given:
        arrays = {name: given[name] for name in given.files}
    print(json.dumps({"cpu": TASKS[sys.argv[1], sys.argv[2]](arrays)}))
