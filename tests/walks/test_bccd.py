"""364 photographs of blood smears with 4,888 boxes, over HTTP and real processes: in as VOC, worked on by eight
people at once, out as COCO and VOC. The two boxes without a size are named; the others come back exactly."""

from __future__ import annotations

import io
import threading
import zipfile
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import datumaro
import pytest
from defusedxml.ElementTree import fromstring
from django.db import connection
from pycocotools.coco import COCO

from apps.tasks.queries.integrity import broken_invariants, first_difference
from tests.factories.clients import Program
from tests.factories.crowds import add_people, keys_of
from tests.factories.servers import Installation, wait_for
from tests.factories.tasks import CELLS, World, graph, make_world
from tests.races.threads import at_once

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "bccd"
IMAGES, BOXES, BROKEN, PEOPLE = 364, 4_888, 2, 8
ROLES = ("annotator", "reviewer", "expert")
REJECT_EVERY = 12

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not DATA.is_dir(), reason=f"the photographs are not at {DATA}"),
]
Box = tuple[str, str, float, float, float, float]


@pytest.fixture
def installation(tmp_path: Path, transactional_db: None) -> Iterator[Installation]:
    with Installation(tmp_path / "home", connection.settings_dict) as found:
        yield found


def boxes_of(xml: bytes) -> list[Box]:
    """(file, class, x, y, width, height) of every object of a VOC file."""
    root = fromstring(xml)
    name = str(root.findtext("filename"))
    found = []
    for item in root.iter("object"):
        x1, y1, x2, y2 = (float(str(item.findtext(f"bndbox/{side}"))) for side in ("xmin", "ymin", "xmax", "ymax"))
        found.append((name, str(item.findtext("name")), x1, y1, x2 - x1, y2 - y1))
    return found


def given() -> tuple[list[Box], bytes]:
    """The boxes as the files have them, and the files as one zip."""
    found: list[Box] = []
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted((DATA / "Annotations").glob("*.xml")):
            found += boxes_of(path.read_bytes())
            archive.write(path, f"Annotations/{path.name}")
    return found, packed.getvalue()


def upload(mia: Program) -> str:
    """All photographs as one dataset; its id."""
    dataset = mia.post("/datasets/", {"name": "BCCD"}, status=201)["id"]
    paths = sorted((DATA / "JPEGImages").iterdir())
    for start in range(0, len(paths), 100):
        files = [("files", path.name, path.read_bytes()) for path in paths[start : start + 100]]
        answer = mia.upload(f"/datasets/{dataset}/data-units/", files)
        assert answer.status == 201, answer.body[:2000]
        assert answer.json()["errors"] == []
    return str(dataset)


def make_project(mia: Program, dataset: str) -> str:
    ontology = mia.post("/ontologies/", {"name": "Cells", **CELLS}, status=201)["id"]
    workflow = mia.post("/workflows/", {"name": "Review", "graph": graph()}, status=201)["id"]
    body = {"name": "BCCD", "ontology": ontology, "workflow": workflow, "datasets": [dataset], "tasks": "all"}
    return str(mia.post("/projects/", body, status=201)["id"])


def job_of(mia: Program, answer: Any, installation: Installation) -> dict[str, Any]:
    """The job's result, once it is there."""
    path = f"/jobs/{answer['id']}/"
    wait_for(lambda: mia.get(path)["state"] not in ("queued", "running"), "the job's end")
    job = mia.get(path)
    assert job["state"] == "succeeded", (job, installation.words())
    return dict(job["result"])


def work(person: Program, project: str, ended: threading.Event) -> Counter[str]:
    """Takes whatever comes at any stage and judges it, until every task is complete; what was done."""
    done: Counter[str] = Counter()
    while not ended.is_set():
        for stage in ("annotate", "review", "expert"):
            while (answer := person.once("POST", f"/projects/{project}/stages/{stage}/claim/")).status == 200:
                done[step(person, answer.json())] += 1
            assert answer.status == 204, answer.body
        if person.get(f"/projects/{project}/stages/")["complete"] == IMAGES:
            ended.set()
    person.drop()
    return done


