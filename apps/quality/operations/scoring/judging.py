"""From rows to scores: all scorers over some units, probabilities by the calibration in force, and rows to keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np

from apps.inference.models import PredictionModel
from apps.ontologies.logic import OntologyIndex
from apps.quality.logic import classification, detection, multilabel, unaided
from apps.quality.logic.numbers import log_odds
from apps.quality.logic.sentences import sentence
from apps.quality.models import Score, SubjectType
from apps.quality.operations.scoring.answers import judge_answers
from apps.quality.operations.scoring.answers_alone import judge_answers_alone
from apps.quality.operations.scoring.attributes import asked_of
from apps.quality.operations.scoring.fitted import Fitted
from apps.quality.operations.scoring.near import Neighbourhood
from apps.quality.operations.scoring.near_answers import Lookalikes
from apps.quality.operations.scoring.objects import judge_objects
from apps.quality.operations.scoring.said import Finding
from apps.quality.queries.calibrations import Calibrator
from apps.quality.queries.units import UnitRows, unit_rows
from apps.tasks.models import Task

TASK_VERSION = "task-1"
MISSING_SHARE, REST_SHARE = detection.MISSING_SHARE, detection.REST_SHARE
CALM = 1e-4
LABEL_METRICS = ("mistakenness", "hardness")
TASK_METRICS = ("mistakenness", "expected_errors", "hardness", "confidence")


@dataclass(frozen=True)
class Judge:
    """Everything that scoring some units needs. ``project_id`` and ``model`` name whose they are."""

    project_id: UUID
    index: OntologyIndex
    fitted: Fitted
    calibrator: Calibrator
    near: Neighbourhood
    model: PredictionModel | None
    alike: Lookalikes
    second: Judge | None = None

    def read(self, tasks: Sequence[Task]) -> list[UnitRows]:
        """What is to be scored, with the second model's word where the first may not speak."""
        units = unit_rows(tasks, self.model)
        wanting = {unit.task_id: unit for unit in units if unit.wants_second} if self.second is not None else {}
        if self.second is not None and wanting:
            for other in unit_rows([task for task in tasks if task.id in wanting], self.second.model):
                wanting[other.task_id].second = other if other.predicted else None
        return units

    def findings(self, units: Sequence[UnitRows]) -> dict[int, list[Finding]]:
        """By the unit's place, without probabilities."""
        found = judge_objects(units, self.fitted, self.near)
        answers = judge_answers(units, self.index, self.fitted, self.alike)
        judge_answers_alone(units, self.index, self.fitted, self.alike, answers)
        for place, more in answers.items():
            found.setdefault(place, []).extend(more)
        others = {place: unit.second for place, unit in enumerate(units) if unit.second is not None}
        if self.second is not None and others:
            told = self.second.findings(list(others.values()))
            for at, place in enumerate(others):
                found[place] = heard(units[place], found.get(place, []), told.get(at, []), self.second.model)
        return found

    def scores(self, units: Sequence[UnitRows], now: datetime) -> list[Score]:
        """Rows of labels, missing objects and tasks; nothing is written."""
        findings = self.findings(units)
        flat = [finding for place in sorted(findings) for finding in findings[place]]
        price(flat, self.calibrator)
        rows: list[Score] = []
        for place, unit in enumerate(units):
            digest = self.digest(unit)
            own = findings.get(place, [])
            rows += [row for finding in own for row in self.label_rows(unit, finding, digest, now)]
            if own or (unit.predicted and not unit.labels):
                rows += self.task_rows(unit, own, digest, now)
        return rows

    def digest(self, unit: UnitRows) -> str:
        """Of what the unit's scores come from, the calibration left out: it is applied again when it changes."""
        versions = (detection.VERSION, unaided.VERSION, classification.VERSION, multilabel.VERSION)
        return unit.digest(*versions, str(self.model.id if self.model else ""))

    def label_rows(self, unit: UnitRows, finding: Finding, digest: str, now: datetime) -> list[Score]:
        subject = SubjectType.PREDICTION if finding.missing else SubjectType.LABEL
        base: dict[str, Any] = {
            "project_id": self.project_id,
            "task_id": unit.task_id,
            "subject": finding.subject,
            "subject_type": subject,
            "class_id": finding.class_id,
            "scorer_version": finding.scorer,
            "input_digest": digest,
            "label_revision": unit.revision,
            "model": None if finding.hints.get("alone") else finding.speaker or self.model,
            "scored_at": now,
        }
        said = sentence(finding.kind, finding.class_id, finding.hints, self.name, self.called(finding))
        detail: dict[str, Any] = {"odds": finding.odds, "vector": finding.vector, "kinds": finding.kinds}
        detail |= {name: finding.hints[name] for name in ("model", "near", "suggested", "own") if name in finding.hints}
        if "alike" in finding.hints:
            detail["near"] = finding.hints["alike"]
        found = [
            Score(
                **base,
                metric="mistakenness",
                value=finding.p,
                p_error=finding.p,
                calibrated=finding.calibrated,
                kind=finding.kind,
                evidence=said,
                detail=detail,
            )
        ]
        if finding.hardness is not None:
            found.append(Score(**base, metric="hardness", value=finding.hardness))
        return found

    def task_rows(self, unit: UnitRows, own: Sequence[Finding], digest: str, now: datetime) -> list[Score]:
        features = task_features(own)
        told = self.calibrator.tasks(features[None, :])
        hard = [one.hardness for one in own if one.hardness is not None]
        sure = [one.confidence for one in own if one.confidence is not None]
        values = {
            "mistakenness": float(told.p[0]),
            "expected_errors": float(features[2] + features[3]),
            **({"hardness": max(hard)} if hard else {}),
            **({"confidence": float(np.mean(sure))} if sure else {}),
        }
        worst = max(own, key=lambda one: one.p, default=None)
        base: dict[str, Any] = {
            "project_id": self.project_id,
            "task_id": unit.task_id,
            "subject": unit.task_id,
            "subject_type": SubjectType.TASK,
            "scorer_version": TASK_VERSION,
            "input_digest": digest,
            "label_revision": unit.revision,
            "model": self.model if unit.predicted else self.second.model if self.second and unit.second else None,
            "scored_at": now,
        }
        found = [Score(**base, metric=metric, value=value) for metric, value in values.items()]
        found[0].p_error, found[0].calibrated = found[0].value, told.calibrated
        found[0].detail = {"features": features.tolist()} | ({"blank": True} if self.is_blank(own) else {})
        if worst is not None:
            found[0].kind, found[0].class_id = worst.kind, worst.class_id
            found[0].evidence = sentence(worst.kind, worst.class_id, worst.hints, self.name, self.called(worst))
        return found

    def is_blank(self, own: Sequence[Finding]) -> bool:
        """Whether these labels have the base rate and nothing else: no model, no neighbours, no telling shapes."""
        alone = self.fitted.unaided
        knows = alone is not None and (float(alone.strength) > 0 or float(alone.skill) > 0)
        return bool(own) and not knows and all(says_nothing(one.hints) for one in own)

    def called(self, finding: Finding) -> str:
        speaker = finding.speaker or self.model
        return str(speaker) if speaker else "the model"

    def name(self, ident: str) -> str:
        return option_names(self.index).get(ident) or self.index.class_name(ident)


