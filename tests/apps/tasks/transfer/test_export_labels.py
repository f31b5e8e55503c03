"""Exporting a project's labels, over HTTP."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client

from apps.datasets.models import DataUnit
from tests.factories.tasks import make_world
from tests.factories.transfer import Transfer, boxes_of, names, voc_file, whole

pytestmark = pytest.mark.django_db


@pytest.fixture
def transfer() -> Transfer:
    made = Transfer(make_world(tasks=2))
    made.take_in(voc_file({names(made.world)[0]: [("RBC", 10, 20, 30, 40)]}))
    return made


def test_voc_comes_back_as_it_went_in(transfer: Transfer) -> None:
    first, second = names(transfer.world)
    file, result = transfer.give_out("voc")
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        text = archive.read(f"Annotations/{first.removesuffix('.png')}.xml").decode()
    assert "<xmin>10</xmin><ymin>20</ymin><xmax>30</xmax><ymax>40</ymax>" in text
    assert (result["tasks"], result["labels"], result["not_carried"]) == (2, 1, [])
    transfer.take_in(file, mode="replace")
    exported, _ = transfer.give_out("coco")
    assert boxes_of(exported) == {first: [("RBC", [10, 20, 20, 20])], second: []}


def test_a_filter_leaves_tasks_out(transfer: Transfer) -> None:
    transfer.world.must_claim("ann")
    exported, _ = transfer.give_out("coco", filter={"status": "waiting"})
    assert list(boxes_of(exported)) == names(transfer.world)[1:]
    for bad in ({"owner": "me"}, {"status": "lost"}):
        assert transfer.post("exports", format="coco", filter=bad).status_code == 400
    assert transfer.post("exports", format="coco", snapshot="x").json()["errors"][0]["pointer"] == "/snapshot"


def test_images_go_along_when_asked(transfer: Transfer) -> None:
    for unit in DataUnit.objects.all():
        default_storage.save(unit.media_key, ContentFile(unit.name.encode()))
    file, _ = transfer.give_out("coco", include_media=True)
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        for name in names(transfer.world):
            assert archive.read(f"images/{name}") == name.encode()
        assert len(json.loads(archive.read("annotations/instances_default.json"))["images"]) == 2


def test_the_address_needs_its_signature_or_somebody_who_may(transfer: Transfer) -> None:
    _, result = transfer.give_out("coco")
    path, _, query = result["url"].partition("?")
    assert Client().get(path).status_code == 401
    assert Client().get(f"{path}?{query}x").status_code == 401
    assert Client().get(f"{path.replace('/file/', '/report/')}?{query}").status_code == 401
    answer: Any = transfer.client.get(path)
    assert (answer.status_code, whole(answer)[:1]) == (200, b"{")
    assert answer["Content-Disposition"] == 'attachment; filename="Cells-coco.json"'
    assert Transfer(transfer.world, "ann").client.get(path).status_code == 403
    assert Transfer(make_world(tasks=0)).client.get(path).status_code == 404
