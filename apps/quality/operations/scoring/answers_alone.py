"""Classifications of which no model speaks: what the images that look alike say to the same question.

Radios are classes that exclude each other; of a checklist every answer is a question of its own with two classes, and
a label's odds are those of any answer being wrong, as where a model speaks. Where alike images agree no better than by
chance, nothing is said at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

import numpy as np

from apps.ontologies.logic import ClassEntry, OntologyIndex
from apps.quality.logic import multilabel, unaided
from apps.quality.logic.numbers import log_odds, sigmoid
from apps.quality.operations.scoring.answers import CHECKLIST, LEAST, chosen, first_of, has, options_of, questions
from apps.quality.operations.scoring.fitted import Fitted
from apps.quality.operations.scoring.near_answers import Heard, Lookalikes, as_near, shown
from apps.quality.operations.scoring.said import Finding
from apps.quality.queries.units import LabelRow, UnitRows

MOST_SURE = 1e-4


@dataclass
class Given:
    """All answers to one question, whoever gave them: places of their units, labels, and what was answered."""

    entry: ClassEntry
    options: tuple[str, ...]
    places: list[tuple[int, LabelRow]] = field(default_factory=list)
    given: list[Any] = field(default_factory=list)

    @property
    def many(self) -> bool:
        return self.entry.attributes.entries[0].type == CHECKLIST

    def add(self, place: int, label: LabelRow) -> None:
        named = [self.options.index(one) for one in chosen(self.entry, label.attributes) if one in self.options]
        if named or self.many:
            self.places.append((place, label))
            self.given.append([i in named for i in range(len(self.options))] if self.many else named[0])

    def array(self) -> Any:
        return np.array(self.given, bool).reshape(-1, len(self.options)) if self.many else np.array(self.given, int)

    def units(self, units: Sequence[UnitRows]) -> list[UnitRows]:
        return [units[place] for place, _ in self.places]


def given_of(
    units: Sequence[UnitRows], asked: Mapping[str, ClassEntry], options: Mapping[str, Any], judged: set[UUID]
) -> dict[str, Given]:
    """By question; labels that are ``judged`` already are left out."""
    found = {key: Given(entry, tuple(options.get(key) or options_of(entry))) for key, entry in asked.items()}
    for place, unit in enumerate(units):
        for label in unit.labels:
            if label.class_id in found and label.id not in judged:
                found[label.class_id].add(place, label)
    return found


def fit_answers_alone(
    units: Sequence[UnitRows], index: OntologyIndex, fitted: Fitted, alike: Lookalikes, base: float
) -> None:
    """Learns into ``fitted`` how far alike images may be believed, question by question. ``base`` is the share of wrong
    labels that is assumed."""
    for key, one in given_of(units, questions(index), fitted.options, set()).items():
        if len(one.places) < LEAST or len(one.options) < 2:
            continue
        found = alike.among(one.units(units))
        if found is None or len(found[0]) < LEAST:
            continue
        rows, near = found
        given = one.array()[rows]
        if one.many:
            share = base / len(one.options)
            states = {
                f"{key}:{option}": unaided.fit(given[:, at].astype(int), 2, near=near, base=share)
                for at, option in enumerate(one.options)
            }
        else:
            states = {key: unaided.fit(given, len(one.options), near=near, base=base)}
        heard = {name: state for name, state in states.items() if float(state.strength) > 0}
        if heard:
            fitted.options[key] = one.options
            fitted.alone |= heard


def judge_answers_alone(
    units: Sequence[UnitRows],
    index: OntologyIndex,
    fitted: Fitted,
    alike: Lookalikes,
    found: dict[int, list[Finding]],
) -> None:
    """Adds findings of answers that have none in ``found`` yet; an answer without alike images has none."""
    if not fitted.alone:
        return
    judged = {finding.subject for findings in found.values() for finding in findings}
    asked = {key: entry for key, entry in questions(index).items() if any(is_of(name, key) for name in fitted.alone)}
    for key, one in given_of(units, asked, fitted.options, judged).items():
        if not one.places:
            continue
        heard = alike.heard(one.units(units), key)
        judge = judge_checklist if one.many else judge_radio
        judge(key, one, heard, fitted, found)


def is_of(name: str, key: str) -> bool:
    return name == key or name.startswith(f"{key}:")


def judge_radio(key: str, one: Given, heard: Heard, fitted: Fitted, found: dict[int, list[Finding]]) -> None:
    given = one.array()
    number = partial(first_of, one.entry, one.options)
    evidence = unaided.evidence(given, state=fitted.alone[key], near=as_near(heard, number))
    for row, (place, label) in enumerate(one.places):
        if not heard[row]:
            continue
        suggested = int(evidence.suggested[row])
        hints = hints_of(label) | {"answer": one.options[int(given[row])]}
        hints["alike"] = [shown(answer, key, one.options, number(answer.attributes)) for answer in heard[row]]
        if suggested != int(given[row]):
            hints["suggested"] = one.options[suggested]
        odds, vector = float(evidence.odds[row]), evidence.columns[row].tolist()
        kinds = {"wrong_class": share_of(vector[0])}
        found.setdefault(place, []).append(finding_of(label, odds, vector, kinds, hints))


def judge_checklist(key: str, one: Given, heard: Heard, fitted: Fitted, found: dict[int, list[Finding]]) -> None:
    given = one.array()
    wrong, columns = np.zeros(given.shape), np.zeros((*given.shape, 3))
    for at, option in enumerate(one.options):
        state = fitted.alone.get(f"{key}:{option}")
        if state is not None:
            near = as_near(heard, partial(has, one.entry, option))
            evidence = unaided.evidence(given[:, at].astype(int), state=state, near=near)
            wrong[:, at], columns[:, at] = sigmoid(evidence.odds), evidence.columns
    odds = log_odds(multilabel.any_of(wrong), edge=MOST_SURE)
    for row, (place, label) in enumerate(one.places):
        if not heard[row]:
            continue
        at = int(wrong[row].argmax())
        option, vector = one.options[at], columns[row, at].tolist()
        hints = hints_of(label) | {"option": option, "ticked": bool(given[row, at])}
        hints["alike"] = [
            shown(answer, key, (option,), has(one.entry, option, answer.attributes) - 1) for answer in heard[row]
        ]
        kinds = {"wrong_attribute": share_of(vector[0])}
        found.setdefault(place, []).append(finding_of(label, float(odds[row]), vector, kinds, hints))


def hints_of(label: LabelRow) -> dict[str, Any]:
    return {"alone": True, "heard": True, "own": label.own}


def finding_of(
    label: LabelRow, odds: float, vector: list[float], kinds: dict[str, float], hints: dict[str, Any]
) -> Finding:
    kinds = kinds if max(kinds.values()) > 0 else {}
    return Finding(label.id, label.class_id, odds, vector, unaided.VERSION, kinds, hints=hints)


def share_of(odds: float) -> float:
    """How far evidence speaks of a kind at all: 0 for none."""
    return float(2 / (1 + np.exp(-max(odds, 0.0))) - 1)
