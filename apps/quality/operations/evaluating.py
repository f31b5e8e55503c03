"""Evaluations: what a model predicts, held against the labels that count."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from django.core.files.storage import default_storage
from django.db import transaction

from apps.accounts.models import User
from apps.common.errors import Conflict
from apps.inference.models import PredictedUnit, PredictionModel
from apps.jobs.models import Job
from apps.jobs.operations import enqueue
from apps.ontologies.queries import index_for
from apps.projects.models import Project
from apps.quality.logic.checks import Array
from apps.quality.logic.evaluated import Table, joined
from apps.quality.logic.evaluation import At, counts, of_predictions
from apps.quality.logic.matching import MET
from apps.quality.logic.memorized import looks_memorized
from apps.quality.models import Evaluation
from apps.quality.operations.evaluating_parts import (
    FAMILIES,
    Tally,
    load,
    next_part,
    part_key,
    store,
    under,
)
from apps.quality.queries.lineage import snapshot_of
from apps.quality.shapes.coco_figures import Evaluated, figures, mean_of
from apps.quality.shapes.comparing import Reader

EVALUATE = "quality.evaluate"
READY = "ready"
KEPT = 3
"""Evaluations of one model that are kept; older ones go with their files."""


@transaction.atomic
def start_evaluation(
    *, project: Project, model: PredictionModel, truth: str, subset: str, actor: User | None, now: datetime
) -> Job:
    """Asks for an evaluation. Raises Conflict when the model has predicted nothing."""
    if not PredictedUnit.objects.filter(model=model).exists():
        raise Conflict("This model has predicted nothing in the project yet.", code="no_predictions")
    job = enqueue(
        kind=EVALUATE,
        organization_id=project.organization_id,
        project_id=project.id,
        created_by=actor,
        params={"project": str(project.id), "model": str(model.id), "truth": truth, "subset": subset},
    )
    Evaluation.objects.create(id=job.id, project=project, model=model, truth=truth, subset=subset, started_at=now)
    return job


def evaluate_parts(evaluation: Evaluation, tally: Tally, step: Callable[[Tally], None]) -> None:
    """Every data unit that the model has predicted, part by part; ``step`` is called after each."""
    index = index_for(evaluation.project.ontology_id)
    reader = Reader(index, tally.keys or [entry.id for entry in index.objects])
    while next_part(evaluation, reader, tally):
        step(tally)


def finish_evaluation(*, evaluation: Evaluation, tally: Tally, now: datetime) -> dict[str, Any]:
    """Joins the parts to one file and says the figures; older evaluations of the model go. Safe to repeat."""
    if evaluation.state != READY:
        parts = [load(part_key(evaluation, number)) for number in range(tally.parts)]
        table = joined([Table.of(under(part, "table_")) for part in parts]) if parts else None
        if table is not None:
            store(evaluation.key, table.arrays())
        evaluation.summary = summary_of(evaluation, tally, parts, table)
        evaluation.warnings = warnings_of(evaluation, tally, table)
        evaluation.state, evaluation.finished_at = READY, now
        evaluation.save(update_fields=["summary", "warnings", "state", "finished_at"])
    for number in range(tally.parts):
        default_storage.delete(part_key(evaluation, number))
    forget_older(evaluation)
    return {
        "evaluation": str(evaluation.id),
        "units": tally.units,
        "labels": tally.labels,
        "predictions": tally.predictions,
        "left_out": tally.left,
        "warnings": evaluation.warnings,
    }


def forget_older(evaluation: Evaluation) -> None:
    rows = Evaluation.objects.filter(project=evaluation.project_id, model=evaluation.model_id, state=READY)
    for old in rows.order_by("-id")[KEPT:]:
        default_storage.delete(old.key)
        old.delete()


def summary_of(
    evaluation: Evaluation, tally: Tally, parts: Sequence[Mapping[str, Array]], table: Table | None
) -> dict[str, Any]:
    found = {"units": tally.units, "labels": tally.labels, "predictions": tally.predictions, "left_out": tally.left}
    snapshot = snapshot_of(evaluation.model)
    return {
        **found,
        "trained_on": {"snapshot": snapshot.name if snapshot else None, "units": tally.trained_on},
        "keys": tally.keys,
        "subsets": tally.subsets if evaluation.subset else [],
        "coco": coco_of(evaluation, tally, parts),
        "classifications": questions(tally, table),
    }


def coco_of(evaluation: Evaluation, tally: Tally, parts: Sequence[Mapping[str, Array]]) -> dict[str, Any]:
    """COCO's figures of all and of each subset: by class, and their means by family of shapes and together."""
    if not parts:
        return {"all": means({}), "subsets": {}}
    joint = {
        family: Evaluated.joined([Evaluated.of(under(part, f"{family}_")) for part in parts]) for family in FAMILIES
    }
    subset = np.concatenate([part["image_subset"] for part in parts])

    def of(images: Array | None) -> dict[str, Any]:
        return means(
            {
                family: {tally.keys[kind]: one for kind, one in figures(found, family, images).items()}
                for family, found in joint.items()
            }
        )

    named = enumerate(tally.subsets) if evaluation.subset else ()
    return {"all": of(None), "subsets": {name: of(np.flatnonzero(subset == number)) for number, name in named}}


