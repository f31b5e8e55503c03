"""Formats: what is written comes back, and independent programs can read it."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools.coco import COCO

from apps.labels.formats import FORMATS, ExportedImage, ImportedImage, Problem
from apps.labels.logic.changes import CONTENT
from tests.apps.labels.strategies import TEXT, boxes, labels
from tests.factories.labels import SIZE, blood_cells

INDEX = blood_cells()
BCCD = Path(os.environ.get("LAPIDARY_SHARED_DATA", Path(__file__).resolve().parents[4] / "shared" / "data")) / "bccd"


def image(given_labels: Sequence[dict[str, Any]], name: str = "a.png", **more: Any) -> ExportedImage:
    return ExportedImage(f"key-{name}", name, *SIZE, labels=given_labels, **more)


def written(form: str, images: Sequence[ExportedImage], media: bool = False) -> tuple[io.BytesIO, list[Problem]]:
    file = io.BytesIO()
    problems: list[Problem] = []
    FORMATS[form].write(file, iter(images), INDEX, problems.append, media)
    file.seek(0)
    return file, problems


def read(form: str, file: io.BytesIO) -> tuple[list[ImportedImage], list[Problem]]:
    found = list(FORMATS[form].read(file, INDEX))
    images = [item for item in found if isinstance(item, ImportedImage)]
    loose = [item for item in found if isinstance(item, Problem)]
    return images, loose + [problem for item in images for problem in item.problems]


def content(label: dict[str, Any]) -> str:
    """What must survive, comparable: skeleton points have no order."""
    shown = {name: label[name] for name in CONTENT}
    if label["shape"] == "skeleton":
        shown["geometry"] = {"points": sorted(label["geometry"]["points"], key=lambda point: str(point["name"]))}
    return json.dumps(floats(shown), sort_keys=True)


def floats(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: floats(item) for name, item in value.items()}
    if isinstance(value, list):
        return [floats(item) for item in value]
    return float(value) + 0.0 if isinstance(value, int) and not isinstance(value, bool) else value


@settings(max_examples=60, deadline=None)
@given(st.lists(labels(), max_size=6, unique_by=lambda label: label["class"] == "focus" or label["id"]), TEXT)
def test_coco_gives_back_every_shape(given_labels: list[dict[str, Any]], name: str) -> None:
    file, _ = written("coco", [image(given_labels, name), image([], "empty.png")])
    (first, second), problems = read("coco", file)
    assert (problems, first.file_name, (first.width, first.height), second.labels) == ([], name, SIZE, [])
    assert sorted(content(item.label) for item in first.labels) == sorted(content(label) for label in given_labels)


@settings(max_examples=60, deadline=None)
@given(st.lists(labels(), max_size=6, unique_by=lambda label: label["class"] == "focus" or label["id"]), TEXT)
def test_native_gives_back_everything(given_labels: list[dict[str, Any]], name: str) -> None:
    more = {"unit_id": "u", "sha256": "f" * 64, "metadata": {"site": name}, "task": {"stage": "review", "round": 2}}
    full = [
        {**label, "origin": {"kind": "model", "model": "m", "prompts": [], "edited": True}, "created_by": "ann@x.test",
         "created_at": "2026-03-01T12:00:00Z", "updated_by": None, "updated_at": "2026-03-01T12:00:00Z"}
        for label in given_labels
    ]  # fmt: skip
    file, problems = written("native", [image(full, name, **more)])
    (found,), unread = read("native", file)
    assert (problems, unread) == ([], [])
    assert [item.label for item in found.labels] == full
    assert (found.unit_id, found.sha256, found.metadata) == ("u", "f" * 64, {"site": name})
    assert json.loads(file.getvalue().splitlines()[1])["task"] == more["task"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(boxes(), st.none() | st.booleans(), st.sampled_from(("none", None))), max_size=5), TEXT)
def test_voc_gives_back_boxes_to_the_last_digit(made: list[Any], name: str) -> None:
    given_labels = [
        {"id": str(i), "class": "RBC", "shape": "bounding_box", "geometry": box,
         "attributes": {**({} if cut is None else {"truncated": cut}), **({"overlap": over} if over else {}),
                        "flags": ["cut", "blurred"]}}
        for i, (box, cut, over) in enumerate(made)
    ]  # fmt: skip
    file, problems = written("voc", [image(given_labels, f"_{name}_.png")])
    (found,), unread = read("voc", file)
    assert (problems, unread, found.file_name) == ([], [], f"_{name}_.png")
    assert [content(item.label) for item in found.labels] == [content(label) for label in given_labels]


def test_voc_names_what_it_cannot_say() -> None:
    nested = {"overlap": {"value": "partial", "attributes": {"with": "platelet"}}}
    box = {"x": 1, "y": 2, "width": 3, "height": 4}
    _, problems = written("voc", [image([
        {"id": "1", "class": "centre", "shape": "keypoint", "geometry": {"x": 1, "y": 1}, "attributes": {}},
        {"id": "2", "class": "RBC", "shape": "bounding_box", "geometry": box, "attributes": nested},
    ])])  # fmt: skip
    assert [(problem.place, problem.code, problem.lost) for problem in problems] == [
        ("a.png/1", "not_carried", True),
        ("a.png/2", "not_carried", False),
    ]


def sample() -> Iterator[dict[str, Any]]:
    square = [[10, 10], [90, 10], [90, 90], [10, 90]]
    hole = [[30, 30], [40, 30], [40, 40], [30, 40]]
    yield {"class": "RBC", "shape": "bounding_box", "geometry": {"x": 1, "y": 2, "width": 30, "height": 40}}
    yield {"class": "nucleus", "shape": "polygon", "geometry": {"polygons": [[square]]}}
    yield {"class": "nucleus", "shape": "polygon", "geometry": {"polygons": [[square, hole]]}}
    points = [{"name": name, "x": 9, "y": 9, "visibility": 2} for name in ("wrist", "thumb", "index")]
    yield {"class": "hand", "shape": "skeleton", "geometry": {"points": points}}
    box = {"cx": 100, "cy": 100, "width": 60, "height": 20, "angle": 30}
    yield {"class": "tilted", "shape": "rotatable_bounding_box", "geometry": box}


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_pycocotools_reads_our_coco(tmp_path: Path) -> None:
    made = [{"id": str(i), "attributes": {}, **label} for i, label in enumerate(sample())]
    file, problems = written("coco", [image(made), image(made, "b.png")])
    assert {problem.code for problem in problems} == {"approximated"}
    (tmp_path / "coco.json").write_bytes(file.getvalue())
    coco = COCO(str(tmp_path / "coco.json"))
    assert (len(coco.imgs), len(coco.anns), len(coco.cats)) == (2, 10, 9)
    areas = [coco.annToMask(item).sum() for item in coco.loadAnns(coco.getAnnIds(imgIds=1)) if item["segmentation"]]
    assert areas == pytest.approx([6400, 6300, 1200], rel=0.05)
    assert coco.loadCats(8)[0]["skeleton"] == [[1, 2], [1, 3]]


def test_media_go_along() -> None:
    picture = image([], "../../etc/passwd", media=lambda: io.BytesIO(b"bytes"))
    expected = {"coco": "images/etc/passwd", "voc": "JPEGImages/etc/passwd", "native": "images/etc/passwd"}
    for form, name in expected.items():
        file, _ = written(form, [picture, picture], media=True)
        with zipfile.ZipFile(file) as archive:
            assert archive.read(name) == archive.read(f"{name}-2") == b"bytes"
        file.seek(0)
        assert [found.file_name for found in read(form, file)[0]] == ["../../etc/passwd"] * 2


def bccd_zip() -> io.BytesIO:
    if not BCCD.exists():
        pytest.skip(f"the BCCD photographs are not at {BCCD}")
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted((BCCD / "Annotations").glob("*.xml")):
            archive.write(path, f"Annotations/{path.name}")
    file.seek(0)
    return file


def test_bccd_comes_in_whole_but_for_two_boxes_without_size() -> None:
    images, problems = read("voc", bccd_zip())
    assert (len(images), sum(len(found.labels) for found in images)) == (364, 4886)
    lost = [(problem.place, problem.code) for problem in problems if problem.lost]
    assert lost == [
        ("Annotations/BloodImage_00338.xml/object/12", "zero_size"),
        ("Annotations/BloodImage_00343.xml/object/3", "zero_size"),
    ]


def test_bccd_survives_both_formats_and_datumaro(tmp_path: Path) -> None:
    images, _ = read("voc", bccd_zip())
    exported = [
        ExportedImage(found.key, found.file_name, found.width, found.height,
                      [{"id": item.place, **item.label} for item in found.labels])
        for found in images
    ]  # fmt: skip
    for form in ("voc", "coco"):
        file, problems = written(form, exported)
        again, unread = read(form, file)
        assert (problems, unread) == ([], [])
        back = {found.file_name: [content(item.label) for item in found.labels] for found in again}
        assert back == {found.file_name: [content(item.label) for item in found.labels] for found in images}
        if form == "voc":
            zipfile.ZipFile(file).extractall(tmp_path)
    datumaro = pytest.importorskip("datumaro")
    dataset = datumaro.Dataset.import_from(str(tmp_path), "voc")
    found = [shape for item in dataset for shape in item.annotations if shape.type.name == "bbox"]
    assert (len(dataset), len(found)) == (364, 4886)
