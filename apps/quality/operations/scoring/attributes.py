"""Attributes of objects: what the model's label of the same object answers otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from apps.ontologies.logic import AttributeEntry, OntologyIndex
from apps.quality.logic import attributes
from apps.quality.operations.scoring.answers import BOOLEAN, RADIO, YES_NO
from apps.quality.operations.scoring.fitted import Fitted
from apps.quality.operations.scoring.scene import Scene

FEWEST = 20
"""Fewer answers than this teach nothing."""


def asked_of(index: OntologyIndex) -> Iterator[AttributeEntry]:
    """Attributes of objects with one answer of several, the outermost ones."""
    for entry in index.objects:
        yield from (one for one in entry.attributes.entries if one.type in (RADIO, BOOLEAN) and not one.archived)


def options_of(asked: AttributeEntry) -> tuple[str, ...]:
    return YES_NO if asked.type == BOOLEAN else tuple(dict.fromkeys(option.id for option in asked.options.values()))


def answer_of(asked: str, given: Mapping[str, Any], options: tuple[str, ...]) -> int:
    """The option's number, -1 for none."""
    said = given.get(asked)
    if isinstance(said, bool):
        said = YES_NO[0] if said else YES_NO[1]
    elif isinstance(said, dict):
        said = said.get("value")
    return options.index(said) if said in options else -1


def answers(scene: Scene, partner: Any, asked: str, options: tuple[str, ...]) -> tuple[Any, Any]:
    """(n, k) what the partners of labels say, as probabilities, and (n,) what the labels say, -1 for nothing."""
    said, given = np.full(len(partner), -1), np.full(len(partner), -1)
    for row, label in enumerate(scene.label_rows):
        other = int(partner[row])
        if other >= 0 and scene.prediction_rows[other].class_id == label.class_id:
            given[row] = answer_of(asked, label.attributes, options)
            said[row] = answer_of(asked, scene.prediction_rows[other].attributes, options)
    return attributes.told(said, len(options)), given


def fit_attributes(scene: Scene, partner: Any, index: OntologyIndex, fitted: Fitted) -> None:
    for asked in asked_of(index):
        options = options_of(asked)
        p, given = answers(scene, partner, asked.id, options)
        known = np.isfinite(p).all(axis=1) & (given >= 0)
        if len(options) > 1 and known.sum() >= FEWEST:
            fitted.attributes[asked.id] = attributes.wrong(p, given)[1]
            fitted.options[asked.id] = options


def wrong_attributes(scene: Scene, partner: Any, iou: Any, fitted: Fitted) -> tuple[Any, list[str]]:
    """(n,) that some attribute is wrong, nan where nothing is known, and the likeliest one's id by label."""
    values = []
    for key, state in fitted.attributes.items():
        p, given = answers(scene, partner, key, fitted.options[key])
        values.append(attributes.wrong(p, given, state=state)[0])
    keys = list(fitted.attributes)
    worst = np.nan_to_num(np.array(values), nan=-1.0).argmax(axis=0)
    return attributes.together(values, iou), [keys[at] for at in worst.tolist()]
