"""A model's agreement with itself says nothing: its own labels are judged by another model, or by what is usual."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from apps.common.clock import database_now
from apps.common.ids import new_id
from apps.inference.models import PredictionModel
from apps.labels.models import Label, Snapshot, SnapshotEntry
from apps.quality.models import Score, ScoreRun, SubjectType
from apps.quality.operations.scoring.changing import rescore
from tests.factories.quality_scores import Scored, make_scored_world, predict

pytestmark = pytest.mark.django_db


def accept_all(found: Scored, **origin: Any) -> None:
    """As if every label had come from the model and been left as it was."""
    sets = [found.world.fresh(task).label_set_id for task in found.tasks]
    said = {"kind": "model", "model": "detector", "edited": False, "prompts": None} | origin
    Label.objects.filter(label_set__in=sets).update(origin=said)


def of_labels(found: Scored) -> dict[UUID, Score]:
    rows = Score.objects.filter(project=found.world.project, metric="mistakenness", subject_type=SubjectType.LABEL)
    return {row.subject: row for row in rows.select_related("model")}


def test_own_labels_are_never_scored_with_their_models_agreement() -> None:
    found = make_scored_world()
    accept_all(found)
    found.score()
    rows = of_labels(found)
    assert {row.scorer_version for row in rows.values()} == {"unaided-1"}
    assert {row.model for row in rows.values()} == {None}
    assert all("model" not in row.detail for row in rows.values())
    assert all("made this label" in row.evidence for row in rows.values())


def test_an_edited_label_is_a_persons() -> None:
    found = make_scored_world()
    accept_all(found, edited=True)
    found.score()
    assert {row.scorer_version for row in of_labels(found).values()} == {"detection-1"}


def test_another_model_speaks_of_labels_that_the_first_one_made() -> None:
    found = make_scored_world()
    wrong = found.wrong["wrong_class"]
    truth = make_truth(found)
    accept_all(found)
    run = found.score(model=str(found.model.id))
    assert run.result is not None
    assert any("referee 1 speaks" in warning for warning in run.result["warnings"])
    rows = of_labels(found)
    assert {row.scorer_version for row in rows.values()} == {"detection-1"}
    assert {row.model for row in rows.values()} == {truth}
    assert all("referee 1" in row.evidence for row in rows.values())
    assert "made this label" in rows[wrong[0]].evidence
    ordered = sorted(rows.values(), key=lambda row: -row.value)
    found_out = {row.subject for row in ordered[: len(wrong) + 4]}
    assert set(wrong) <= found_out
    assert rescore(database_now()) == 0


def make_truth(found: Scored) -> PredictionModel:
    """A second model that sees what the first one sees, under another name."""
    model = predict(found, found.tasks, name="referee", out_of_sample=True)
    model.predictions.all().delete()
    for row in found.model.predictions.all():
        row.id, row.model = new_id(), model
        row.save(force_insert=True)
    return model


def test_what_a_model_was_trained_on_it_is_not_heard_of() -> None:
    found = make_scored_world()
    world = found.world
    snapshot = Snapshot.objects.create(project=world.project, name="May", created_at=database_now())
    seen, unseen = found.tasks[:6], found.tasks[6:]
    SnapshotEntry.objects.bulk_create(
        SnapshotEntry(
            snapshot=snapshot, data_unit_id=task.data_unit_id, label_set_id=task.label_set_id, revision=1, label_count=1
        )
        for task in seen
    )
    found.model.trained_on = str(snapshot.id)
    found.model.save()
    found.score()
    rows = of_labels(found)
    assert {row.scorer_version for row in rows.values() if row.task_id in {task.id for task in seen}} == {"unaided-1"}
    assert {row.scorer_version for row in rows.values() if row.task_id in {task.id for task in unseen}} == {
        "detection-1"
    }
    run = ScoreRun.objects.get(project=world.project)
    assert any("trained on 6 of these images" in warning for warning in run.warnings)


def test_what_looks_memorised_is_warned_about() -> None:
    found = make_scored_world(errors=False)
    found.model.out_of_sample = None
    found.model.save()
    found.model.predictions.update(confidence=0.999)
    found.score()
    run = ScoreRun.objects.get(project=found.world.project)
    assert any("seems to have seen them" in warning for warning in run.warnings)
    assert run.counts["labels"] == 24 * 6


def test_without_predictions_labels_are_told_by_what_is_usual() -> None:
    found = make_scored_world()
    found.model.delete()
    job = found.score()
    assert job.result is not None
    assert job.result["model"] is None
    assert job.result["missing"] == 0
    assert set(of_labels(found)) >= set(found.wrong["wrong_class"])
    assert {row.scorer_version for row in of_labels(found).values()} == {"unaided-1"}
