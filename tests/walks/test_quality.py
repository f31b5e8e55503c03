"""Real blood smears with known mistakes: labels and predictions in, scores, a budget of expert time, fixes, an audit,
and a certificate whose interval holds the truth. All over REST; only the worker's part is played by the test."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from defusedxml.ElementTree import parse

from apps.common.clock import database_now
from apps.jobs.models import Job, JobState
from apps.jobs.operations import running
from apps.quality.operations.chores import run_chores
from tests.factories.quality_audit import audited_graph
from tests.factories.tasks import CELLS
from tests.factories.walkers import Walker, label, sound

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "bccd"
IMAGES = 48
CLASSES = ("RBC", "WBC", "Platelets")

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not DATA.is_dir(), reason=f"the photographs are not at {DATA}"),
]
Box = dict[str, float]


@dataclass
class Truth:
    """What an expert knows: by label id the right label (None: there is nothing), by file what was left out."""

    wrong: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    missing: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def left(self, labels: list[dict[str, Any]]) -> int:
        return sum(one["id"] in self.wrong for one in labels)


def boxes_of(path: Path) -> list[tuple[str, Box]]:
    """(class, box) of the file's objects, those without a size left out."""
    found = []
    for item in parse(path).findall("object"):
        x1, y1, x2, y2 = (float(str(item.findtext(f"bndbox/{side}"))) for side in ("xmin", "ymin", "xmax", "ymax"))
        if x2 > x1 and y2 > y1:
            found.append((str(item.findtext("name")), {"x": x1, "y": y1, "width": x2 - x1, "height": y2 - y1}))
    return found


def labelled(rng: np.random.Generator, name: str, truth: Truth) -> list[dict[str, Any]]:
    """The file's labels as careless people would leave them: one in ten is wrong in some way."""
    labels = []
    for kind, box in boxes_of(DATA / "Annotations" / f"{name}.xml"):
        right = label(kind, "bounding_box", box)
        draw = rng.random()
        if draw < 0.03:
            labels.append(right | {"class": CLASSES[(CLASSES.index(kind) + 1) % 3]})
            truth.wrong[right["id"]] = right
        elif draw < 0.06:
            moved = {**box, "x": max(0.0, box["x"] - 0.5 * box["width"]) or box["x"] + 0.4 * box["width"]}
            moved["width"] = min(box["width"], 640 - moved["x"])
            labels.append(right | {"geometry": moved})
            truth.wrong[right["id"]] = right
        elif draw < 0.08:
            truth.missing.setdefault(name, []).append(right)
        elif draw < 0.10:
            copy = right | {"id": str(uuid4())}
            labels += [right, copy]
            truth.wrong[copy["id"]] = None
        else:
            labels.append(right)
    return labels


def predicted(rng: np.random.Generator, name: str) -> list[dict[str, Any]]:
    """What a decent detector sees in the same image: it overlooks some, mistakes a few, and never is exact."""
    found = []
    for kind, box in boxes_of(DATA / "Annotations" / f"{name}.xml"):
        if rng.random() > 0.93:
            continue
        said = kind if rng.random() < 0.96 else CLASSES[int(rng.integers(3))]
        off = rng.normal(0, 0.04, 4) * np.array([box["width"], box["height"]] * 2)
        x, y = max(0.0, box["x"] + off[0]), max(0.0, box["y"] + off[1])
        width = max(4.0, min(box["width"] + off[2], 640 - x))
        height = max(4.0, min(box["height"] + off[3], 480 - y))
        geometry = {"x": x, "y": y, "width": width, "height": height}
        found.append(label(said, "bounding_box", geometry) | {"confidence": float(rng.beta(9, 2))})
    return found


def work_off() -> None:
    """The worker's part: every job that waits, and the chores."""
    for _ in range(4):
        for job in Job.objects.filter(state=JobState.QUEUED).order_by("created_at"):
            running.run(job_id=job.pk)
            job.refresh_from_db()
            assert job.state == JobState.SUCCEEDED, (job.kind, job.error)
        run_chores(database_now())


