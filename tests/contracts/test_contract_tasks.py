"""API.md, "Project, queue, task", "Own work" and "Who may do what", line by line from outside."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.contracts.outside import Project, Site, box, make_site, refused, reviewed, stage, way

pytestmark = pytest.mark.django_db


@pytest.fixture
def site() -> Site:
    return make_site()


def me(site: Site, name: str) -> str:
    return str(site.people[name].get("/me/").json["id"])


def test_the_queue_counts_and_orders(site: Site) -> None:
    project = site.project(units=4)
    rows = site.ann.get(f"{project.path}/stages/").json
    assert [(row["id"], row["waiting"], row["claimed"]) for row in rows["stages"]] == [
        ("annotate", 4, 0), ("review", 0, 0), ("expert", 0, 0), ("done", 0, 0),
    ]  # fmt: skip
    assert (rows["complete"], rows["archived"]) == (0, 0)
    last = project.tasks("&ordering=created_at")[-1]["id"]
    assert site.mia.step(last, "priority", priority=90).json["priority"] == 90
    for bad in (-1, 101, "x", 1.5, None, True):
        refused(site.mia.step(last, "priority", priority=bad), 400, "/priority")
    first = project.claim("ann").json
    assert (first["id"], first["status"], first.get("resumed")) == (last, "claimed", False)
    assert set(first["data_unit"]) == {"id", "name", "width", "height", "media_url", "thumbnail_url"}
    assert not {"route_reason", "metrics"} & set(first)
    again = project.claim("ann").json
    assert (again["id"], again["resumed"], again["claim"]["token"]) == (last, True, first["claim"]["token"])
    other = project.claim("ann", worker="second").json
    assert other["id"] != last
    assert project.claim("ann", worker="second").json["id"] == other["id"]
    assert {row["id"] for row in project.tasks(f"&assignee={me(site, 'ann')}")} == {last, other["id"]}
    assert (project.stages()["annotate"]["waiting"], project.stages()["annotate"]["claimed"]) == (2, 2)


def test_who_may_claim_where(site: Site) -> None:
    roles = {"ann": ["annotator"], "rex": ["reviewer"], "eve": ["expert"], "bob": ["viewer"]}
    project = site.project(roles=roles)
    may = {"ann": ("annotate",), "rex": ("review",), "eve": ("review", "expert"), "bob": (), "mia": ()}
    for person, allowed in may.items():
        for where in ("annotate", "review", "expert"):
            answer = project.claim(person, where)
            assert answer.status in ((200, 204) if where in allowed else (403,)), (person, where)
    refused(project.claim("ann", "nowhere"), 404)
    assert "allowed" in refused(project.claim("ann", "done"), 409).json


def test_the_wrong_person_is_403_and_the_wrong_state_409(site: Site) -> None:
    project = site.project()
    task = project.submitted("ann", box()).json["id"]
    for verb in ("submit", "skip"):
        assert "allowed" in refused(site.ann.step(task, verb), 409).json
    for verb in ("approve", "reject", "escalate"):
        for person in ("ann", "mia"):
            refused(site.people[person].step(task, verb), 403)
        refused(site.bob.step(task, verb), 404)
        assert "allowed" in refused(site.rex.step(task, verb), 409).json
    for person in ("ann", "mia"):
        word = {"label": None, "verdict": "rejected", "kind": "missing"}
        refused(site.people[person].post(f"/tasks/{task}/reviews/", word), 403)
    assert project.task("rex", "review") == task
    refused(site.eve.step(task, "approve"), 403)
    assert "allowed" in refused(site.rex.step(task, "submit"), 409).json
    assert "allowed" in refused(site.rex.step(task, "proceed", outcome="x"), 409).json


def test_a_stale_token_keeps_a_draft_and_changes_nothing(site: Site) -> None:
    project = site.project()
    claimed = project.claim("ann").json
    task, token = claimed["id"], claimed["claim"]["token"]
    assert site.mia.step(task, "release").json["status"] == "waiting"
    late = {"upsert": [box()], "delete": [], "base_revision": 0}
    refused(site.ann.step(task, "submit", claim_token=token, labels=late), 409)
    drafts = site.ann.get(f"/tasks/{task}/drafts/").json["results"]
    assert [draft["labels"]["upsert"] for draft in drafts] == [late["upsert"]]
    assert site.mia.get(f"/tasks/{task}/labels/").json == {"revision": 0, "labels": []}


def test_labels_are_the_holders_to_write(site: Site) -> None:
    project = site.project()
    task = project.task("ann")
    assert site.ann.save(task, box()).status == 200
    refused(site.mia.save(task, box()), 409)
    refused(site.bob.call("PATCH", f"/tasks/{task}/labels/", {"upsert": []}, if_match='"x"'), 404)
    assert site.mia.get(f"/tasks/{task}/labels/").json["revision"] == 1


def test_pointers_begin_at_the_bodys_root(site: Site) -> None:
    task = site.project().task("ann")
    wrong = {"upsert": [{**box(), "shape": "polygon"}], "base_revision": 0}
    refused(site.ann.step(task, "submit", labels=wrong), 400, "/labels/upsert/0/shape")
    refused(site.ann.step(task, "submit"), 400, "/verified_empty")
    assert site.ann.get(f"/tasks/{task}/labels/").json["revision"] == 0


def test_rejected_work_is_reserved_until_its_person_leaves(site: Site) -> None:
    project = site.project(units=1)
    task = project.submitted("ann", box()).json["id"]
    assert project.task("rex", "review") == task
    back = site.rex.step(task, "reject", comment="no").json
    assert (back["stage"], back["status"], back["round"]) == ("annotate", "waiting", 2)
    assert project.claim("bob").status == 204
    assert any(entry["task"] == task for entry in site.ann.get("/my/inbox/").json["results"])
    path = f"{project.path}/collaborators"
    assert site.mia.call("DELETE", f"{path}/ann@demo.test/").status == 204
    refused(site.mia.call("DELETE", f"{path}/{uuid4()}/"), 404)
    assert project.claim("bob").json["id"] == task


def test_approval_over_a_rejected_label_is_refused_by_name(site: Site) -> None:
    project = site.project(units=1)
    label = box()
    task = project.submitted("ann", label, box(90)).json["id"]
    project.task("rex", "review")
    word = {"label": label["id"], "verdict": "rejected", "kind": "badly_located", "reason": "cut", "elapsed_ms": 900}
    assert site.rex.post(f"/tasks/{task}/reviews/", word).status == 201
    assert label["id"] in refused(site.rex.step(task, "approve"), 409).text
    assert site.rex.post(f"/tasks/{task}/reviews/", {"label": label["id"], "verdict": "approved"}).status == 201
    assert site.rex.step(task, "approve").json["status"] == "complete"
    found = site.mia.get(f"/tasks/{task}/reviews/").json["results"]
    assert [row["label"] for row in found if row["implicit"]] == [
        row["id"] for row in site.mia.get(f"/tasks/{task}/labels/").json["labels"] if row["id"] != label["id"]
    ]


def test_escalate_recall_expert_reopen_and_move(site: Site) -> None:
    project = site.project(units=1)
    task = project.submitted("ann", box()).json["id"]
    assert site.ann.step(task, "recall").json["stage"] == "annotate"
    assert project.task("ann") == task
    assert site.ann.step(task, "submit").json["stage"] == "review"
    project.task("rex", "review")
    refused(site.ann.step(task, "recall"), 409)
    assert site.rex.step(task, "escalate", reason="hard").json["stage"] == "expert"
    shown = project.claim("eve", "expert").json
    assert shown["route_reason"]["reason"] == "hard"
    assert site.eve.save(task, box(90)).status == 200
    assert site.eve.step(task, "approve").json["status"] == "complete"
    rows = site.mia.get(f"/tasks/{task}/history/").json["results"]
    assert [row["sequence"] for row in rows] == list(range(1, len(rows) + 1))
    wanted = {"sequence", "action", "actor", "stage", "from_stage", "to_stage", "outcome", "reason", "at"}
    assert wanted | {"label_revision", "workflow_version"} <= set(rows[0])
    assert site.mia.step(task, "reopen", stage="annotate").json["stage"] == "annotate"
    refused(site.mia.step(task, "reopen", stage="annotate"), 409)
    assert site.mia.step(task, "move", stage="expert").json["stage"] == "expert"
    refused(site.mia.step(task, "move", stage="nowhere"), 400, "/stage")
    refused(site.eve.step(task, "move", stage="review"), 403)


def test_unwired_ways_out(site: Site) -> None:
    project = site.project(reviewed(escalated=False, skipped="expert"), units=2)
    assert site.ann.step(project.task("ann"), "skip", reason="dark").json["stage"] == "expert"
    task = project.submitted("ann", box()).json["id"]
    assert "escalate" not in project.claim("rex", "review").json["allowed_actions"]
    assert "allowed" in refused(site.rex.step(task, "escalate", reason="x"), 409).json
    plain = site.project(units=1)
    skipped = site.ann.step(plain.task("ann"), "skip", reason="dark").json
    assert (skipped["stage"], skipped["status"], plain.claim("ann").status) == ("annotate", "waiting", 204)
    assert site.mia.get(f"/tasks/{skipped['id']}/history/").json["results"][-1]["reason"] == "dark"
    assert plain.claim("bob").json["id"] == skipped["id"]


def test_nobody_reviews_their_own_work(site: Site) -> None:
    both = ["annotator", "reviewer"]
    project = site.project(units=1, roles={"ann": both, "bob": both})
    task = project.task("ann")
    site.ann.save(task, box())
    site.ann.step(task, "release")
    assert project.task("bob") == task
    assert site.bob.step(task, "submit").status == 200
    assert project.claim("ann", "review").status == 204
    assert project.claim("bob", "review").status == 204
    assert project.stages()["review"]["nobody_eligible"] == 1
    open_to_all = site.project(reviewed(four_eyes=False), units=1, roles={"ann": both})
    mine = open_to_all.submitted("ann", box()).json["id"]
    assert open_to_all.task("ann", "review") == mine


def test_an_annotator_sees_an_allow_list(site: Site) -> None:
    project = site.project(units=3)
    task = project.task("ann")
    others = [row["id"] for row in project.tasks() if row["id"] != task]
    queries = ("", "&ordering=-priority", "&status=waiting", "&stage=review", f"&assignee={me(site, 'bob')}")
    for query in queries:
        found = site.ann.get(f"{project.path}/tasks/?limit=50{query}")
        assert {row["id"] for row in (found.json.get("results") or [])} <= {task}
    missing = site.ann.get(f"/tasks/{uuid4()}/")
    for other in others:
        for part in ("", "labels/", "history/", "reviews/", "issues/"):
            answer = site.ann.get(f"/tasks/{other}/{part}")
            assert (answer.status, answer.text) == (404, missing.text)
    assert "probability" not in site.ann.get(f"/tasks/{task}/history/").text
    refused(site.ann.get(f"{project.path}/selections/"), 403)
    refused(site.ann.post(f"{project.path}/exports/", {"format": "coco"}), 403)


def test_a_manager_makes_no_admin(site: Site) -> None:
    project = site.project(roles={"eve": ["manager"], "ann": ["annotator"]})
    path = f"{project.path}/collaborators/"
    refused(site.eve.post(path, {"email": "bob@demo.test", "roles": ["admin"]}), 403)
    assert site.eve.post(path, {"email": "bob@demo.test", "roles": ["reviewer", "annotator"]}).status == 201
    refused(site.ann.post(path, {"email": "bob@demo.test", "roles": ["viewer"]}), 403)
    changed = site.eve.call("PATCH", f"{path}bob@demo.test/", {"roles": ["viewer"]})
    assert (changed.status, changed.json["roles"]) == (200, ["viewer"])


def test_bulk_answers_item_by_item(site: Site) -> None:
    project = site.project(units=3)
    ids = [row["id"] for row in project.tasks()]
    path = f"{project.path}/tasks/bulk/"
    body: dict[str, Any] = {"action": "priority", "tasks": [ids[0], str(uuid4()), ids[1]], "priority": 77}
    dry = site.mia.post(path, body | {"dry_run": True}).json["results"]
    assert len(dry) == 3
    assert site.mia.get(f"/tasks/{ids[0]}/").json["priority"] != 77
    rows = site.mia.post(path, body).json["results"]
    assert [row["id"] for row in rows] == body["tasks"]
    assert ["error" in row for row in rows] == [False, True, False]
    assert site.mia.get(f"/tasks/{ids[1]}/").json["priority"] == 77
    refused(site.mia.post(path, {"action": "priority", "tasks": ids}), 400, "/priority")
    refused(site.mia.post(path, {"action": "priority", "priority": 3}), 400)
    refused(site.ann.post(path, body), 403)
    started = site.mia.post(path, {"action": "move", "filter": {"stage": "annotate"}, "stage": "review"})
    assert site.job(started.headers["Location"])["state"] == "succeeded"
    assert project.stages()["review"]["waiting"] == 3


def test_a_live_workflow_changes_by_plan(site: Site) -> None:
    project = site.project(units=3)
    path = f"{project.path}/workflow/"
    held = project.task("ann")
    checked = reviewed()
    checked["stages"].insert(1, stage("check", "review"))
    checked["pathways"][0] = way("annotate", "submitted", "check")
    checked["pathways"] += [way("check", "approved", "review"), way("check", "rejected", "annotate")]
    refused(site.mia.call("PUT", path, {"graph": checked}), 428)
    refused(site.mia.call("PUT", path, {"graph": checked}, if_match='"old"'), 412)
    publish(project, checked)
    assert site.ann.step(held, "submit", verified_empty=True).json["stage"] == "review"
    assert project.submitted("ann").json["stage"] == "check"
    plan = site.mia.call("PUT", f"{path}?dry_run=true", {"graph": reviewed()}).json["stages"]
    assert {name: plan["check"][name] for name in ("keep", "move", "blocked")} == {"keep": 0, "move": 0, "blocked": 1}
    etag = site.mia.get(path).headers["ETag"]
    refused(site.mia.call("PUT", path, {"graph": reviewed()}, if_match=etag), 409)
    publish(project, reviewed(), mapping={"check": "review"})
    assert project.stages()["review"]["waiting"] == 2


def publish(project: Project, graph: dict[str, Any], **more: Any) -> None:
    path = f"{project.path}/workflow/"
    etag = project.site.mia.get(path).headers["ETag"]
    done = project.site.mia.call("PUT", path, {"graph": graph, **more}, if_match=f"W/{etag}")
    assert done.status in (200, 202), done
    if "Location" in done.headers:
        assert project.site.job(done.headers["Location"])["state"] == "succeeded"


def test_a_number_that_no_column_holds_is_refused_by_pointer(site: Site) -> None:
    task = site.project(units=1).claim("ann").json["id"]
    for name in ("claim_token", "base_revision"):
        refused(site.ann.step(task, "submit", **{name: 2**40}), 400, f"/{name}")
    assert site.ann.get(f"/tasks/{task}/").json["status"] == "claimed"
