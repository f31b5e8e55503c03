"""Files of labels to import, and the way there and back over HTTP."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.jobs.models import Job
from apps.projects.models import Project
from apps.tasks.models import Task
from apps.tasks.transfer.operations import start_export
from tests.factories.jobs import run_one
from tests.factories.people import make_key
from tests.factories.tasks import World


@dataclass
class Transfer:
    """Imports and exports of one world, as one of its people."""

    world: World
    name: str = "mia"

    @property
    def client(self) -> Client:
        return Client(headers={"Authorization": f"Bearer {make_key(self.world.people[self.name])}"})

    def post(self, verb: str, **body: Any) -> Any:
        """The answer to a request: a form for imports, JSON for exports."""
        path = f"/api/v1/projects/{self.world.project.id}/{verb}/"
        if verb == "imports":
            return self.client.post(path, body)
        return self.client.post(path, body, content_type="application/json")

    def take_in(self, content: bytes, **body: Any) -> Job:
        """Uploads and imports; the job as it ended."""
        file = SimpleUploadedFile("labels", content)
        answer = self.post("imports", **{"file": file, "format": "voc", **body})
        assert answer.status_code == 202, answer.content
        return run_one(answer.json()["id"])

    def give_out(self, form: str, **body: Any) -> tuple[bytes, dict[str, Any]]:
        """Exports and downloads; the file and the job's result."""
        answer = self.post("exports", format=form, **body)
        assert answer.status_code == 202, answer.content
        job = run_one(answer.json()["id"])
        assert job.state == "succeeded", job.error
        result: dict[str, Any] = job.result or {}
        fetched: Any = Client().get(result["url"])
        assert fetched.status_code == 200, fetched.content
        return whole(fetched), result


def finished_export(project: Project) -> UUID:
    """The id of a job that has exported the project as COCO."""
    job = start_export(project=project, actor=None, form="coco", filters={}, include_media=False)
    assert run_one(job).state == "succeeded"
    return job.id


def whole(answer: Any) -> bytes:
    """The bytes of a streamed answer; read to its end, it closes itself."""
    content: bytes = b"".join(answer.streaming_content)
    return content


def voc_file(objects: dict[str, list[tuple[str, int, int, int, int]]], size: tuple[int, int] = (640, 480)) -> bytes:
    """A zip of VOC files: per image name its boxes as (class, xmin, ymin, xmax, ymax)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, boxes in objects.items():
            body = "".join(
                f"<object><name>{kind}</name><bndbox><xmin>{a}</xmin><ymin>{b}</ymin><xmax>{c}</xmax><ymax>{d}</ymax></bndbox></object>"
                for kind, a, b, c, d in boxes
            )
            shape = f"<size><width>{size[0]}</width><height>{size[1]}</height><depth>3</depth></size>"
            archive.writestr(f"{name}.xml", f"<annotation><filename>{name}</filename>{shape}{body}</annotation>")
    return out.getvalue()


def names(world: World) -> list[str]:
    """The file names of the project's tasks, in their order."""
    rows = Task.objects.filter(project=world.project).order_by("id")
    return list(rows.values_list("data_unit__name", flat=True))


def boxes_of(coco: bytes) -> dict[str, list[tuple[str, list[float]]]]:
    """Per image the classes and boxes of a COCO file."""
    body = json.loads(coco)
    kinds = {item["id"]: item["name"] for item in body["categories"]}
    images = {item["id"]: item["file_name"] for item in body["images"]}
    found: dict[str, list[tuple[str, list[float]]]] = {name: [] for name in images.values()}
    for item in body["annotations"]:
        found[images[item["image_id"]]].append((kinds[item["category_id"]], item["bbox"]))
    return found