def means(families: Mapping[str, Mapping[str, dict[str, Any]]]) -> dict[str, Any]:
    classes = {key: one for found in families.values() for key, one in found.items()}
    by_family = {family: mean_of(list(found.values())) for family, found in families.items() if found}
    return {"mean": mean_of(list(classes.values())), **by_family, "classes": classes}


def questions(tally: Tally, table: Table | None) -> dict[str, Any]:
    """By classification: accuracy, the true answer among the five most probable (where there are probabilities), macro
    F1, and each answer's F1."""
    if table is None:
        return {}
    found = counts(table, len(tally.keys), At())
    scores = f1(found.met, found.predictions, found.labels)
    answers: dict[str, dict[str, float]] = {}
    for number, key in enumerate(tally.keys):
        question, colon, option = key.partition(":")
        if colon and found.labels[number] + found.predictions[number]:
            answers.setdefault(question, {})[option] = float(scores[number])
    return {
        question: {
            "labels": one["labels"],
            "accuracy": one["right"] / one["labels"],
            "top_five": one["in_five"] / one["ranked"] if one["ranked"] else None,
            "macro_f1": float(np.mean(list(answers[question].values()))),
            "f1": answers[question],
        }
        for question, one in tally.answered.items()
    }


def f1(met: Array, predictions: Array, labels: Array) -> Array:
    """0 where nothing was said and nothing meant."""
    return np.asarray(2 * met / np.maximum(predictions + labels, 1))


def warnings_of(evaluation: Evaluation, tally: Tally, table: Table | None) -> list[dict[str, Any]]:
    model, found = evaluation.model, []

    def warn(code: str, detail: str) -> None:
        found.append({"code": code, "detail": detail})

    if tally.left.get("units_trained_on"):
        number = tally.left["units_trained_on"]
        warn("trained_on", f"{number} data units are of the snapshot that the model was trained on: left out.")
    elif model.trained_on and snapshot_of(model) is None:
        warn("unknown_snapshot", f"The project has no snapshot {model.trained_on!r}, so nothing could be left out.")
    if model.out_of_sample is False:
        warn("in_sample", "The model is said to have been trained on these images: its figures flatter it.")
    elif model.out_of_sample is None and not model.trained_on:
        warn("unknown_sample", "Nobody said whether these images were kept from the model's training.")
    if tally.left.get("own_labels"):
        warn("own_labels", f"{tally.left['own_labels']} labels are the model's own word, unedited: left out.")
    if table is not None and memorized(table, len(tally.keys)):
        warn("looks_memorized", "The model agrees with nearly every label, and is nearly certain: has it seen them?")
    return found


def memorized(table: Table, classes: int) -> bool:
    at = At()
    rows = of_predictions(table, at)
    met = rows[table.kind[rows] == MET]
    sure = float(table.confidence[table.prediction[met]].mean()) if len(met) else 0.0
    return looks_memorized(int(counts(table, classes, at).labels.sum()), len(met), sure)
