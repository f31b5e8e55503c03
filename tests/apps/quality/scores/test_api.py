"""Scores over REST: asking for them, the lists, and who may look."""

from __future__ import annotations

from typing import Any

import pytest

from apps.jobs.models import Job
from apps.jobs.operations import running
from apps.labels.models import Label
from apps.quality.metrics import SCORE
from apps.quality.models import Score, SubjectType
from apps.quality.queries.calibrations import calibrator_for
from tests.factories.people import Caller, make_key
from tests.factories.quality_scores import Scored, make_scored_world
from tests.factories.tasks import World

pytestmark = pytest.mark.django_db


def caller(world: World, name: str = "mia") -> Caller:
    return Caller(make_key(world.people[name]))


def quality(found: Scored, rest: str = "") -> str:
    return f"/projects/{found.world.project.id}/quality/{rest}"


@pytest.fixture
def scored() -> Scored:
    found = make_scored_world(tasks=12)
    found.score()
    return found


def results(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.content
    rows: list[dict[str, Any]] = answer.json()["results"]
    return rows


def test_scoring_is_a_job_and_one_at_a_time() -> None:
    found = make_scored_world(tasks=6)
    mia = caller(found.world)
    answer = mia.post(quality(found, "score/"), {"metrics": ["mistakenness"], "model": "detector"})
    assert answer.status_code == 202, answer.content
    job = Job.objects.get(kind=SCORE)
    assert answer.headers["Location"].endswith(f"/jobs/{job.pk}/")
    again = mia.post(quality(found, "score/"), {"metrics": ["mistakenness"]})
    assert again.status_code == 409
    assert again.json()["job"] == str(job.pk)
    assert Job.objects.filter(kind=SCORE).count() == 1
    running.run(job_id=job.pk, keep_lease=False)
    shown = mia.get(quality(found)).json()
    assert shown["job"] is None
    assert shown["run"]["model"] == "detector 1"
    assert shown["run"]["tasks"] == 6
    assert sum(shown["run"]["label_histogram"]) == shown["run"]["labels"]
    assert sum(shown["run"]["task_histogram"]) == 6
    assert {"name": "mistakenness", "subject_type": "label"} in shown["metrics"]
    assert {one["name"] for one in shown["run"]["by_class"]} <= {"RBC", "WBC", "Platelets"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"metrics": ["mistakenness", "beauty"]}, "unknown_metric"),
        ({"metrics": ["mistakenness"], "model": "nobody"}, "unknown_model"),
        ({"metrics": "mistakenness"}, "not_a_list"),
        ({"metrics": [], "sharpness": 1}, "unknown_field"),
    ],
)
def test_what_cannot_be_computed_is_refused(body: dict[str, Any], code: str) -> None:
    found = make_scored_world(tasks=1)
    answer = caller(found.world).post(quality(found, "score/"), body)
    assert answer.status_code == 400
    assert code in {error["code"] for error in answer.json()["errors"]}
    assert not Job.objects.filter(kind=SCORE).exists()


def test_labels_by_their_probability(scored: Scored) -> None:
    mia = caller(scored.world)
    rows = results(mia.get(quality(scored, "labels/") + "?limit=10"))
    values = [row["value"] for row in rows]
    assert values == sorted(values, reverse=True)
    first = rows[0]
    assert {"label", "prediction", "task", "data_unit", "class", "geometry", "evidence", "kind"} <= first.keys()
    assert (first["atlas_url"], first["calibrated"]) == (None, False)
    assert first["p_error"] == first["value"]
    every = results(mia.get(quality(scored, "labels/") + "?limit=200"))
    assert len(every) == Score.objects.filter(metric="mistakenness").exclude(subject_type=SubjectType.TASK).count()
    missing = results(mia.get(quality(scored, "labels/") + "?kind=missing"))
    assert missing
    assert all(row["label"] is None and row["model_label"]["prediction"] == row["prediction"] for row in missing)
    assert all(row["geometry"] for row in missing)
    up = results(mia.get(quality(scored, "labels/") + "?ordering=value&subject_type=label"))
    assert up[0]["value"] == min(row["value"] for row in every if row["label"])