def make_project(mia: Walker, names: list[str]) -> str:
    ontology = mia.tell("/ontologies/", {"name": "Cells", **CELLS}, status=201)["id"]
    dataset = mia.tell("/datasets/", {"name": "Smears"}, status=201)["id"]
    with ExitStack() as opened:
        files = [opened.enter_context((DATA / "JPEGImages" / f"{name}.jpg").open("rb")) for name in names]
        answer = mia.client.post(f"/api/v1/datasets/{dataset}/data-units/", {"files": files})
    assert answer.status_code == 201, answer.content
    workflow = mia.tell("/workflows/", {"name": "Audited", "graph": audited_graph()}, status=201)["id"]
    body = {"name": "Smears", "ontology": ontology, "workflow": workflow, "datasets": [dataset], "tasks": "all"}
    project = str(mia.tell("/projects/", body, status=201)["id"])
    for name, role in {"ann": "annotator", "rex": "expert"}.items():
        person = {"email": f"{name}@walk.test", "roles": [role], "skills": []}
        mia.tell(f"/projects/{project}/collaborators/", person, status=201)
    return project


def put_right(rex: Walker, task: dict[str, Any], truth: Truth) -> int:
    """The expert searches the unit, fixes whatever is wrong in it, and approves; how many errors that were."""
    path, token, name = f"/tasks/{task['id']}", task["claim"]["token"], Path(task["data_unit"]["name"]).stem
    labels = rex.see(f"{path}/labels/")["labels"]
    bad = [one["id"] for one in labels if one["id"] in truth.wrong]
    missing = truth.missing.pop(name, [])
    fixes = [right for one in bad if (right := truth.wrong[one]) is not None] + missing
    gone = [one for one in bad if truth.wrong[one] is None]
    rex.tell(f"{path}/reviews/", {"label": None, "verdict": "approved", "mode": "exhaustive"}, status=201)
    if fixes or gone:
        rex.see(f"{path}/labels/")
        body = {"upsert": fixes, "delete": gone, "claim_token": token}
        rex.call("PATCH", f"{path}/labels/", body, If_Match=rex.last["ETag"])
    rex.tell(f"{path}/approve/", {"claim_token": token})
    for one in bad:
        del truth.wrong[one]
    return len(bad) + len(missing)


def judge_all(rex: Walker, project: str, truth: Truth) -> tuple[int, int]:
    """Whatever waits for the expert; (tasks, errors)."""
    tasks = errors = 0
    while (task := claim(rex, project)) is not None:
        tasks, errors = tasks + 1, errors + put_right(rex, task, truth)
    return tasks, errors


def claim(rex: Walker, project: str) -> dict[str, Any] | None:
    answer = rex.request("POST", f"/projects/{project}/stages/expert/claim/", {})
    assert answer.status_code in (200, 204), answer.content
    return answer.json() if answer.status_code == 200 else None


def labelled_project(mia: Walker, ann: Walker, truth: Truth) -> str:
    """ann labels everything carelessly, a detector predicts it all, and the project is scored."""
    rng = np.random.default_rng(11)
    names = [path.stem for path in sorted((DATA / "Annotations").glob("*.xml"))[:IMAGES]]
    project = make_project(mia, names)
    items = []
    for _ in names:
        task = ann.claim(project, "annotate")
        name = Path(task["data_unit"]["name"]).stem
        labels = {"upsert": labelled(rng, name, truth), "delete": [], "base_revision": 0}
        ann.tell(f"/tasks/{task['id']}/submit/", {"claim_token": task["claim"]["token"], "labels": labels})
        items.append({"data_unit": task["data_unit"]["id"], "labels": predicted(rng, name)})
    model = {"name": "detector", "version": "1", "out_of_sample": True}
    answer = mia.tell(f"/projects/{project}/predictions/", {"model": model, "predictions": items})
    assert not [one for one in answer["results"] if one.get("error")]
    assert mia.see(f"/projects/{project}/quality/")["run"] is None
    mia.tell(f"/projects/{project}/quality/score/", {"metrics": ["mistakenness"]}, status=202)
    work_off()
    return project


