"""Objects: boxes, polygons and masks against a model's, or against each other where no model may speak."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from apps.ontologies.logic import OntologyIndex
from apps.quality.logic import detection, neighbours, unaided
from apps.quality.logic.numbers import group_max, log_odds, sigmoid
from apps.quality.operations.scoring.attributes import asked_of, fit_attributes, wrong_attributes
from apps.quality.operations.scoring.fitted import Fitted
from apps.quality.operations.scoring.near import Heard, Neighbourhood, Subject
from apps.quality.operations.scoring.said import Finding
from apps.quality.operations.scoring.scene import Scene, scene_of
from apps.quality.queries.units import PredictionRow, UnitRows
from apps.quality.shapes.located import Located, located

LEAST_MISSING = 0.02
"""Predictions that are less likely than this to show a missing object are not kept: there are very many of them."""

MOST_MISSING = 50
"""Of one image."""


def fit_objects(
    units: Sequence[UnitRows], fitted: Fitted, near: Neighbourhood, base: float, index: OntologyIndex
) -> None:
    """Learns from the units into ``fitted``. Units that the model labelled itself teach nothing about the model."""
    numbers = fitted.number()
    scene = scene_of(units, numbers)
    if len(scene.labels):
        fit_alone(units, scene, fitted, near, base)
    foreign = [unit for unit in units if unit.predicted and not any(row.own for row in unit.labels)]
    asked = foreign or [unit for unit in units if unit.predicted]
    if not asked:
        return
    scene = scene if len(asked) == len(units) else scene_of(asked, numbers)
    if not len(scene.labels) or not len(scene.predictions):
        return
    labels, predictions = scene.labels.boxes, scene.predictions.boxes
    fitted.objects = detection.fit(labels, predictions, scene.size, fitted.count, overlaps=scene.overlaps)
    if scene.has_outlines:
        trust = detection.trust(fitted.objects, np.asarray(predictions.score))
        fitted.outlines = outlines_of(scene, fitted, trust, None).state
    if any(asked_of(index)):
        fit_attributes(scene, told_by(scene, fitted, {}).partner, index, fitted)


def fit_alone(units: Sequence[UnitRows], scene: Scene, fitted: Fitted, near: Neighbourhood, base: float) -> None:
    """By all labels; where crops have been described, by some of those alone, among which neighbours were found."""
    kind, shapes = scene.labels.boxes.kind, shapes_of(scene)
    found = near.among(subjects_of(scene, units))
    if found is None:
        fitted.unaided = unaided.fit(kind, fitted.count, shapes=shapes, base=base)
        return
    rows, own = found
    fitted.unaided = unaided.fit(kind[rows], fitted.count, shapes=shapes[rows], near=own, base=base)


def shapes_of(scene: Scene) -> Any:
    image = scene.labels.boxes.image
    return unaided.shape_measures(scene.labels.boxes.box, scene.size[image])


def subjects_of(scene: Scene, units: Sequence[UnitRows]) -> list[Subject]:
    """Task and label of each row."""
    images = scene.labels.boxes.image.tolist()
    return [(units[image].task_id, label.id) for image, label in zip(images, scene.label_rows, strict=True)]


def judge_objects(units: Sequence[UnitRows], fitted: Fitted, near: Neighbourhood) -> dict[int, list[Finding]]:
    """Findings by the unit's place in ``units``."""
    found: dict[int, list[Finding]] = {}
    scene = scene_of(units, fitted.number())
    aided = np.array([unit.predicted and fitted.objects is not None for unit in units], bool)
    if aided.any():
        judge_aided(units, scene, aided, fitted, near, found)
    if fitted.unaided is not None and len(scene.labels):
        image = scene.labels.boxes.image
        own = np.array([row.own for row in scene.label_rows], bool)
        judge_alone(units, scene, np.flatnonzero(~aided[image] | own), fitted, near, found)
    return found


