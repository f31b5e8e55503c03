"""Whether predictions may be believed: what their sender said, and what smells of a model that knew the labels."""

from __future__ import annotations

from collections.abc import Sequence

from apps.inference.models import PredictionModel
from apps.quality.logic.memorized import looks_memorized
from apps.quality.queries.lineage import units_trained_on
from apps.quality.queries.units import UnitRows

LOOKED_AT = 2_000


def suspicions(model: PredictionModel | None, units: Sequence[UnitRows]) -> list[str]:
    """Sentences for the manager; none where all is well. ``units`` are a sample of the project's."""
    if model is None:
        return ["No model has predicted this project's images: labels are scored by their neighbours and shapes alone."]
    found = []
    if model.out_of_sample is False:
        found.append(f"{model} was trained on these images, as its sender says: its agreement means little.")
    trained = units_trained_on(model)[: LOOKED_AT + 1].count()
    if trained:
        many = f"{LOOKED_AT:,} or more" if trained > LOOKED_AT else f"{trained:,}"
        found.append(f"{model} was trained on {many} of these images: there it is not heard.")
    labels, agreed, confidence = agreement(units)
    if model.out_of_sample is not True and looks_memorized(labels, agreed, confidence):
        found.append(
            f"{model} agrees with {agreed:,} of {labels:,} labels at {confidence:.2f}: it seems to have seen them. "
            "Bring predictions made out of sample."
        )
    return found


def agreement(units: Sequence[UnitRows]) -> tuple[int, int, float]:
    """Over predicted tasks: people's labels, those of which the model has just as many of the same class, and its mean
    confidence."""
    labels = agreed = 0
    confidences: list[float] = []
    for unit in units:
        if not unit.predicted or any(row.own for row in unit.labels):
            continue
        said = sorted(f"{row.class_id} {row.attributes}" for row in unit.predictions)
        given = sorted(f"{row.class_id} {row.attributes}" for row in unit.labels)
        labels += len(given)
        agreed += len(given) if said == given else 0
        confidences += [row.confidence for row in unit.predictions]
        if labels >= LOOKED_AT:
            break
    return labels, agreed, sum(confidences) / len(confidences) if confidences else 0.0