def check_scores(mia: Walker, project: str, truth: Truth) -> int:
    """More than half of as many first places as there are mistakes are mistakes; how many there are."""
    planted = len(truth.wrong) + sum(len(one) for one in truth.missing.values())
    first = mia.see(f"/projects/{project}/quality/labels/?limit={planted}")["results"]
    hit = sum(
        one["label"] in truth.wrong if one["label"] else bool(truth.missing.get(file_of(mia, one["data_unit"])))
        for one in first
    )
    assert hit > 0.5 * planted, (hit, planted)
    assert all(one["evidence"] and one["kind"] and not one["calibrated"] for one in first[:20])
    return planted


def route_and_fix(mia: Walker, rex: Walker, project: str, truth: Truth, planted: int) -> None:
    """Ten minutes of an expert find more than as many looks by chance would."""
    order = {"metric": "mistakenness", "budget": 600, "to_stage": "expert"}
    said = mia.tell(f"/projects/{project}/quality/route/", order | {"dry_run": True})
    assert 0 < said["selected"] < said["of"] == IMAGES
    assert mia.see(f"/projects/{project}/stages/")["complete"] == IMAGES
    sent = mia.tell(f"/projects/{project}/quality/route/", order)
    assert sent["selected"] == said["selected"]
    looked, found = judge_all(rex, project, truth)
    assert looked == sent["selected"]
    assert found / planted > 1.15 * looked / IMAGES
    work_off()


def audit(mia: Walker, rex: Walker, project: str, truth: Truth) -> None:
    refused = mia.see(f"/projects/{project}/quality/certificate/")
    assert refused["certified"] is False
    assert refused["n_needed"] > 0
    mia.tell(f"/projects/{project}/quality/audit/", {"looks": 16}, status=201)
    work_off()
    audited, _ = judge_all(rex, project, truth)
    assert audited >= 5
    work_off()


def test_from_mistakes_to_a_certificate_that_holds(steady_draws: None, walking: dict[str, Walker]) -> None:
    mia, rex, truth = walking["mia"], walking["rex"], Truth()
    project = labelled_project(mia, walking["ann"], truth)
    planted = check_scores(mia, project, truth)
    route_and_fix(mia, rex, project, truth, planted)
    audit(mia, rex, project, truth)
    document = mia.see(f"/projects/{project}/quality/certificate/")
    assert document["certified"] is True, document["reason"]
    left = share_left(mia, project, truth)
    assert document["low"] <= left <= document["high"], (left, document)
    assert document["n_reviewed"] > document["n_audited"] > 0
    issued = mia.tell(f"/projects/{project}/quality/certificate/", {}, status=201)
    printed = mia.client.get(f"/api/v1/projects/{project}/quality/certificates/{issued['id']}/pdf/")
    assert printed.content.startswith(b"%PDF")
    assert mia.see(f"/projects/{project}/quality/calibration/")["targets"]["label"]["calibrated"] is True
    assert sound()


_files: dict[str, str] = {}


def file_of(mia: Walker, unit: str) -> str:
    if unit not in _files:
        _files[unit] = Path(mia.see(f"/data-units/{unit}/")["name"]).stem
    return _files[unit]


def share_left(mia: Walker, project: str, truth: Truth) -> float:
    """The share of labels that are still wrong, as only the test can know."""
    labels = wrong = 0
    for task in mia.see(f"/projects/{project}/tasks/?limit=1000")["results"]:
        own = mia.see(f"/tasks/{task['id']}/labels/")["labels"]
        labels, wrong = labels + len(own), wrong + truth.left(own)
    return wrong / labels
