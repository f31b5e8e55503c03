"""Scores follow labels and predictions: by a chore, only where something has changed, and never of an old revision."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from apps.common.clock import database_now
from apps.labels.models import Label, Revision
from apps.quality.models import Score, SubjectType, SweepMark
from apps.quality.operations.scoring import changing, writing
from apps.quality.operations.scoring.changing import rescore, score_task
from apps.quality.operations.scoring.fitted import Fitted, fetch
from apps.quality.operations.scoring.project import judge_of
from apps.quality.queries.score_runs import latest_run
from apps.tasks.operations.labeling import LabelChanges, save_task_labels
from tests.factories.quality_scores import Scored, label_of, make_scored_world, predict

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def scored() -> Scored:
    """Scored, and the chore has seen everything that is there."""
    found = make_scored_world(tasks=9)
    found.score()
    rescore(database_now())
    return found


def edit(found: Scored, number: int = 1, kind: str = "Platelets") -> UUID:
    """The task goes back to its annotator, who calls its first label otherwise."""
    world, task = found.world, found.tasks[number]
    locked = world.must_claim("rex", "review")
    while locked.task.id != task.id:
        world.step("rex", locked.task, "approve")
        locked = world.must_claim("rex", "review")
    world.step("rex", task, "reject", reason="Look again.")
    world.must_claim("ann")
    label = Label.objects.filter(label_set=world.fresh(task).label_set).order_by("id")[0]
    changed = label_of(kind, label.geometry or {}) | {"id": str(label.label_id)}
    save_task_labels(
        task_id=task.id, user=world.people["ann"], changes=LabelChanges(upsert=[changed]), claim_token=None
    )
    return label.label_id


def mistakenness(subject: UUID) -> Score:
    return Score.objects.get(subject=subject, metric="mistakenness")


def test_a_save_is_scored_at_its_revision(scored: Scored) -> None:
    label = edit(scored)
    before = mistakenness(label)
    assert rescore(database_now()) == 1
    after = mistakenness(label)
    assert after.value > before.value
    assert after.label_revision == before.label_revision + 1
    assert after.kind == "wrong_class"
    assert after.input_digest != before.input_digest
    assert mistakenness(scored.tasks[1].id).label_revision == after.label_revision
    assert rescore(database_now()) == 0


def test_scores_of_deleted_labels_are_gone(scored: Scored) -> None:
    label = edit(scored)
    task = scored.tasks[1]
    assert Score.objects.filter(subject=label).exists()
    save_task_labels(
        task_id=task.id, user=scored.world.people["ann"], changes=LabelChanges(delete=[label]), claim_token=None
    )
    rescore(database_now())
    assert not Score.objects.filter(subject=label).exists()
    assert Score.objects.filter(task=task, subject_type=SubjectType.PREDICTION).exists()


def test_a_revision_that_is_committed_late_is_not_lost(scored: Scored) -> None:
    label = edit(scored)
    newest = Revision.objects.order_by("-id").values_list("id", flat=True).first()
    mark = SweepMark.objects.get(name=changing.MARK)
    mark.position |= {"revisions": newest}
    mark.save()
    assert rescore(database_now()) == 1
    assert mistakenness(label).kind == "wrong_class"


def test_old_rows_are_seen_once(scored: Scored) -> None:
    edit(scored)
    later = database_now() + 2 * changing.LOOK_BACK
    rescore(database_now())
    rescore(later)
    position = SweepMark.objects.get(name=changing.MARK).position
    assert position["revisions settled"] == position["revisions"]
    assert position["revisions"] == Revision.objects.order_by("-id").values_list("id", flat=True)[0]


def test_new_predictions_score_their_tasks_again(scored: Scored) -> None:
    task = scored.tasks[0]
    wrong = scored.wrong["wrong_class"][0]
    before = mistakenness(wrong)
    predict(scored, [task], name="detector", out_of_sample=True)
    assert rescore(database_now()) == 1
    after = mistakenness(wrong)
    assert after.value < before.value
    assert after.label_revision == before.label_revision


def test_one_project_that_fails_stops_no_other(scored: Scored, monkeypatch: pytest.MonkeyPatch) -> None:
    other = make_scored_world(tasks=6)
    other.score()
    rescore(database_now())
    edit(scored)
    label = edit(other)
    whole = changing.score_tasks

    def broken(project_id: UUID, tasks: Any, now: Any) -> int:
        if project_id == scored.world.project.id:
            raise OSError("the file is gone")
        return whole(project_id, tasks, now)

    monkeypatch.setattr(changing, "score_tasks", broken)
    assert rescore(database_now()) == 1
    assert mistakenness(label).kind == "wrong_class"


def test_what_was_read_before_a_save_is_not_written_after_it(scored: Scored) -> None:
    project, task = scored.world.project, scored.tasks[1]
    run = latest_run(project.id)
    assert run is not None
    judge = judge_of(project, fetch(run.state_key), run.model)
    units = judge.read([scored.world.fresh(task)])
    label = edit(scored)
    rescore(database_now())
    value = mistakenness(label).value
    now = database_now() + timedelta(seconds=1)
    assert writing.keep_scores(units, judge.scores(units, now), now) == 0
    assert mistakenness(label).value == value


def test_projects_that_were_never_scored_are_left_alone() -> None:
    found = make_scored_world(tasks=4)
    rescore(database_now())
    edit(found)
    assert rescore(database_now()) == 0
    assert score_task(task_id=found.tasks[0].id, now=database_now()) == {}
    assert not Score.objects.exists()


def test_what_was_learned_is_kept_whole(scored: Scored) -> None:
    run = latest_run(scored.world.project.id)
    assert run is not None
    kept = Fitted.of(fetch(run.state_key).arrays())
    kept.second, kept.second_model = fetch(run.state_key), "7"
    again = Fitted.of(kept.arrays())
    assert again.classes == kept.classes
    assert again.second_model == "7"
    assert again.second is not None
    assert again.second.objects is not None
    assert set(again.arrays()) == set(kept.arrays())