def foreign_rows(scene: Scene, aided: Any) -> list[int]:
    """Labels of units that the model speaks of, which it has not made itself."""
    images = scene.labels.boxes.image.tolist()
    return [row for row, label in enumerate(scene.label_rows) if aided[images[row]] and not label.own]


def judge_aided(
    units: Sequence[UnitRows],
    scene: Scene,
    aided: Any,
    fitted: Fitted,
    near: Neighbourhood,
    found: dict[int, list[Finding]],
) -> None:
    """Labels that the model may speak of, and the objects that it sees where there is no label."""
    if fitted.objects is None:
        return
    trust = detection.trust(fitted.objects, np.asarray(scene.predictions.boxes.score))
    rows = foreign_rows(scene, aided)
    evidence, extra = evidence_of(scene, fitted, trust)
    labels = [scene.label_rows[row] for row in rows]
    images = [int(scene.labels.boxes.image[row]) for row in rows]
    crops = near.heard([(units[image].task_id, label.id) for image, label in zip(images, labels, strict=True)])
    against = neighbours_against(crops, scene.labels.boxes.kind[rows], fitted)
    if against is not None:
        extra.kinds["wrong_class"] = np.full(len(scene.labels), np.nan)
        extra.kinds["wrong_class"][rows] = against
    if extra.kinds:
        evidence = told_by(scene, fitted, extra.kinds)
    iou = best_overlap(scene, evidence.partner)
    for place, (row, image, label) in enumerate(zip(rows, images, labels, strict=True)):
        partner = int(evidence.partner[row])
        hints: dict[str, Any] = {"unseen": True}
        if partner >= 0:
            hints = seen(scene.prediction_rows[partner], float(iou[row]))
        if crops.said and crops.said[place]:
            hints["near"] = crops.said[place]
        if extra.asked:
            hints["asked"] = extra.asked[row]
        found.setdefault(image, []).append(
            Finding(
                label.id,
                label.class_id,
                float(evidence.odds[row]),
                evidence.columns[row].tolist(),
                detection.VERSION,
                {kind: float(value[row]) for kind, value in evidence.kinds.items()},
                confidence=float(trust[partner]) if partner >= 0 else None,
                hardness=hardness_of(scene.prediction_rows[partner]) if partner >= 0 else None,
                hints=hints,
            )
        )
    add_missing(scene, evidence.missing, aided, found)


@dataclass
class Extra:
    """What is known beside the boxes, by kind (n,); ``asked`` the likeliest wrong attribute of each label."""

    kinds: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


def evidence_of(scene: Scene, fitted: Fitted, trust: Any) -> tuple[detection.Evidence, Extra]:
    """What the boxes say, and what outlines and attributes add to it."""
    evidence, extra = told_by(scene, fitted, {}), Extra()
    if fitted.outlines is not None and scene.has_outlines:
        extra.kinds["badly_located"] = outlines_of(scene, fitted, trust, fitted.outlines).value
    if fitted.attributes and len(scene.labels):
        wrong, extra.asked = wrong_attributes(scene, evidence.partner, best_overlap(scene, evidence.partner), fitted)
        extra.kinds["wrong_attribute"] = wrong
    return evidence, extra


def told_by(scene: Scene, fitted: Fitted, extra: Mapping[str, Any]) -> detection.Evidence:
    return detection.evidence(
        scene.labels.boxes,
        scene.predictions.boxes,
        scene.size,
        fitted.count,
        state=fitted.objects,
        overlaps=scene.overlaps,
        extra=extra,
    )


def outlines_of(scene: Scene, fitted: Fitted, trust: Any, state: Any) -> Located:
    return located(scene.labels, scene.predictions, scene.overlaps, scene.sizes, fitted.count, trust=trust, state=state)


