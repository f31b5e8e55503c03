"""What models say of classifications, checklists and attributes, and what neighbours say, becomes evidence."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import numpy as np
import pytest

from apps.common.clock import database_now
from apps.common.ids import new_id
from apps.inference.operations import prediction_model, save_predictions
from apps.labels.models import Label
from apps.quality.descriptors.layout import METHOD, WIDTH
from apps.quality.logic.sentences import sentence
from apps.quality.models import CropVector, Score, SubjectType
from apps.quality.operations.indexing import build_index
from apps.tasks.operations.labeling import LabelChanges
from tests.factories.quality_scores import Scored, label_of, make_scored_world
from tests.factories.tasks import World, make_world

pytestmark = pytest.mark.django_db

QUESTIONS: dict[str, Any] = {
    "objects": [
        {
            "name": "RBC",
            "shape": "bounding_box",
            "attributes": [{"name": "stain", "type": "radio", "options": [{"value": "pale"}, {"value": "dark"}]}],
        },
    ],
    "classifications": [
        {"name": "focus", "type": "radio", "options": [{"value": "sharp"}, {"value": "blurred"}]},
        {"name": "flags", "type": "checklist", "options": [{"value": "cut"}, {"value": "glare"}, {"value": "dust"}]},
    ],
}
BOX = {"x": 30.0, "y": 30.0, "width": 40.0, "height": 40.0}


def answer(name: str, said: Any) -> dict[str, Any]:
    return {"id": str(new_id()), "class": name, "shape": "classification", "geometry": None, "attributes": {name: said}}


def object_of(stain: str) -> dict[str, Any]:
    return label_of("RBC", BOX) | {"attributes": {"stain": stain}}


def asked_world(tasks: int = 40) -> tuple[World, dict[str, UUID]]:
    """Every label is right but one of each: a focus, a flag and a stain."""
    world = make_world(tasks=tasks, ontology=QUESTIONS)
    model = prediction_model(project=world.project, name="judge", out_of_sample=True)
    rng, items, wrong = np.random.default_rng(3), [], {}
    for number in range(tasks):
        task = world.must_claim("ann").task
        focus, flags = ("sharp", "blurred")[number % 2], [["cut"], ["glare"], ["cut", "glare"]][number % 3]
        stain = ("pale", "dark")[number % 2]
        given = {"focus": answer("focus", focus), "flags": answer("flags", flags), "stain": object_of(stain)}
        said = [
            answer("focus", focus) | {"id": str(new_id()), "confidence": float(rng.uniform(0.8, 0.98))},
            answer("flags", flags) | {"id": str(new_id()), "confidence": float(rng.uniform(0.8, 0.98))},
            object_of(stain) | {"id": str(new_id()), "confidence": float(rng.uniform(0.8, 0.98))},
        ]
        if number == 10:
            given["focus"] = answer("focus", "blurred" if focus == "sharp" else "sharp")
            given["flags"] = answer("flags", ["dust", *flags])
            given["stain"] = object_of("dark" if stain == "pale" else "pale")
            wrong = {key: UUID(value["id"]) for key, value in given.items()}
        world.step("ann", task, "submit", changes=LabelChanges(upsert=list(given.values())))
        items.append({"data_unit": str(task.data_unit_id), "labels": said})
    saved = save_predictions(model=model, project=world.project, items=items, now=database_now())
    assert all(item.error is None for item in saved), [item.error for item in saved if item.error]
    return world, wrong


def test_answers_and_attributes_that_a_model_denies() -> None:
    world, wrong = asked_world()
    Scored(world, None).score()  # type: ignore[arg-type]
    rows = {row.subject: row for row in Score.objects.filter(metric="mistakenness", subject_type=SubjectType.LABEL)}
    assert len(rows) == 3 * 40
    for name, kind in (("focus", "wrong_class"), ("flags", "wrong_attribute"), ("stain", "wrong_attribute")):
        row = rows[wrong[name]]
        alike = [other.value for other in rows.values() if other.class_id == row.class_id]
        assert row.value == max(alike), name
        assert row.kind == kind, name
    assert "the label says" in rows[wrong["focus"]].evidence
    assert "does not expect dust" in rows[wrong["flags"]].evidence
    assert "with another stain" in rows[wrong["stain"]].evidence
    assert Score.objects.filter(metric="hardness", subject=wrong["focus"]).exists()


def test_neighbours_raise_what_they_deny_and_are_told() -> None:
    found = make_scored_world()
    found.score()
    label = found.wrong["wrong_class"][0]
    before = Score.objects.get(subject=label, metric="mistakenness")
    describe(found, {label: true_class(found, label)})
    found.score()
    after = Score.objects.get(subject=label, metric="mistakenness")
    assert after.value > before.value
    assert "nearest crops are" in after.evidence
    assert len(after.detail["near"]) == 10
    assert {one["class"] for one in after.detail["near"]} != {after.class_id}


def true_class(found: Scored, label: UUID) -> str:
    """What the model says of the label's object."""
    model = Score.objects.get(subject=label, metric="mistakenness").detail["model"]
    return str(model["class"])


def describe(found: Scored, truth: dict[UUID, str]) -> None:
    """Crops of one class look alike; ``truth`` is what those labels show that are called something else."""
    rng = np.random.default_rng(1)
    tasks = {found.world.fresh(task).label_set_id: task for task in found.tasks}
    centres: dict[str, Any] = {}
    for label in Label.objects.filter(label_set__in=tasks):
        class_id = truth.get(label.label_id, label.class_id)
        centre = centres.setdefault(class_id, rng.normal(size=WIDTH))
        vector = centre + rng.normal(0, 0.2, WIDTH)
        vector /= np.linalg.norm(vector)
        CropVector.objects.create(
            project=found.world.project,
            task=tasks[label.label_set_id],
            label=label.label_id,
            method=METHOD,
            digest="",
            vector=vector.astype("<f2").tobytes(),
        )
    build_index(found.world.project.id, "crop")


@pytest.mark.parametrize(
    ("kind", "hints", "said"),
    [
        (
            "wrong_class",
            {
                "model": {"class": "w", "confidence": 0.97},
                "iou": 0.91,
                "near": [{"class": "w"}] * 9 + [{"class": "r"}],
            },
            "YOLO v2 sees WBC at 0.97 (overlap 0.91); the label says RBC; 9 of the 10 nearest crops are WBC.",
        ),
        ("missing", {"model": {"class": "w", "confidence": 0.9}}, "YOLO v2 sees WBC at 0.90 where nothing is labeled."),
        ("spurious", {"unseen": True}, "YOLO v2 sees nothing here."),
        ("", {"alone": True}, "nothing speaks against it."),
        (
            "",
            {"alone": True, "own": True},
            "A model made this label, so that model's agreement does not count; nothing speaks against it.",
        ),
        ("badly_located", {"alone": True, "odd": 1.0}, "its size or shape is unusual for RBC."),
    ],
)
def test_sentences(kind: str, hints: dict[str, Any], said: str) -> None:
    names = {"w": "WBC", "r": "RBC"}
    assert sentence(kind, "r", hints, names.__getitem__, "YOLO v2") == said


def test_names_with_braces_are_only_names() -> None:
    hints = {"model": {"class": "w", "confidence": 0.5}}
    assert "{label}" in sentence("duplicate", "w", hints, lambda _: "{label}", "{0}")
