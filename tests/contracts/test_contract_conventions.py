"""API.md, "Conventions", "Ontology" and "Data", line by line from outside."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from tests.contracts.outside import Caller, Form, Site, box, make_site, picture, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def site() -> Site:
    return make_site()


def sign_in(**more: Any) -> dict[str, Any]:
    return {"email": "ann@demo.test", "password": "lapidary", "name": "k", **more}


def test_the_anonymous_are_told_how_to_sign_in(site: Site) -> None:
    for caller in (Caller(), Caller("lap_nobody")):
        for path in ("/me/", "/projects/", f"/tasks/{uuid4()}/"):
            assert "WWW-Authenticate" in refused(caller.get(path), 401).headers


def test_the_invisible_is_like_the_missing(site: Site) -> None:
    project = site.project(units=1, roles={"ann": ["annotator"]})
    task = project.tasks()[0]["id"]
    kinds = {"tasks": task, "projects": project.id, "datasets": project.dataset, "ontologies": project.ontology["id"]}
    for kind, key in kinds.items():
        hidden, missing = site.bob.get(f"/{kind}/{key}/"), site.bob.get(f"/{kind}/{uuid4()}/")
        assert (hidden.status, hidden.text) == (404, missing.text)
    for verb in ("submit", "release", "approve", "assign", "move"):
        hidden, missing = site.bob.step(task, verb), site.bob.step(str(uuid4()), verb)
        assert (hidden.status, hidden.text) == (404, missing.text)


def test_keys_are_made_listed_limited_and_revoked(site: Site) -> None:
    made = Caller().post("/auth/api-keys/", sign_in(scopes=["read"]))
    assert (made.status, made.json["scopes"]) == (201, ["read"])
    assert made.json["key"].startswith("lap_")
    reader = Caller(made.json["key"])
    project = site.project()
    assert reader.get(f"{project.path}/").status == 200
    refused(reader.post(f"{project.path}/stages/annotate/claim/"), 403)
    listed = site.ann.get("/auth/api-keys/").json["results"]
    assert made.json["id"] in [row["id"] for row in listed]
    assert not any("key" in row for row in listed)
    refused(site.bob.call("DELETE", f"/auth/api-keys/{made.json['id']}/"), 404)
    assert site.ann.call("DELETE", f"/auth/api-keys/{made.json['id']}/").status == 204
    refused(reader.get("/me/"), 401)
    other = site.project()
    limited = Caller(Caller().post("/auth/api-keys/", sign_in(project=project.id)).json["key"])
    assert [row["id"] for row in limited.get("/projects/").json["results"]] == [project.id]
    refused(limited.get(f"{other.path}/"), 404)
    refused(Caller().post("/auth/api-keys/", sign_in(scopes=["fly"])), 400)
    refused(Caller().post("/auth/api-keys/", sign_in(password="no")), 401)
    powerless = Caller(Caller().post("/auth/api-keys/", sign_in(scopes=["read", "manage", "admin"])).json["key"])
    refused(powerless.post("/datasets/", {"name": "x"}), 403)


def test_lists_are_keyset_pages(site: Site) -> None:
    project = site.project(units=5)
    seen: list[str] = []
    url: str | None = f"{project.path}/tasks/?limit=2"
    while url:
        answer = site.mia.get(url)
        assert set(answer.json) == {"results", "next"}
        seen += [row["id"] for row in answer.json["results"]]
        url = answer.json["next"]
    assert len(seen) == len(set(seen)) == 5
    for query in ("luck=1", "ordering=luck", "limit=0", "limit=x", "cursor=x", "status=luck"):
        refused(site.mia.get(f"{project.path}/tasks/?{query}"), 400, f"/{query.partition('=')[0]}")


def test_a_key_for_a_retry_has_one_effect(site: Site) -> None:
    once = {"idempotency_key": "one"}
    first = site.mia.post("/datasets/", {"name": "a"}, **once)
    assert site.mia.post("/datasets/", {"name": "a"}, **once).json == first.json
    refused(site.mia.post("/datasets/", {"name": "b"}, **once), 409)
    assert site.admin.post("/datasets/", {"name": "b"}, **once).status == 201
    assert site.mia.post("/ontologies/", {"name": "b"}, **once).status == 201
    refused(site.mia.post("/datasets/", {"name": ""}, idempotency_key="two"), 400)
    assert site.mia.post("/datasets/", {"name": "b"}, idempotency_key="two").status == 201
    path, same = f"/datasets/{first.json['id']}/data-units/", picture("a.png").read()
    sent = [site.mia.post(path, Form({"files": [png("a.png", same)]}), idempotency_key="three") for _ in range(2)]
    assert sent[0].json == sent[1].json
    refused(site.mia.post(path, Form({"files": [png("b.png", same)]}), idempotency_key="three"), 409)


def test_a_retry_is_authorised_first(site: Site) -> None:
    project = site.project()
    path = f"{project.path}/stages/annotate/claim/"
    assert site.bob.post(path, {}, idempotency_key="c").status == 200
    assert site.mia.call("DELETE", f"{project.path}/collaborators/bob@demo.test/").status == 204
    refused(site.bob.post(path, {}, idempotency_key="c"), 404)


def test_jobs_tell_their_state(site: Site) -> None:
    project = site.project()
    started = site.mia.post(f"{project.path}/exports/", {"format": "coco"})
    assert started.status == 202
    assert started.headers["Location"].startswith("/api/v1/jobs/")
    assert site.mia.get(started.headers["Location"]).json["state"] == "queued"
    refused(site.bob.get(started.headers["Location"]), 404)
    done = site.job(started.headers["Location"])
    assert {"state", "progress", "detail", "result", "error"} <= set(done)
    assert (done["state"], done["progress"], done["error"]) == ("succeeded", 1, None)
    second = site.mia.post(f"{project.path}/exports/", {"format": "coco"}).headers["Location"]
    assert site.mia.post(f"{second}cancel/").status == 200
    assert site.job(second)["state"] == "cancelled"


def test_bad_bodies_are_refused_by_pointer(site: Site) -> None:
    named: list[tuple[dict[str, Any], str]] = [
        ({}, "/name"),
        ({"name": 7}, "/name"),
        ({"name": "x", "luck": 1}, "/luck"),
    ]
    for body, pointer in named:
        refused(site.mia.post("/datasets/", body), 400, pointer)
    refused(site.mia.post("/datasets/", [1]), 400)
    wrong = {"name": "x", "objects": [{"name": "a", "shape": "circle"}]}
    refused(site.mia.post("/ontologies/", wrong), 400, "/objects/0/shape")
    for attribute, member in (({"type": "magic"}, "type"), ({"type": "radio"}, "options")):
        asked = [{"name": "a", "shape": "polygon", "attributes": [{"name": "q", **attribute}]}]
        refused(
            site.mia.post("/ontologies/", {"name": "x", "objects": asked}), 400, f"/objects/0/attributes/0/{member}"
        )


def test_ontologies_keep_ids_and_what_is_used(site: Site) -> None:
    project = site.project(units=1)
    path = f"/ontologies/{project.ontology['id']}/"
    project.submitted("ann", box(attributes={"flags": ["cut"]}))
    shown = site.mia.get(path)
    objects = shown.json["objects"]
    refused(site.mia.call("PATCH", path, {"objects": objects[1:]}), 428)
    etag = shown.headers["ETag"]
    refused(site.mia.call("PATCH", path, {"objects": objects[1:]}, if_match='"x"'), 412)
    refused(site.mia.call("PATCH", path, {"objects": objects[1:]}, if_match=etag), 409)
    renamed = [{**objects[0], "name": "Red"}, {**objects[1], "archived": True}, *objects[2:]]
    changed = site.mia.call("PATCH", path, {"objects": renamed}, if_match=f"W/{etag}")
    assert [row["id"] for row in changed.json["objects"]] == [row["id"] for row in objects]
    assert changed.json["objects"][1]["archived"] is True
    task = project.tasks()[0]["id"]
    assert site.mia.get(f"/tasks/{task}/labels/").json["labels"][0]["class"] == "Red"
    refused(site.ann.call("PATCH", path, {"name": "x"}, if_match=changed.headers["ETag"]), 403)


def test_plans_merge_and_split_by_job(site: Site) -> None:
    project = site.project(units=1)
    path = f"/ontologies/{project.ontology['id']}/"
    task = project.submitted("ann", box(), box(90, "Platelets")).json["id"]
    for merge in ([{"from": ["Platelets"], "into": "RBC"}], {"from": "Platelets", "into": "RBC"}):
        plan = site.mia.post(f"{path}plan/", {"merge": merge}).json
        assert (plan["job"], plan["steps"][0]["labels"]) == (True, 1)
    unsound: list[Any] = [[{"from": {}, "into": []}], [{"from": [[]], "into": "RBC"}], [[]], [{"from": "RBC"}]]
    for wrong in unsound:
        refused(site.mia.post(f"{path}plan/", {"merge": wrong}), 400)
    etag = site.mia.get(path).headers["ETag"]
    started = site.mia.call("PATCH", path, {"merge": [{"from": "Platelets", "into": "RBC"}]}, if_match=etag)
    assert started.status == 202
    assert site.job(started.headers["Location"])["state"] == "succeeded"
    assert {row["class"] for row in site.mia.get(f"/tasks/{task}/labels/").json["labels"]} == {"RBC"}


def test_uploads_keep_the_good_and_name_the_bad(site: Site) -> None:
    made = site.mia.post("/datasets/", {"name": "Mixed"}).json["id"]
    path = f"/datasets/{made}/data-units/"
    turned = Image.Exif()
    turned[0x0112] = 6
    plain = picture("a.png", (40, 30)).read()
    files = [png("a.png", plain), picture("b.jpg", (40, 30), "JPEG", exif=turned.tobytes()), png("c.png", b"hello")]
    sent = {"files": files, "metadata": json.dumps({"a.png": {"site": "A"}})}
    answer = site.mia.post(path, Form(sent))
    first, second = answer.json["created"]
    wanted = {"id", "name", "width", "height", "sha256", "media_url", "thumbnail_url", "metadata"}
    assert wanted <= set(first)
    assert (first["sha256"], first["metadata"]) == (hashlib.sha256(plain).hexdigest(), {"site": "A"})
    assert (second["width"], second["height"]) == (30, 40)
    assert [error["name"] for error in answer.json["errors"]] == ["c.png"]
    again = site.mia.post(path, Form({"files": [png("z.png", plain)]})).json["created"]
    assert [(row["id"], row["existing"]) for row in again] == [(first["id"], True)]
    refused(site.mia.post(path, Form({"files": [png("c.png", b"hello")]})), 400)
    assert site.mia.call("PATCH", f"/data-units/{first['id']}/", {"metadata": {"n": 1}}).json["metadata"] == {"n": 1}
    refused(site.ann.get(path), 404)


def test_later_data_become_tasks(site: Site) -> None:
    project = site.project(units=2)
    later = Form({"files": [picture("later.png")]})
    assert site.mia.post(f"/datasets/{project.dataset}/data-units/", later).status == 201
    assert project.stages()["annotate"]["waiting"] == 3
    other = site.dataset(2)
    assert site.mia.post(f"{project.path}/datasets/", {"dataset": other}).status == 201
    assert project.stages()["annotate"]["waiting"] == 5


def png(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "image/png")