def neighbours_against(crops: Heard, kind: Any, fitted: Fitted) -> Any:
    """(n,) how far the nearest crops raise the chance of another class above the base rate; None where they are not to
    be believed."""
    if crops.near is None or fitted.unaided is None or float(fitted.unaided.strength) <= 0:
        return None
    opinion = neighbours.hear(crops.near, kind, fitted.unaided.crowd)
    odds = unaided.NEIGHBOURS_SLOPE * neighbours.disagreement_odds(opinion)
    return np.clip(sigmoid(odds + log_odds(np.array(unaided.BASE))) - unaided.BASE, 0, 1)


def best_overlap(scene: Scene, partner: Any) -> Any:
    """(n,) IoU of each label with its partner, 0 without one."""
    pairs = scene.overlaps.between
    own = partner[pairs.first] == pairs.second
    return group_max(len(partner), pairs.first[own], pairs.iou[own])


def seen(row: PredictionRow, iou: float) -> dict[str, Any]:
    """What the model's label says, as a page shows it."""
    model = {
        "prediction": str(row.id),
        "class": row.class_id,
        "confidence": row.confidence,
        "shape": row.shape,
        "geometry": row.geometry,
    }
    return {"model": model, "iou": iou}


def hardness_of(row: PredictionRow) -> float | None:
    """Entropy of its probabilities over log of their number."""
    if len(row.probabilities) < 2:
        return None
    p = np.array(list(row.probabilities.values()), np.float64)
    p = p / p.sum()
    return float(-(p * np.log(np.maximum(p, 1e-12))).sum() / np.log(len(p)))


def add_missing(scene: Scene, value: Any, aided: Any, found: dict[int, list[Finding]]) -> None:
    """The likeliest missing objects of each image."""
    image = scene.predictions.boxes.image
    kept: dict[int, int] = {}
    for row in np.argsort(-value, kind="stable").tolist():
        place = int(image[row])
        if value[row] < LEAST_MISSING:
            break
        if not aided[place] or kept.get(place, 0) >= MOST_MISSING:
            continue
        kept[place] = kept.get(place, 0) + 1
        prediction = scene.prediction_rows[row]
        finding = Finding(prediction.id, prediction.class_id, float(value[row]), [], detection.VERSION, missing=True)
        finding.hints = seen(prediction, 0.0)
        found.setdefault(place, []).append(finding)


def judge_alone(
    units: Sequence[UnitRows],
    scene: Scene,
    rows: Any,
    fitted: Fitted,
    near: Neighbourhood,
    found: dict[int, list[Finding]],
) -> None:
    """Labels that no model may speak of: their neighbours and what is usual of their class."""
    if fitted.unaided is None or not len(rows):
        return
    labels = [scene.label_rows[row] for row in rows.tolist()]
    subjects = subjects_of(scene, units)
    heard = near.heard([subjects[row] for row in rows.tolist()])
    evidence = unaided.evidence(
        scene.labels.boxes.kind[rows], state=fitted.unaided, shapes=shapes_of(scene)[rows], near=heard.near
    )
    classes = (*fitted.classes, "")
    for place, (row, label) in enumerate(zip(rows.tolist(), labels, strict=True)):
        against, by_shape, odd = (float(one) for one in evidence.columns[place])
        image = int(scene.labels.boxes.image[row])
        suggested = classes[int(evidence.suggested[place])]
        hints: dict[str, Any] = {"alone": True, "own": label.own, "odd": odd, "by_shape": by_shape}
        if heard.said:
            hints["near"] = heard.said[place]
        if suggested and suggested != label.class_id:
            hints["suggested"] = suggested
        kinds = {"wrong_class": share_of(against + by_shape), "badly_located": share_of(odd)}
        found.setdefault(image, []).append(
            Finding(
                label.id,
                label.class_id,
                float(evidence.odds[place]),
                evidence.columns[place].tolist(),
                unaided.VERSION,
                kinds if max(kinds.values()) > 0 else {},
                hints=hints,
            )
        )


def share_of(odds: float) -> float:
    """How far evidence speaks of a kind at all: 0 for none."""
    return float(2 / (1 + np.exp(-max(odds, 0.0))) - 1)