def says_nothing(hints: Mapping[str, Any]) -> bool:
    """Whether a label has nothing but the base rate: alike images are heard only where they may be believed."""
    return bool(hints.get("alone")) and not hints.get("odd") and not hints.get("heard")


def heard(
    unit: UnitRows, first: Sequence[Finding], second: Sequence[Finding], speaker: PredictionModel | None
) -> list[Finding]:
    """What another model says of labels on which the first may not speak, in place of what they say by themselves."""
    own = {row.id for row in unit.labels if row.own}
    told = {
        one.subject: one
        for one in second
        if not one.hints.get("alone") and (not unit.predicted or (not one.missing and one.subject in own))
    }
    for one in told.values():
        one.speaker = speaker
        one.hints["own"] = one.subject in own
    return [*(one for one in first if one.subject not in told), *told.values()]


_names: dict[tuple[str, int], dict[str, str]] = {}


def option_names(index: OntologyIndex) -> Mapping[str, str]:
    """Options of classifications, and attributes of objects, by id; kept by ontology version."""
    key = (index.ontology_id, index.version)
    if key not in _names:
        if len(_names) > 64:
            _names.clear()
        _names[key] = {
            option.id: option.value
            for entry in index.classifications
            for option in entry.attributes.entries[0].options.values()
        } | {"true": "yes", "false": "no"}
        _names[key] |= {asked.id: asked.name for asked in asked_of(index)}
    return _names[key]


def price(findings: Sequence[Finding], calibrator: Calibrator) -> None:
    """Fills in the probabilities, by scorer."""
    groups: dict[tuple[str, bool], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.scorer, finding.missing), []).append(finding)
    for (scorer, missing), group in groups.items():
        odds = np.array([one.odds for one in group], np.float64)
        classes = [one.class_id for one in group]
        if missing:
            told = calibrator.missing(odds, classes)
        else:
            vectors = np.array([one.vector for one in group], np.float64).reshape(len(group), -1)
            told = calibrator.labels(odds, vectors, classes, scorer=scorer)
        for finding, p in zip(group, told.p.tolist(), strict=True):
            finding.p, finding.calibrated, finding.model_made = float(p), told.calibrated, told.model


def task_features(findings: Sequence[Finding]) -> Any:
    """(4,) as ``Calibrator.tasks`` takes them."""
    labels = np.array([one.p for one in findings if not one.missing], np.float64)
    absent = np.array([one.p for one in findings if one.missing], np.float64)
    every = np.r_[labels, MISSING_SHARE * absent]
    top = float(every.max(initial=0.0))
    some = 1 - (1 - top) * np.exp(-REST_SHARE * max(float(every.sum()) - top, 0.0))
    features = [float(log_odds(np.array(some), edge=CALM)), top, float(labels.sum()), float(absent.sum())]
    return np.array(features, np.float64)
