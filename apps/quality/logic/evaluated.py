"""An evaluation as flat arrays: who said what, and which rows hold at which thresholds. Made in parts, kept as one.

Ids are 16 bytes each; ``subset`` and ``task`` number what their owner names. Shares and IoUs are kept to seven digits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np

from apps.quality.logic.checks import Array
from apps.quality.logic.matching import Matches, Things

KINDS = {"f": np.float32, "i": np.int32}


@dataclass(frozen=True)
class Table:
    """Predictions, surest first; labels; the rows of ``Matches``, those of predictions in the predictions' order."""

    predicted: Array
    confidence: Array
    prediction_id: Array
    prediction_task: Array
    prediction_subset: Array
    labeled: Array
    label_id: Array
    label_task: Array
    label_subset: Array
    task_id: Array
    prediction: Array
    label: Array
    kind: Array
    iou: Array
    bound: Array
    above: Array
    upto: Array
    of_label: Array
    met: Array
    rival: Array
    label_above: Array
    label_upto: Array

    def arrays(self) -> dict[str, Array]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @staticmethod
    def of(arrays: Mapping[str, Array]) -> Table:
        return Table(**{field.name: arrays[field.name] for field in fields(Table)})


@dataclass(frozen=True)
class Owners:
    """Whose the things of a part are: ids (n, 16) uint8, and the numbers of their tasks and subsets."""

    prediction_id: Array
    prediction_task: Array
    prediction_subset: Array
    label_id: Array
    label_task: Array
    label_subset: Array
    task_id: Array


def table_of(things: Things, found: Matches, owners: Owners) -> Table:
    """One part."""
    values = {
        "predicted": things.predicted,
        "confidence": things.confidence,
        "labeled": things.labeled,
        **{field.name: getattr(owners, field.name) for field in fields(owners)},
        **{field.name: getattr(found, field.name) for field in fields(found)},
    }
    return Table(**{name: compact(value) for name, value in values.items()})


def compact(value: Array) -> Array:
    """Seven digits and 31 bits are enough; ids stay as they are."""
    return value if value.dtype == np.uint8 else value.astype(KINDS[value.dtype.kind])


def joined(parts: Sequence[Table]) -> Table:
    """All parts as one, in the order that questions need."""
    tasks = np.cumsum([0, *(len(part.task_id) for part in parts)])
    predictions = np.cumsum([0, *(len(part.predicted) for part in parts)])
    labels = np.cumsum([0, *(len(part.labeled) for part in parts)])
    shifts = {
        "prediction_task": tasks,
        "label_task": tasks,
        "prediction": predictions,
        "met": predictions,
        "label": labels,
        "of_label": labels,
    }
    whole: dict[str, Array] = {}
    for field in fields(Table):
        pieces = [getattr(part, field.name) for part in parts]
        if field.name in shifts:
            pieces = [
                np.where(piece < 0, -1, piece + int(shift)).astype(np.int32)
                for piece, shift in zip(pieces, shifts[field.name][:-1], strict=True)
            ]
        whole[field.name] = np.concatenate(pieces)
    return in_order(whole)


def in_order(arrays: dict[str, Array]) -> Table:
    confidence = arrays["confidence"]
    order = np.argsort(-confidence, kind="stable")
    place = np.empty(len(order), np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    for name in ("predicted", "confidence", "prediction_id", "prediction_task", "prediction_subset"):
        arrays[name] = arrays[name][order]
    for name in ("prediction", "met"):
        arrays[name] = np.where(arrays[name] < 0, -1, place[arrays[name]]).astype(np.int32)
    rows = np.lexsort((arrays["above"], arrays["prediction"]))
    for name in ("prediction", "label", "kind", "iou", "bound", "above", "upto"):
        arrays[name] = arrays[name][rows]
    known = np.where(arrays["met"] >= 0, np.append(arrays["confidence"], 0.0)[arrays["met"]], 0.0)
    rows = np.lexsort((arrays["of_label"], -np.maximum(known, arrays["rival"])))
    for name in ("of_label", "met", "rival", "label_above", "label_upto"):
        arrays[name] = arrays[name][rows]
    return Table.of(arrays)
