"""Classifications have neighbours too: the answers to the same question on the images that look most alike."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import numpy as np
import pytest

from apps.common.clock import database_now
from apps.inference.operations import prediction_model, save_predictions
from apps.labels.models import Label
from apps.ontologies.queries import index_for
from apps.quality.descriptors.layout import METHOD, WIDTH
from apps.quality.logic.sentences import sentence
from apps.quality.models import Score, SubjectType, SweepMark, UnitVector
from apps.quality.operations.indexing import build_index
from apps.quality.operations.scoring.changing import score_task
from apps.quality.operations.scoring.fitted import Fitted, fetch
from apps.quality.queries.embedding import use_mark
from apps.quality.queries.score_runs import latest_run
from apps.quality.queries.similar import alike_crops
from apps.tasks.operations.labeling import LabelChanges
from tests.apps.quality.scores.test_kinds import QUESTIONS, answer
from tests.factories.people import Caller, make_key
from tests.factories.quality_scores import score_now
from tests.factories.tasks import World, make_world

pytestmark = pytest.mark.django_db

TASKS = 40
FOCUS = ("sharp", "blurred")
FLAGS = (["cut"], ["glare", "dust"])


def answered_world(*, telling: bool = True) -> tuple[World, dict[str, UUID], dict[UUID, int]]:
    """Images of two looks, each with its own answers; the tenth has the other's. Without ``telling`` looks are those of
    chance. Answers the wrong labels by question, and each task's look."""
    world = make_world(tasks=TASKS, ontology=QUESTIONS)
    rng, wrong, looks = np.random.default_rng(5), {}, {}
    centres = rng.normal(size=(2, WIDTH))
    for number in range(TASKS):
        task = world.must_claim("ann").task
        look = number % 2
        said = 1 - look if number == 10 else look
        given = {"focus": answer("focus", FOCUS[said]), "flags": answer("flags", FLAGS[said])}
        if number == 10:
            wrong = {name: UUID(one["id"]) for name, one in given.items()}
        world.step("ann", task, "submit", changes=LabelChanges(upsert=list(given.values())))
        vector = rng.normal(0, 0.3, WIDTH) + (centres[look] if telling else 0)
        kept = (vector / np.linalg.norm(vector)).astype("<f2").tobytes()
        UnitVector.objects.create(data_unit_id=task.data_unit_id, method=METHOD, vector=kept, at=database_now())
        looks[task.id] = look
    build_index(world.project.id, "unit")
    return world, wrong, looks


def labels() -> dict[UUID, Score]:
    return {row.subject: row for row in Score.objects.filter(metric="mistakenness", subject_type=SubjectType.LABEL)}


def test_an_answer_that_alike_images_deny_is_found_without_any_model() -> None:
    world, wrong, _ = answered_world()
    score_now(world)
    rows = labels()
    assert len(rows) == 2 * TASKS
    index = index_for(world.ontology.id)
    for name, kind in (("focus", "wrong_class"), ("flags", "wrong_attribute")):
        row = rows[wrong[name]]
        others = [one.value for one in rows.values() if one.class_id == row.class_id and one.subject != row.subject]
        assert len(others) == TASKS - 1
        assert row.value > 3 * max(others), name
        assert (row.kind, row.model_id, row.scorer_version) == (kind, None, "unaided-1")
        assert index.class_name(row.class_id) == name
        assert len(row.detail["near"]) == 10
        assert str(row.task_id) not in {one["task"] for one in row.detail["near"]}
    assert rows[wrong["focus"]].evidence == "10 of the 10 most alike images say sharp."
    assert "of the 10 most alike images ha" in rows[wrong["flags"]].evidence
    task = rows[wrong["focus"]].task
    worst = Score.objects.filter(metric="mistakenness", subject_type=SubjectType.TASK).order_by("-value").first()
    assert worst is not None
    assert worst.task_id == task.id
    assert "mistakenness" in score_task(task_id=task.id, now=database_now()), "a router may go by it"


def test_where_alike_images_agree_no_better_than_by_chance_nothing_is_said() -> None:
    world, _, _ = answered_world(telling=False)
    score_now(world)
    assert not labels()
    run = latest_run(world.project.id)
    assert run is not None
    assert fetch(run.state_key).alone == {}


