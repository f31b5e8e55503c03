"""Writing COCO: one JSON file, or with the images a zip of it and them."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from apps.labels.formats.coco_read import CROWD
from apps.labels.formats.coco_shapes import members_of
from apps.labels.formats.items import ExportedImage, Label, Problem, Report
from apps.labels.formats.media import Names, put_media, put_stream
from apps.labels.logic.geometry import CLASSIFICATION
from apps.ontologies.logic import OntologyIndex

IN_MEMORY = 4 * 2**20


def write(
    file: IO[bytes], images: Iterator[ExportedImage], index: OntologyIndex, report: Report, include_media: bool
) -> None:
    """COCO with ``images``, ``annotations`` and ``categories``, in constant memory."""
    if not include_media:
        _write_json(file, images, index, report)
        return
    with zipfile.ZipFile(file, "w") as archive, SpooledTemporaryFile(IN_MEMORY) as text:
        names = Names()

        def with_media() -> Iterator[ExportedImage]:
            for image in images:
                put_media(archive, "images", names.claim(image.file_name), image)
                yield image

        _write_json(text, with_media(), index, report)
        text.seek(0)
        put_stream(archive, "annotations/instances_default.json", text, deflate=True)


def _write_json(file: Any, images: Iterator[ExportedImage], index: OntologyIndex, report: Report) -> None:
    """Images go straight to the file, annotations to a second one that is appended."""
    numbers = {entry.name: i for i, entry in enumerate(index.objects, start=1)}
    file.write(b'{"info": {"description": "Lapidary"}, "licenses": [],\n"categories": ')
    file.write(_json([_category(entry, numbers[entry.name]) for entry in index.objects]))
    file.write(b',\n"images": [')
    written = 0
    with SpooledTemporaryFile(IN_MEMORY) as annotations:
        for number, image in enumerate(images, start=1):
            file.write((b",\n" if number > 1 else b"\n") + _json(_image(image, number)))
            for label in image.labels:
                if label["shape"] == CLASSIFICATION:
                    continue
                written += 1
                item = _annotation(label, image, index, report)
                item = {"id": written, "image_id": number, "category_id": numbers.get(label["class"], 0), **item}
                annotations.write((b",\n" if written > 1 else b"\n") + _json(item))
        file.write(b'],\n"annotations": [')
        annotations.seek(0)
        shutil.copyfileobj(annotations, file, 1 << 20)
    file.write(b"]}\n")


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _category(entry: Any, number: int) -> dict[str, Any]:
    found: dict[str, Any] = {"id": number, "name": entry.name, "supercategory": ""}
    if entry.shape == "skeleton":
        found |= {"keypoints": list(entry.points), "skeleton": [[a + 1, b + 1] for a, b in entry.edges]}
    elif entry.shape == "keypoint":
        found |= {"keypoints": [entry.name], "skeleton": []}
    return found


def _image(image: ExportedImage, number: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": number,
        "file_name": image.file_name,
        "width": image.width,
        "height": image.height,
        "lapidary": {"id": image.unit_id, "sha256": image.sha256},
    }
    answers: dict[str, Any] = {}
    for label in image.labels:
        if label["shape"] == CLASSIFICATION:
            answers |= label["attributes"]
    return found | ({"attributes": answers} if answers else {})


def _annotation(label: Label, image: ExportedImage, index: OntologyIndex, report: Report) -> dict[str, Any]:
    entry = index.find(label["class"])
    found, exact = members_of(label["shape"], label["geometry"], entry, (image.width, image.height))
    if not exact:
        detail = f"COCO has no {label['shape']} of this kind: other programs see the nearest thing that it has."
        report(Problem(f"{image.file_name}/{label['id']}", "approximated", detail, lost=False))
    crowd = next((label["attributes"][name] for name in CROWD if name in label["attributes"]), False)
    found["iscrowd"] = 1 if crowd is True else 0
    if label["attributes"]:
        found["attributes"] = label["attributes"]
    return found
