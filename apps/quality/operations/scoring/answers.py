"""Classifications: one question at a time, radios as classes that exclude each other, checklists answer by answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from apps.ontologies.logic import ClassEntry, OntologyIndex
from apps.quality.logic import classification, multilabel, published
from apps.quality.logic.neighbours import Neighbours
from apps.quality.operations.scoring.fitted import Fitted
from apps.quality.operations.scoring.near_answers import MOST, Answer, Heard, Lookalikes, as_near, shown
from apps.quality.operations.scoring.said import Finding
from apps.quality.queries.units import LabelRow, PredictionRow, UnitRows

RADIO, CHECKLIST, BOOLEAN = "radio", "checklist", "boolean"
YES_NO = ("true", "false")
LEAST = 10
"""Fewer answers than this teach nothing."""

ENOUGH = 0.5
"""The share of a question's images that must be described for alike ones to be heard."""


def questions(index: OntologyIndex) -> dict[str, ClassEntry]:
    """By id those classifications that have options to choose from."""
    return {
        entry.id: entry
        for entry in index.classifications
        if entry.attributes.entries[0].type in (RADIO, CHECKLIST, BOOLEAN)
    }


def options_of(entry: ClassEntry) -> tuple[str, ...]:
    asked = entry.attributes.entries[0]
    return YES_NO if asked.type == BOOLEAN else tuple(dict.fromkeys(option.id for option in asked.options.values()))


def chosen(entry: ClassEntry, attributes: Mapping[str, Any]) -> list[str]:
    """The options that an answer names, by id."""
    said = attributes.get(entry.attributes.entries[0].id)
    if isinstance(said, bool):
        return [YES_NO[0] if said else YES_NO[1]]
    answers = said if isinstance(said, list) else [said]
    ids = [answer.get("value") if isinstance(answer, dict) else answer for answer in answers]
    return [one for one in ids if isinstance(one, str)]


def first_of(entry: ClassEntry, options: Sequence[str], attributes: Mapping[str, Any]) -> int:
    """The number of the option that an answer names; -1 for one that is not known."""
    return next((options.index(one) for one in chosen(entry, attributes) if one in options), -1)


def has(entry: ClassEntry, option: str, attributes: Mapping[str, Any]) -> int:
    """1 where an answer names the option."""
    return int(option in chosen(entry, attributes))


def probabilities(entry: ClassEntry, options: Sequence[str], row: PredictionRow) -> list[float]:
    """(k,) as it was said; from the confidence of the one answer where no more was said."""
    if row.probabilities:
        return [row.probabilities.get(option, 0.0) for option in options]
    named, k = chosen(entry, row.attributes), len(options)
    if entry.attributes.entries[0].type == CHECKLIST:
        return [row.confidence if option in named else 1 - row.confidence for option in options]
    rest = (1 - row.confidence) / max(k - 1, 1)
    return [row.confidence if option in named[:1] else rest for option in options]


class Table:
    """The answers to one question that a model has answered too: rows of ``p`` and ``given``."""

    def __init__(self, entry: ClassEntry, options: Sequence[str]) -> None:
        self.entry, self.options = entry, tuple(options)
        self.many = entry.attributes.entries[0].type == CHECKLIST
        self.places: list[tuple[int, LabelRow, PredictionRow]] = []
        self.p: list[list[float]] = []
        self.given: list[Any] = []

    def add(self, place: int, label: LabelRow, row: PredictionRow) -> None:
        named = [self.options.index(one) for one in chosen(self.entry, label.attributes) if one in self.options]
        if not self.many and not named:
            return
        p = np.array(probabilities(self.entry, self.options, row), np.float64)
        if not self.many:
            p = p / p.sum() if p.sum() > 0 else np.full(len(p), 1 / len(p))
        self.places.append((place, label, row))
        self.p.append(p.tolist())
        self.given.append([i in named for i in range(len(self.options))] if self.many else named[0])

    def arrays(self) -> tuple[Any, Any]:
        p = np.array(self.p, np.float64).reshape(-1, len(self.options))
        return p, np.array(self.given, bool if self.many else np.int64)


def tables(units: Sequence[UnitRows], asked: Mapping[str, ClassEntry], options: Mapping[str, Any]) -> dict[str, Table]:
    found = {key: Table(entry, options.get(key) or options_of(entry)) for key, entry in asked.items()}
    for place, unit in enumerate(units):
        if not unit.predicted:
            continue
        said = {row.class_id: row for row in unit.predictions if row.class_id in found}
        for label in unit.labels:
            row = said.get(label.class_id)
            if row is not None and not label.own:
                found[label.class_id].add(place, label, row)
    return found