def test_what_was_learned_survives_its_file_and_is_not_used_with_another_methods_vectors() -> None:
    world, wrong, _ = answered_world()
    score_now(world)
    run = latest_run(world.project.id)
    assert run is not None
    fitted = fetch(run.state_key)
    back = Fitted.of(fitted.arrays())
    assert (back.method, set(back.alone), back.options) == (METHOD, set(fitted.alone), fitted.options)
    assert {name.partition(":")[2] != "" for name in back.alone} == {True, False}
    before = labels()[wrong["focus"]].value
    # A label is changed after images have come to be compared by another method: its neighbours are no longer known.
    UnitVector.objects.update(method="sam-1:other")
    SweepMark.objects.create(name=use_mark(world.project.id), position={"method": "sam-1:other", "name": "other"})
    build_index(world.project.id, "unit", method="sam-1:other")
    Score.objects.all().delete()
    task = Label.objects.get(label_id=wrong["focus"]).label_set.tasks.get()
    score_task(task_id=task.id, now=database_now())
    assert wrong["focus"] not in labels()
    score_now(world)
    assert labels()[wrong["focus"]].value == pytest.approx(before, abs=1e-6)


def test_alike_images_add_to_what_a_model_says() -> None:
    world, wrong, looks = answered_world()
    model = prediction_model(project=world.project, name="judge", out_of_sample=True)
    rng = np.random.default_rng(2)
    tasks = {task.id: task for task in world.project.tasks.all()}
    items: list[dict[str, Any]] = []
    for place, (task, look) in enumerate(looks.items()):
        # The model sides with the wrong label, weakly, as it does with many a right one.
        told = 1 - look if place == 10 else look
        labels_said = [answer("focus", FOCUS[told]) | {"confidence": float(rng.uniform(0.55, 0.7))}]
        labels_said += [answer("flags", FLAGS[told]) | {"confidence": float(rng.uniform(0.55, 0.7))}]
        items.append({"data_unit": str(tasks[task].data_unit_id), "labels": labels_said})
    saved = save_predictions(model=model, project=world.project, items=items, now=database_now())
    assert all(item.error is None for item in saved)
    score_now(world)
    rows = labels()
    for name in ("focus", "flags"):
        row = rows[wrong[name]]
        assert row.value == max(one.value for one in rows.values() if one.class_id == row.class_id), name
        assert row.model_id == model.id
        assert "most alike images" in row.evidence


def test_a_page_shows_alike_answers_by_name_and_asks_for_more() -> None:
    world, wrong, looks = answered_world()
    score_now(world)
    rows = labels()
    row = rows[wrong["focus"]]
    mia = Caller(make_key(world.people["mia"]))
    shown = mia.get(f"/tasks/{row.task_id}/evidence/").json()["labels"]
    (one,) = [found for found in shown if found["label"] == str(wrong["focus"])]
    assert {near["class"] for near in one["neighbours"]} == {"sharp"}
    assert set(one["neighbours"][0]) == {"task", "label", "class", "distance", "atlas_url", "x", "y", "size"}
    (ticks,) = [found for found in shown if found["label"] == str(wrong["flags"])]
    assert {near["class"] for near in ticks["neighbours"]} <= {"cut", "glare", "dust", ""}
    found = alike_crops(world.project.id, row.task_id, wrong["focus"], 5)
    assert found is not None
    assert (found.method, len(found.rows)) == (METHOD, 5)
    assert {one.class_id for one in found.rows} == {row.class_id}
    assert {looks[one.task] for one in found.rows} == {looks[row.task_id]}
    assert wrong["focus"] not in {one.label for one in found.rows}


@pytest.mark.parametrize(
    ("hints", "said"),
    [
        ({"answer": "a", "alike": ["b"] * 9 + ["a"]}, "9 of the 10 most alike images say B."),
        ({"answer": "a", "alike": ["a"] * 10}, "nothing speaks against it; 10 of the 10 most alike images agree."),
        ({"answer": "a", "alike": ["a"] * 9 + ["b"]}, "1 of the 10 most alike images says B, 9 agree."),
        ({"option": "a", "ticked": False, "alike": ["a"] * 8 + [""] * 2}, "8 of the 10 most alike images have A."),
        (
            {"option": "a", "ticked": True, "alike": ["a"] * 8 + [""] * 2},
            "nothing speaks against it; 8 of the 10 most alike images have A.",
        ),
    ],
)
def test_sentences_of_alike_images(hints: dict[str, Any], said: str) -> None:
    given = hints | {"alone": True, "alike": [{"answer": one} for one in hints["alike"]]}
    assert sentence("", "q", given, str.upper, "the model") == said