def test_pages_join_without_loss_or_repeat(scored: Scored) -> None:
    mia, seen = caller(scored.world), []
    address = quality(scored, "labels/") + "?limit=7"
    while address:
        answer = mia.get(address).json()
        seen += [row["id"] for row in answer["results"]]
        address = answer["next"] and answer["next"].split("/api/v1", 1)[1]
    rows = Score.objects.filter(metric="mistakenness").exclude(subject_type=SubjectType.TASK)
    assert len(seen) == len(set(seen)) == rows.count()


def test_filters(scored: Scored) -> None:
    world, mia = scored.world, caller(scored.world)
    base = quality(scored, "labels/")
    assert {row["class"] for row in results(mia.get(base + "?class=WBC"))} == {"WBC"}
    assert {row["kind"] for row in results(mia.get(base + "?kind=wrong_class"))} == {"wrong_class"}
    task = scored.tasks[0]
    assert {row["task"] for row in results(mia.get(base + f"?task={task.id}"))} == {str(task.id)}
    ann, bob = world.people["ann"], world.people["bob"]
    theirs = results(mia.get(base + f"?annotator={ann.id}&limit=200"))
    assert len(theirs) == Label.objects.filter(created_by=ann).count()
    assert results(mia.get(base + f"?annotator={bob.id}")) == []


@pytest.mark.parametrize(
    "query",
    ["metric=beauty", "class=Neutrophil", "kind=ugly", "subject_type=task", "ordering=task", "task=7", "x=1"],
)
def test_unknown_filters_are_refused(scored: Scored, query: str) -> None:
    assert caller(scored.world).get(quality(scored, "labels/") + "?" + query).status_code == 400


def test_tasks_by_metric(scored: Scored) -> None:
    mia = caller(scored.world)
    rows = results(mia.get(quality(scored, "tasks/")))
    assert len(rows) == 12
    assert rows[0]["value"] == max(row["value"] for row in rows)
    assert rows[0]["evidence"]
    ranked = results(mia.get(quality(scored, "tasks/") + "?metric=mistakenness_rank"))
    assert [row["task"] for row in ranked] == [row["task"] for row in rows]
    assert 0.9 <= ranked[0]["value"] <= 1
    expected = results(mia.get(quality(scored, "tasks/") + "?metric=expected_errors&ordering=value"))
    assert expected[0]["value"] <= expected[-1]["value"]


@pytest.mark.parametrize("name", ["ann", "rex", "eve", "val", "bot"])
def test_only_managers_see_quality(scored: Scored, name: str) -> None:
    person = caller(scored.world, name)
    for rest in ("", "labels/", "tasks/"):
        assert person.get(quality(scored, rest)).status_code == 403
    before = Job.objects.count()
    assert person.post(quality(scored, "score/"), {"metrics": ["mistakenness"]}).status_code == 403
    assert Job.objects.count() == before


def test_two_tenants_see_nothing_of_each_other(scored: Scored) -> None:
    other = make_scored_world(tasks=4)
    other.score()
    mia = caller(other.world)
    for rest in ("", "labels/", "tasks/"):
        assert mia.get(quality(scored, rest)).status_code == 404
    assert mia.post(quality(scored, "score/"), {"model": str(other.model.id)}).status_code == 404
    assert mia.get(f"/tasks/{scored.tasks[0].id}/evidence/").status_code == 404
    own = {row["task"] for row in results(mia.get(quality(other, "labels/") + "?limit=200"))}
    assert own <= {str(task.id) for task in other.tasks}
    foreign = mia.post(quality(other, "score/"), {"model": str(scored.model.id)})
    assert foreign.status_code == 400
    assert results(mia.get(quality(other, "labels/") + f"?task={scored.tasks[0].id}")) == []
    assert calibrator_for(other.world.project.id).label.kind == "fixed"