def step(person: Program, task: dict[str, Any]) -> str:
    """Submits, approves, or rejects one label with a reason where the number says so; the verb."""
    path, token = f"/tasks/{task['id']}", {"claim_token": task["claim"]["token"]}
    no_more: dict[str, Any] = {}
    if task["stage_type"] == "annotate":
        verb, body = "submit", no_more
    elif task["round"] == 1 and int(task["data_unit"]["name"][-6:-4]) % REJECT_EVERY == 0:
        label = person.get(f"{path}/labels/")["labels"][0]["id"]
        named = [{"label": label, "kind": "badly_located", "reason": "the border is off"}]
        verb, body = "reject", {"comment": "Look again.", "labels": named}
    else:
        verb, body = "approve", no_more
    answer = person.once("POST", f"{path}/{verb}/", body | token)
    assert answer.status == 200, (verb, answer.body)
    return verb


def download(mia: Program, project: str, form: str, installation: Installation) -> bytes:
    job = mia.post(f"/projects/{project}/exports/", {"format": form}, status=202)
    result = job_of(mia, job, installation)
    assert result["not_carried"] == []
    answer = mia.ask("GET", f"/transfers/{job['id']}/file/")
    assert answer.status == 200
    return answer.body


def boxes_of_coco(path: Path) -> list[Box]:
    """Read by pycocotools."""
    coco = COCO(str(path))
    names = {key: value["name"] for key, value in coco.cats.items()}
    return [
        (coco.imgs[item["image_id"]]["file_name"], names[item["category_id"]], *map(float, item["bbox"]))
        for item in coco.anns.values()
    ]


def boxes_of_voc(folder: Path) -> list[Box]:
    """Read by datumaro."""
    found = datumaro.Dataset.import_from(str(folder), "voc_detection")
    names = [label.name for label in found.categories()[datumaro.AnnotationType.label]]
    return [
        (f"{item.id}.jpg", names[shape.label], *map(float, shape.get_bbox()))
        for item in found
        for shape in item.annotations
        if shape.type == datumaro.AnnotationType.bbox
    ]


def check_history(world: World, project: str) -> None:
    assert world.organization.projects.filter(id=project).exists()
    assert first_difference() is None
    assert broken_invariants() == []


def test_bccd_there_and_back(installation: Installation, tmp_path: Path) -> None:
    boxes, packed = given()
    sound = [box for box in boxes if box[4] > 0 and box[5] > 0]
    assert (len(boxes), len(sound)) == (BOXES, BOXES - BROKEN)
    world = make_world(tasks=0)
    urls = [installation.web().url for _ in range(2 if installation.is_postgresql else 1)]
    installation.worker()
    mia = Program(urls, keys_of([world.people["mia"]])[0])
    world.organization.memberships.filter(user=world.people["mia"]).update(role="manager")
    project = make_project(mia, upload(mia))

    sent = mia.upload(f"/projects/{project}/imports/", [("file", "bccd.zip", packed)], {"format": "voc"})
    assert sent.status == 202, sent.body
    result = job_of(mia, sent.json(), installation)
    assert (result["tasks"], result["labels"], result["not_carried_count"]) == (IMAGES, BOXES - BROKEN, BROKEN)
    without_size = {f"{Path(name).stem}.xml" for name, _, _, _, width, height in boxes if width <= 0 or height <= 0}
    assert {item["item"].rpartition("/object/")[0].rpartition("/")[2] for item in result["not_carried"]} == without_size

    people = add_people(world, PEOPLE, ())
    for person in people:
        body = {"email": person.email, "roles": list(ROLES), "skills": []}
        mia.post(f"/projects/{project}/collaborators/", body, status=201)
    programs = [Program([urls[n % len(urls)]], key) for n, key in enumerate(keys_of(people))]
    mia.drop()  # the server closes what is idle for long
    ended = threading.Event()
    done = sum(at_once([partial(work, program, project, ended) for program in programs]), Counter())
    assert done["approve"] == IMAGES
    assert done["submit"] == IMAGES + done["reject"]
    assert done["reject"] > 0

    coco = tmp_path / "bccd.json"
    coco.write_bytes(download(mia, project, "coco", installation))
    assert Counter(boxes_of_coco(coco)) == Counter(sound)
    with zipfile.ZipFile(io.BytesIO(download(mia, project, "voc", installation))) as archive:
        archive.extractall(tmp_path / "voc")
    written = [box for path in (tmp_path / "voc" / "Annotations").iterdir() for box in boxes_of(path.read_bytes())]
    assert Counter(written) == Counter(sound)
    assert Counter(boxes_of_voc(tmp_path / "voc")) == Counter(sound)
    mia.drop()
    check_history(world, project)