def fit_answers(units: Sequence[UnitRows], index: OntologyIndex, fitted: Fitted, alike: Lookalikes) -> None:
    """From all answers that the model has given too; where most of their images are described, from those alone, among
    which alike ones were found."""
    for key, table in tables(units, questions(index), {}).items():
        if len(table.places) < LEAST or len(table.options) < 2:
            continue
        p, given = table.arrays()
        rows, near = described(table, units, alike)
        fitted.options[key] = table.options
        if table.many:
            fitted.checklists[key] = multilabel.fit(p[rows], given[rows], near=near)
        else:
            fitted.radios[key] = classification.fit(p[rows], given[rows], near=near)


def described(table: Table, units: Sequence[UnitRows], alike: Lookalikes) -> tuple[Any, Neighbours | None]:
    """Which rows to learn from, and each one's neighbours among them."""
    found = alike.among([units[place] for place, _, _ in table.places])
    if found is None or len(found[0]) < max(LEAST, ENOUGH * min(len(table.places), MOST)):
        return slice(None), None
    return found


def heard_of(table: Table, units: Sequence[UnitRows], strengths: Sequence[Any], alike: Lookalikes) -> Heard | None:
    """The alike images' answers; None where nothing was learned that would let them be believed."""
    if not any(float(one) > 0 for one in strengths):
        return None
    return alike.heard([units[place] for place, _, _ in table.places], table.entry.id)


def judge_answers(
    units: Sequence[UnitRows], index: OntologyIndex, fitted: Fitted, alike: Lookalikes
) -> dict[int, list[Finding]]:
    """Findings by the unit's place; questions that nothing was learned of have none."""
    found: dict[int, list[Finding]] = {}
    for key, table in tables(units, questions(index), fitted.options).items():
        if not table.places:
            continue
        if key in fitted.radios:
            heard = heard_of(table, units, [fitted.radios[key].strength], alike)
            judge_radio(table, fitted.radios[key], heard, found)
        elif key in fitted.checklists:
            heard = heard_of(table, units, [one.strength for one in fitted.checklists[key].answers], alike)
            judge_checklist(table, fitted.checklists[key], heard, found)
    return found


def judge_radio(table: Table, state: Any, heard: Heard | None, found: dict[int, list[Finding]]) -> None:
    p, given = table.arrays()
    near = None if heard is None else as_near(heard, partial(first_of, table.entry, table.options))
    evidence = classification.evidence(p, given, state=state, near=near, detail=True)
    hard = published.hardness(p)
    for i, (place, label, row) in enumerate(table.places):
        top = int(p[i].argmax())
        hints: dict[str, Any] = {
            "answer": table.options[int(given[i])],
            "said": table.options[top],
            "confidence": float(p[i, top]),
            "model": {"prediction": str(row.id), "class": row.class_id, "confidence": float(p[i, top])},
        }
        if heard is not None and heard[i]:
            hints["alike"] = [
                shown(one, table.entry.id, table.options, first_of(table.entry, table.options, one.attributes))
                for one in heard[i]
            ]
        suggested = int(evidence.suggested[i])
        if suggested != int(given[i]):
            hints["suggested"] = table.options[suggested]
        found.setdefault(place, []).append(
            Finding(
                label.id,
                label.class_id,
                float(evidence.odds[i]),
                evidence.columns[i].tolist(),
                classification.VERSION,
                {"wrong_class": 1 / (1 + float(np.exp(-np.clip(evidence.odds[i], -40, 40))))},
                hardness=float(hard[i]),
                confidence=float(p[i, top]),
                hints=hints,
            )
        )


def judge_checklist(table: Table, state: Any, heard: Heard | None, found: dict[int, list[Finding]]) -> None:
    p, given = table.arrays()
    near = None if heard is None else [as_near(heard, partial(has, table.entry, one)) for one in table.options]
    evidence = multilabel.evidence(p, given, state=state, near=near)
    for i, (place, label, row) in enumerate(table.places):
        worst = evidence.missing[i] + evidence.extra[i]
        at = int(worst.argmax())
        hints: dict[str, Any] = {
            "said": table.options[at],
            "wanted": bool(evidence.missing[i, at] >= evidence.extra[i, at]),
            "confidence": float(p[i, at] if evidence.missing[i, at] >= evidence.extra[i, at] else 1 - p[i, at]),
            "model": {"prediction": str(row.id), "class": row.class_id, "confidence": float(p[i, at])},
        }
        if heard is not None and heard[i]:
            hints |= alike_ticks(table, table.options[at], bool(given[i, at]), heard[i])
        found.setdefault(place, []).append(
            Finding(
                label.id,
                label.class_id,
                float(evidence.odds[i]),
                evidence.columns[i].tolist(),
                multilabel.VERSION,
                {"wrong_attribute": float(worst.max())},
                hints=hints,
            )
        )


def alike_ticks(table: Table, option: str, ticked: bool, heard: Sequence[Answer]) -> dict[str, Any]:
    """What a sentence and a page say of one answer of a checklist."""
    ticks = [shown(one, table.entry.id, (option,), has(table.entry, option, one.attributes) - 1) for one in heard]
    return {"option": option, "ticked": ticked, "alike": ticks}
