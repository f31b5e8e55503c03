"""API.md, "Labels" and "In and out", line by line from outside."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pycocotools import mask as coco_mask

from tests.contracts.outside import Form, Project, Site, box, make_site, refused, reviewed

pytestmark = pytest.mark.django_db
BLOB = np.zeros((240, 320), dtype=np.uint8, order="F")
BLOB[10:50, 20:60] = 1
COUNTS = coco_mask.encode(BLOB)["counts"].decode()
SQUARE = [[10, 10], [50, 10], [50, 50], [10, 50]]
SHAPES = {
    "RBC": "bounding_box",
    "rot": "rotatable_bounding_box",
    "poly": "polygon",
    "line": "polyline",
    "point": "keypoint",
    "hand": "skeleton",
    "mask": "bitmask",
}


def points(*rows: tuple[str, float, float, int]) -> dict[str, Any]:
    return {"points": [dict(zip(("name", "x", "y", "visibility"), row, strict=True)) for row in rows]}


GOOD: list[tuple[str, Any]] = [
    ("RBC", {"x": 0, "y": 0, "width": 320, "height": 240}),
    ("RBC", {"x": 1.5, "y": 2.25, "width": 3.125, "height": 4}),
    ("rot", {"cx": 100, "cy": 100, "width": 40, "height": 20, "angle": 30}),
    ("rot", {"cx": 100, "cy": 100, "width": 40, "height": 20, "angle": -90.5}),
    ("poly", {"polygons": [[SQUARE]]}),
    ("poly", {"polygons": [[SQUARE, [[20, 20], [30, 20], [30, 30], [20, 30]]]]}),
    ("poly", {"polygons": [[SQUARE], [[[100, 100], [150, 100], [150, 150]]]]}),
    ("line", {"points": [[1, 1], [2, 2], [300, 200]]}),
    ("point", {"x": 5, "y": 6}),
    ("hand", points(("wrist", 1, 1, 2), ("thumb", 5, 5, 1), ("index", 0, 0, 0))),
    ("mask", {"size": [240, 320], "counts": COUNTS}),
]
BAD: list[tuple[str, Any]] = [
    ("RBC", None),
    ("RBC", [1, 2, 3, 4]),
    ("RBC", {"x": 1, "y": 0, "width": 5}),
    ("RBC", {"x": "1", "y": 0, "width": 5, "height": 3}),
    ("RBC", {"x": True, "y": 0, "width": 5, "height": 3}),
    ("RBC", {"x": -1, "y": 0, "width": 10, "height": 10}),
    ("RBC", {"x": 300, "y": 0, "width": 30, "height": 10}),
    ("RBC", {"x": 1, "y": 0, "width": 0, "height": 10}),
    ("rot", {"cx": 100, "cy": 100, "width": 10, "height": 20}),
    ("rot", {"cx": 1000, "cy": 100, "width": 10, "height": 20, "angle": 0}),
    ("poly", {"polygons": []}),
    ("poly", {"polygons": [[]]}),
    ("poly", {"polygons": [SQUARE]}),
    ("poly", {"polygons": [[[[1, 1], [2, 2]]]]}),
    ("poly", {"polygons": [[[[10, 10], [50, 50], [50, 10], [10, 50]]]]}),
    ("poly", {"polygons": [[SQUARE, [[120, 20], [130, 20], [130, 30]]]]}),
    ("line", {"points": [[1, 1]]}),
    ("line", {"points": [[1, 1], [1000, 2]]}),
    ("point", {"x": 321, "y": 6}),
    ("hand", points(("tail", 1, 1, 2))),
    ("hand", points(("wrist", 1, 1, 3), ("thumb", 5, 5, 1), ("index", 0, 0, 0))),
    ("mask", {"size": [320, 240], "counts": COUNTS}),
    ("mask", {"size": [240, 320], "counts": "zzzz"}),
    ("mask", {"size": [240, 320], "counts": [1, 2]}),
]


@pytest.fixture
def site() -> Site:
    return make_site()


def label(name: str, geometry: Any) -> dict[str, Any]:
    return {"id": str(uuid4()), "class": name, "shape": SHAPES[name], "geometry": geometry, "attributes": {}}


def test_every_geometry_comes_back_as_it_was_sent(site: Site) -> None:
    task = site.project(units=1).task("ann")
    sent = [label(*each) for each in GOOD]
    assert site.ann.save(task, *sent).json["revision"] == 1
    kept = {row["id"]: row["geometry"] for row in site.ann.get(f"/tasks/{task}/labels/").json["labels"]}
    assert kept == {row["id"]: row["geometry"] for row in sent}


def test_every_broken_geometry_is_refused_by_pointer(site: Site) -> None:
    task = site.project(units=1).task("ann")
    for each in BAD:
        problem = refused(site.ann.save(task, box(), label(*each)), 400).json
        assert problem["errors"][0]["pointer"].startswith("/upsert/1/geometry"), (each, problem)
    assert site.ann.get(f"/tasks/{task}/labels/").json == {"revision": 0, "labels": []}


def test_answers_are_held_to_the_ontology(site: Site) -> None:
    task = site.project(units=1).task("ann")
    full = {"overlap": {"value": "partial", "attributes": {"with": "platelet"}}, "flags": ["cut"]}
    saved = site.ann.save(task, box(attributes=full)).json["labels"][0]
    assert saved["attributes"] == full
    assert set(saved["origin"]) == {"kind", "model", "prompts", "edited"}
    assert saved["origin"]["kind"] == "human"
    assert {"created_by", "created_at", "updated_by", "updated_at"} <= set(saved)
    cases: list[tuple[dict[str, Any], str]] = [
        (box(name="nothing"), "/class"),
        (box(id="x"), "/id"),
        (box(bogus=1), "/bogus"),
        (box(attributes={"nothing": 1}), "/attributes/nothing"),
        (box(attributes={"overlap": "nothing"}), "/attributes/overlap"),
        (box(attributes={"flags": ["nothing"]}), "/attributes/flags/0"),
    ]
    for wrong, pointer in cases:
        refused(site.ann.save(task, wrong), 400, f"/upsert/0{pointer}")


def test_the_past_can_be_read_and_compared(site: Site) -> None:
    task = site.project(units=1).task("ann")
    first, second = box(), box(90)
    site.ann.save(task, first)
    site.ann.save(task, {**first, "geometry": {**first["geometry"], "x": 11}}, second)
    site.ann.save(task, delete=[first["id"]])
    path = f"/tasks/{task}/labels/"
    assert [len(site.ann.get(f"{path}?revision={n}").json["labels"]) for n in range(4)] == [0, 1, 2, 1]
    assert site.ann.get(f"{path}?revision=1").json["labels"][0]["geometry"] == first["geometry"]
    changes = site.ann.get(f"{path}diff/?from=1&to=3").json["changes"]
    assert {row["id"]: (bool(row["before"]), bool(row["after"])) for row in changes} == {
        first["id"]: (True, False),
        second["id"]: (False, True),
    }
    refused(site.ann.get(f"{path}?revision=x"), 400)


def test_preconditions_of_a_save(site: Site) -> None:
    task = site.project(units=1).task("ann")
    path = f"/tasks/{task}/labels/"
    etag = site.ann.get(path).headers["ETag"]
    assert etag.startswith('"')
    refused(site.ann.call("PATCH", path, {"upsert": [box()]}), 428)
    refused(site.ann.call("PATCH", path, {"upsert": [box()]}, if_match='"other"'), 412)
    saved = site.ann.call("PATCH", path, {"upsert": [box()]}, if_match=f"W/{etag}")
    assert (saved.status, saved.headers["ETag"]) == (200, site.ann.get(path).headers["ETag"])
    refused(site.ann.call("PATCH", path, {"upsert": [box()]}, if_match=etag), 412)
    assert site.ann.get(path).json["revision"] == 1


def test_a_save_under_an_older_ontology_is_flagged(site: Site) -> None:
    project = site.project(units=1)
    task = project.task("ann")
    path = f"/ontologies/{project.ontology['id']}/"
    shown = site.mia.get(path)
    more = [*shown.json["objects"], {"name": "WBC", "shape": "bounding_box"}]
    assert site.mia.call("PATCH", path, {"objects": more}, if_match=shown.headers["ETag"]).status == 200
    etag = site.ann.get(f"/tasks/{task}/labels/").headers["ETag"]
    late = {"upsert": [box()], "ontology_version": 1}
    saved = site.ann.call("PATCH", f"/tasks/{task}/labels/", late, if_match=etag)
    assert (saved.status, saved.json["outdated_ontology"]) == (200, True)
    assert site.ann.save(task, box(90)).json["outdated_ontology"] is False


def test_verdicts_of_every_kind(site: Site) -> None:
    project = site.project(units=1)
    drawn = box()
    task = project.submitted("ann", drawn).json["id"]
    path = f"/tasks/{task}/reviews/"
    project.task("rex", "review")
    for kind in ("wrong_class", "badly_located", "spurious", "duplicate", "wrong_attribute"):
        word = {"label": drawn["id"], "verdict": "rejected", "kind": kind, "elapsed_ms": 40}
        assert site.rex.post(path, word).status == 201
    missing = {"label": None, "verdict": "rejected", "kind": "missing", "class": "RBC", "mode": "exhaustive"}
    spot = {"x": 200, "y": 10, "width": 20, "height": 20}
    made = site.rex.post(path, missing | {"geometry": spot})
    assert (made.status, made.json["geometry"], made.json["mode"]) == (201, spot, "exhaustive")
    refused(site.rex.post(path, missing | {"geometry": {**spot, "x": 999}}), 400)
    refused(site.rex.post(path, missing | {"class": "nothing"}), 400, "/class")
    refused(site.rex.post(path, {"label": str(uuid4()), "verdict": "approved"}), 400, "/label")
    refused(site.rex.post(path, {"label": drawn["id"], "verdict": "maybe"}), 400, "/verdict")
    named = [{"label": drawn["id"], "kind": "duplicate", "reason": "twice"}]
    assert site.rex.step(task, "reject", comment="twice", labels=named).status == 200
    mine = next(row for row in site.ann.get("/my/tasks/").json["results"] if row["id"] == task)
    assert {row["kind"] for row in mine["verdicts"]} == {"duplicate", "missing"}


def test_an_edit_in_review_is_a_verdict(site: Site) -> None:
    project = site.project(reviewed(strict=True, allow_edit=True), units=1)
    drawn = box()
    task = project.submitted("ann", drawn).json["id"]
    project.task("rex", "review")
    assert drawn["id"] in refused(site.rex.step(task, "approve"), 409).text
    moved = {**drawn, "geometry": {**drawn["geometry"], "x": 14}}
    assert site.rex.save(task, moved).status == 200
    words = [(row["label"], row["verdict"]) for row in site.rex.get(f"/tasks/{task}/reviews/").json["results"]]
    assert words == [(drawn["id"], "rejected")]
    assert site.rex.step(task, "approve").json["status"] == "complete"


def test_issues_are_threads(site: Site) -> None:
    project = site.project(units=1)
    drawn = box()
    task = project.submitted("ann", drawn).json["id"]
    path = f"/tasks/{task}/issues/"
    opened = site.rex.post(path, {"x": 10, "y": 12, "label": drawn["id"], "text": "What is this?"})
    assert opened.status == 201
    here = f"{path}{opened.json['id']}/"
    assert site.ann.post(f"{here}comments/", {"text": "A platelet"}).status == 201
    assert [row["text"] for row in site.rex.get(f"{here}comments/").json["results"]] == ["A platelet"]
    assert site.rex.post(f"{here}resolve/").json["resolved"] is True
    assert site.ann.post(f"{here}reopen/").json["resolved"] is False
    refused(site.rex.post(path, {"x": 1, "y": 1}), 400, "/text")
    refused(site.bob.get(path), 404)


def test_imports_keep_or_refuse(site: Site) -> None:
    project = site.project(units=2)
    body = coco(("img-0.png", [10, 20, 30, 40], 1), ("img-1.png", [10, 20, 0, 40], 1), ("gone.png", [1, 2, 3, 4], 1))
    refusing = imported(project, body, on_error="refuse")
    assert refusing["state"] == "failed"
    assert boxes(project) == []
    kept = imported(project, body, on_error="keep")
    assert (kept["state"], kept["result"]["not_carried_count"]) == ("succeeded", 2)
    assert boxes(project) == [{"x": 10, "y": 20, "width": 30, "height": 40}]
    imported(project, body, mode="add")
    assert len(boxes(project)) == 2
    imported(project, body, mode="replace")
    assert len(boxes(project)) == 1
    for name, value in (("format", "x"), ("mode", "x"), ("on_error", "x"), ("match", "x"), ("kind", "x")):
        sent = {"file": coco_file(body), "format": "coco", name: value}
        refused(site.mia.post(f"{project.path}/imports/", Form(sent)), 400, f"/{name}")


def test_images_are_matched_by_name_digest_or_id(site: Site) -> None:
    project = site.project(units=1)
    unit = site.mia.get(f"/datasets/{project.dataset}/data-units/").json["results"][0]
    for match, name in (("file_name", unit["name"]), ("sha256", unit["sha256"]), ("id", f"{unit['id']}.png")):
        done = imported(project, coco((name, [1, 2, 3, 4], 1)), match=match, mode="replace", on_error="refuse")
        assert (done["state"], done["result"]["labels"]) == ("succeeded", 1), match


def test_what_goes_out_as_native_comes_in_again(site: Site) -> None:
    project = site.project(units=1)
    full = {"overlap": {"value": "partial", "attributes": {"with": "platelet"}}, "flags": ["cut"]}
    project.submitted("ann", box(attributes=full), *(label(*each) for each in GOOD))
    started = site.mia.post(f"{project.path}/exports/", {"format": "native"})
    assert started.status == 202
    url = site.job(started.headers["Location"])["result"]["url"]
    content = b"".join(site.mia.http.get(url, headers={"authorization": f"Bearer {site.mia.key}"}))
    twin = site.project(dataset=project.dataset)
    sent = {"file": SimpleUploadedFile("n.jsonl", content), "format": "native", "on_error": "refuse"}
    done = site.job(site.mia.post(f"{twin.path}/imports/", Form(sent)).headers["Location"])
    assert done["state"] == "succeeded", done
    assert said(project) == said(twin)
    refused(site.mia.post(f"{project.path}/exports/", {"format": "word"}), 400, "/format")
    refused(site.mia.post(f"{project.path}/exports/", {"format": "coco", "filter": {"x": 1}}), 400, "/filter/x")


def coco(*items: tuple[str, list[float], int]) -> dict[str, Any]:
    images = [{"id": n, "file_name": name, "width": 320, "height": 240} for n, (name, _, _) in enumerate(items)]
    found = [
        {"id": n, "image_id": n, "category_id": category, "bbox": place, "area": 1, "iscrowd": 0}
        for n, (_, place, category) in enumerate(items)
    ]
    return {"images": images, "categories": [{"id": 1, "name": "RBC"}], "annotations": found}


def coco_file(body: dict[str, Any]) -> SimpleUploadedFile:
    return SimpleUploadedFile("labels.json", json.dumps(body).encode(), "application/json")


def imported(project: Project, body: dict[str, Any], **options: str) -> Any:
    sent = {"file": coco_file(body), "format": "coco", "kind": "labels", **options}
    started = project.site.mia.post(f"{project.path}/imports/", Form(sent))
    assert started.status == 202, started
    return project.site.job(started.headers["Location"])


def boxes(project: Project) -> list[Any]:
    return [row["geometry"] for task in project.tasks() for row in labels_of(project, task["id"])]


def said(project: Project) -> list[str]:
    rows = [row for task in project.tasks() for row in labels_of(project, task["id"])]
    return sorted(json.dumps([row[name] for name in ("class", "shape", "geometry", "attributes")]) for row in rows)


def labels_of(project: Project, task: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = project.site.mia.get(f"/tasks/{task}/labels/").json["labels"]
    return found
