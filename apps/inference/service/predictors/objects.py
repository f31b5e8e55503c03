"""From the numbers of a detector to objects: the forms of common exports, then the suppression of doubles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from apps.inference.service.predictors.contract import Boxes, BoxForm, Detection, Found, Rows, Segmentation, Yolo
from apps.inference.service.refusals import Refusal

Floats = NDArray[np.float32]
Outputs = Mapping[str, NDArray[np.generic]]

SLACK = 1e-3
"""How far a score may lie beyond 0 and 1 by rounding."""


@dataclass(frozen=True, slots=True)
class Objects:
    """``boxes`` (n, 4) x0 y0 x1 y1 in pixels of the input, ``scores`` and ``labels`` (n,). ``shares`` (n, k) are the
    scores of all classes, where they are given. ``rest`` (n, m) is what follows in the row; ``rows`` its number."""

    boxes: Floats
    scores: Floats
    labels: NDArray[np.int64]
    rows: NDArray[np.int64]
    shares: Floats | None = None
    rest: Floats | None = None

    def taken(self, which: NDArray[np.generic]) -> Objects:
        return replace(
            self,
            boxes=self.boxes[which],
            scores=self.scores[which],
            labels=self.labels[which],
            rows=self.rows[which],
            shares=None if self.shares is None else self.shares[which],
            rest=None if self.rest is None else self.rest[which],
        )


def objects(outputs: Outputs, contract: Detection | Segmentation) -> Objects:
    """What was found, best first, each thing once. Raises Refusal ``bad_answer``: not as the contract says."""
    output, classes = contract.output, len(contract.classes)
    if isinstance(contract, Segmentation):
        outputs = {name: value for name, value in outputs.items() if name != contract.masks.tensor}
    match output:
        case Yolo():
            found = _yolo(outputs, output, classes)
        case Boxes():
            found = _boxes(outputs, output, classes)
        case Rows():
            found = _rows(outputs, output)
    _check_scores(found.scores)
    found = found.taken(found.scores >= contract.score_threshold)
    if ((found.labels < 0) | (found.labels >= classes)).any():
        raise bad_answer(f"There is a class {int(found.labels.max())}; the contract names {classes}, from 0 on.")
    found = replace(found, boxes=_corners(found.boxes, output, contract.input.size))
    if not np.isfinite(found.boxes).all():
        raise bad_answer("A box is not finite.")
    if not output.has_nms:
        found = found.taken(_once(found, contract))
    return found.taken(np.argsort(-found.scores, kind="stable")[: contract.most])


def named(outputs: Outputs, name: str) -> NDArray[np.generic]:
    """The output of that name; without one, the only one."""
    if name:
        if name not in outputs:
            raise bad_answer(f"There is no output {name!r}; there are {', '.join(outputs)}.")
        return outputs[name]
    if len(outputs) != 1:
        raise bad_answer(f"Name the output: there are {', '.join(outputs)}.")
    return next(iter(outputs.values()))


def activated(values: Floats, activation: str) -> Floats:
    """Logits as probabilities, over the last axis."""
    if activation == "sigmoid":
        return np.asarray(1 / (1 + np.exp(-np.clip(values, -60, 60))), np.float32)
    if activation == "softmax":
        raised = np.exp(values - values.max(axis=-1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=-1, keepdims=True), np.float32)
    return values


def bad_answer(detail: str) -> Refusal:
    return Refusal("bad_answer", f"The predictor's answer is not as its contract says. {detail}")


def _yolo(outputs: Outputs, output: Yolo, classes: int) -> Objects:
    table = _table(named(outputs, output.tensor))
    before = 5 if output.objectness else 4
    table = _as_rows(table, output, before + classes)
    scores = activated(table[:, before : before + classes], output.activation)
    if output.objectness:
        scores = scores * activated(table[:, 4:5], output.activation)
    labels = scores.argmax(axis=1)
    best = scores[np.arange(len(scores)), labels]
    rows = np.arange(len(table))
    return Objects(table[:, :4], best, labels.astype(np.int64), rows, scores, table[:, before + classes :])


def _as_rows(table: Floats, output: Yolo, width: int) -> Floats:
    """A row per object. Where lengths alone decide, objects are the longer side, unless that cannot be."""
    high, wide = table.shape
    turned = high < wide if output.order == "auto" else output.order == "columns"
    if output.order == "auto" and width in (high, wide) and high != wide:
        turned = high == width
    if turned:
        table = table.T
    if table.shape[1] < width:
        raise bad_answer(f"A row has {table.shape[1]} numbers; box and classes take {width}.")
    return table


def _boxes(outputs: Outputs, output: Boxes, classes: int) -> Objects:
    boxes = _table(named(outputs, output.boxes), width=4)
    scores = np.asarray(named(outputs, output.scores), np.float32)
    if scores.ndim > 1 and scores.shape[0] == 1 and len(boxes) != 1:
        scores = scores[0]  # the batch
    elif scores.ndim == 3:
        scores = scores[0]
    rows = np.arange(len(boxes))
    if len(scores) != len(boxes):
        raise bad_answer(f"There are {len(boxes)} boxes and {len(scores)} scores.")
    if output.labels:
        labels = np.asarray(named(outputs, output.labels)).reshape(-1).astype(np.int64) - output.label_offset
        flat = scores.reshape(-1)
        if not len(labels) == len(flat) == len(boxes):
            raise bad_answer(f"There are {len(boxes)} boxes, {len(flat)} scores and {len(labels)} labels.")
        kept = np.flatnonzero(labels >= 0) if output.label_offset else rows  # what lies before is the background
        return Objects(boxes, activated(flat, _single(output)), labels, rows).taken(kept)
    shares = _without_background(scores, output, classes)
    labels = shares.argmax(axis=1).astype(np.int64)
    return Objects(boxes, shares[rows, labels], labels, rows, shares)


def _single(output: Boxes) -> str:
    """A softmax over one number would make all of them 1."""
    return "none" if output.activation == "softmax" else output.activation


def _without_background(scores: Floats, output: Boxes, classes: int) -> Floats:
    width = classes + (output.background != "none")
    if scores.ndim != 2 or scores.shape[1] != width:
        raise bad_answer(f"{output.scores!r} is {scores.shape}; a row for {classes} classes takes {width} numbers.")
    shares = activated(scores, output.activation)
    if output.background == "first":
        return shares[:, 1:]
    return shares[:, :classes]


def _rows(outputs: Outputs, output: Rows) -> Objects:
    table = _table(named(outputs, output.tensor))
    numbered = output.columns == "batch_box_class_score"
    if table.shape[1] < (7 if numbered else 6):
        raise bad_answer(f"A row has {table.shape[1]} numbers.")
    if numbered:
        table = np.concatenate([table[:, 1:5], table[:, 6:7], table[:, 5:6], table[:, 7:]], axis=1)
    labels = np.rint(np.nan_to_num(table[:, 5], nan=-1.0, posinf=-1.0, neginf=-1.0)).astype(np.int64)
    return Objects(table[:, :4], table[:, 4], labels, np.arange(len(table)), rest=table[:, 6:])


def _table(values: NDArray[np.generic], width: int = 0) -> Floats:
    """(1, rows, columns) or (rows, columns) as the latter."""
    table = np.asarray(values, np.float32)
    if table.ndim == 3 and table.shape[0] == 1:
        table = table[0]
    if table.ndim != 2 or (width and table.shape[1] != width):
        raise bad_answer(f"A tensor is {values.shape}; one of rows{f' of {width}' if width else ''} was promised.")
    return table


def _check_scores(scores: Floats) -> None:
    if not np.isfinite(scores).all():
        raise bad_answer("A score is not finite.")
    if scores.size and (scores.min() < -SLACK or scores.max() > 1 + SLACK):
        raise bad_answer(f"Scores reach from {scores.min():.3g} to {scores.max():.3g}: name the activation.")


def _corners(boxes: Floats, output: Found, size: tuple[int, int]) -> Floats:
    """x0 y0 x1 y1 in pixels of the input."""
    form: BoxForm = output.box
    first, second = boxes[:, :2], boxes[:, 2:4]
    if form == "cxcywh":
        first, second = np.asarray(first - second / 2, np.float32), np.asarray(first + second / 2, np.float32)
    elif form == "xywh":
        second = np.asarray(first + second, np.float32)
    height, width = size
    factor = np.array([width, height, width, height] if output.normalised else [1, 1, 1, 1], np.float32)
    return np.asarray(np.concatenate([first, second], axis=1) * factor, np.float32)


def _once(found: Objects, contract: Detection | Segmentation) -> NDArray[np.int64]:
    """Non-maximum suppression, class by class."""
    if not len(found.boxes):
        return np.empty(0, np.int64)
    sides = np.concatenate([found.boxes[:, :2], found.boxes[:, 2:] - found.boxes[:, :2]], axis=1).astype(np.float64)
    kept = cv2.dnn.NMSBoxesBatched(
        sides.tolist(),
        found.scores.tolist(),
        found.labels.astype(np.int32).tolist(),
        max(0.0, contract.score_threshold - SLACK),
        contract.iou_threshold,
    )
    return np.asarray(kept, np.int64).reshape(-1)
