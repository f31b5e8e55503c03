"""Curation over REST: asked for as a job, its groups read page by page, what is alike found."""

from __future__ import annotations

from uuid import uuid4

import pytest

from apps.jobs.models import Job
from tests.factories.jobs import run_all_jobs
from tests.factories.people import Caller, make_key
from tests.factories.quality_curation import copies, curate_now, encoded, make_curated, picture, put_boxes
from tests.factories.tasks import World, make_world

pytestmark = pytest.mark.django_db


def caller(world: World, name: str = "mia") -> Caller:
    return Caller(make_key(world.people[name]))


def test_groups_are_read_by_page_with_class_names() -> None:
    files = {"one": encoded(picture(1)), "one again": copies(picture(1))["re-encoded"]}
    files |= {"two": encoded(picture(2)), "two turned": copies(picture(2))["flipped"], "alone": encoded(picture(3))}
    world, tasks = make_curated(files)
    put_boxes(world, tasks["one"], ("RBC", 20, 30, 60, 50))
    put_boxes(world, tasks["one again"], ("WBC", 20, 30, 60, 50))
    mia, path = caller(world), f"/projects/{world.project.id}/quality"
    assert mia.post(f"{path}/curate/").status_code == 202
    assert mia.post(f"{path}/curate/").json()["code"] == "under_way"
    run_all_jobs()
    first = mia.get(f"{path}/duplicates/?limit=1").json()
    second = mia.get(first["next"].partition("/api/v1")[2]).json()
    groups = first["results"] + second["results"]
    assert second["next"] is None
    by_name = {member["name"]: (group, member) for group in groups for member in group["members"]}
    assert set(by_name) == {"one", "one again", "two", "two turned"}
    assert [group["size"] for group in groups] == [2, 2]
    assert by_name["two"][1]["relation"] + by_name["two turned"][1]["relation"] == "flipped"
    assert by_name["one"][0]["conflicts"] == 1
    (said,) = by_name["one"][1]["conflicts"]
    assert (said["kind"], said["class"], said["other_class"]) == ("class", "RBC", "WBC")
    assert [member["keep"] for member in groups[0]["members"]] == [True, False]
    assert by_name["one"][1]["thumbnail_url"].startswith("/media/")


def test_what_is_alike_is_found_for_images_and_labels() -> None:
    files = {"one": encoded(picture(1)), "copy": encoded(picture(1), 50), "two": encoded(picture(2))}
    world, tasks = make_curated(files)
    (label,) = put_boxes(world, tasks["one"], ("RBC", 20, 30, 60, 50))
    (same,) = put_boxes(world, tasks["copy"], ("WBC", 20, 30, 60, 50))
    put_boxes(world, tasks["two"], ("RBC", 120, 30, 60, 50))
    mia, path = caller(world), f"/projects/{world.project.id}/quality/similar/"
    unit = tasks["one"].data_unit_id
    assert mia.get(f"{path}?data_unit={unit}").json()["code"] == "not_described"
    curate_now(world)
    found = mia.get(f"{path}?data_unit={unit}").json()["results"]
    assert [one["name"] for one in found] == ["copy", "two"]
    assert found[0]["distance"] < 0.02 < found[1]["distance"]
    found = mia.get(f"{path}?task={tasks['one'].id}&label={label}&k=1").json()["results"]
    assert [(one["label"], one["class"], one["task"]) for one in found] == [(str(same), "WBC", str(tasks["copy"].id))]


def test_bad_questions_are_refused_and_other_projects_unknown() -> None:
    world, tasks = make_curated({"one": encoded(picture(1))})
    other = make_world(tasks=1)
    mia, path = caller(world), f"/projects/{world.project.id}/quality/similar/"
    unit = tasks["one"].data_unit_id
    for query in (
        "",
        f"?data_unit={unit}&task={tasks['one'].id}",
        f"?task={tasks['one'].id}",
        f"?data_unit={unit}&k=51",
    ):
        assert mia.get(path + query).status_code == 400, query
    assert mia.get(f"{path}?data_unit={uuid4()}").status_code == 404
    theirs = caller(other)
    assert theirs.get(f"{path}?data_unit={unit}").status_code == 404
    mine = f"/projects/{other.project.id}/quality/similar/"
    assert theirs.get(f"{mine}?data_unit={unit}").status_code == 404
    assert theirs.get(f"{mine}?task={tasks['one'].id}&label={uuid4()}").status_code == 404
    for name in ("ann", "rex", "eve", "val"):
        assert caller(world, name).post(f"/projects/{world.project.id}/quality/curate/").status_code == 403
    assert not Job.objects.filter(kind="quality.curate").exists()
