"""Hostile files: archives, XML, JSON. Each is refused or named, and costs little."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from typing import Any

import pytest

from apps.common.errors import Invalid, TooLarge
from apps.labels.formats import FORMATS, ImportedImage, Problem
from apps.labels.formats.archive import Archive
from tests.factories.labels import blood_cells

INDEX = blood_cells()
SOUND = (
    "<annotation><filename>a.png</filename><object><name>RBC</name><bndbox><xmin>1</xmin><ymin>1</ymin>"
    "<xmax>5</xmax><ymax>5</ymax></bndbox></object></annotation>"
)


def read(form: str, content: bytes) -> tuple[list[ImportedImage], list[tuple[str, str]]]:
    found = list(FORMATS[form].read(io.BytesIO(content), INDEX))
    images = [item for item in found if isinstance(item, ImportedImage)]
    problems = [item for item in found if isinstance(item, Problem)]
    return images, [(problem.place, problem.code) for problem in problems]


def packed(entries: list[tuple[Any, str | bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return out.getvalue()


def entry(name: str, mode: int) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name)
    made.create_system, made.external_attr = 3, mode << 16
    return made


def test_links_devices_and_strange_packing_are_named_and_the_rest_read() -> None:
    content = packed([
        (entry("link.xml", stat.S_IFLNK | 0o777), "/etc/passwd"),
        (entry("device.xml", stat.S_IFCHR | 0o666), ""),
        ("../../climbs.xml", SOUND),
        ("notes.txt", "nothing"),
        ("__MACOSX/._a.xml", "litter"),
    ])  # fmt: skip
    images, problems = read("voc", content)
    assert [image.key for image in images] == ["../../climbs.xml"]
    assert problems == [("link.xml", "bad_entry"), ("device.xml", "bad_entry")]
    assert read("voc", packed([("a.xml", SOUND)], zipfile.ZIP_LZMA)) == ([], [("a.xml", "bad_entry")])


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_repeated_names_are_read_once() -> None:
    images, problems = read("voc", packed([("a.xml", SOUND), ("a.xml", SOUND), ("A.XML", SOUND)]))
    assert (len(images), problems) == (1, [("a.xml", "repeated_entry"), ("A.XML", "repeated_entry")])


@pytest.mark.parametrize(("form", "name"), [("voc", "a.xml"), ("coco", "a.json"), ("native", "a.jsonl")])
def test_an_entry_that_inflates_beyond_measure_is_refused(form: str, name: str) -> None:
    bomb = packed([(name, b'{"lapidary": 1}' + b"\n" * 3_000_000)])
    assert len(bomb) < 4_000
    with pytest.raises(TooLarge):
        read(form, bomb)


def test_an_entry_larger_than_its_header_says_is_damaged() -> None:
    content = bytearray(packed([("a.xml", SOUND * 50)]))
    at = content.rfind(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<L", 10)
    _, problems = read("voc", bytes(content))
    assert problems == [("a.xml", "bad_file")]


def test_a_directory_of_too_many_entries_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    content = bytearray(packed([("a.xml", SOUND)]))
    at = content.rfind(b"PK\x05\x06")
    content[at + 12 : at + 16] = struct.pack("<L", 2**30)
    with pytest.raises(TooLarge):
        Archive(io.BytesIO(bytes(content)))
    monkeypatch.setattr("apps.labels.formats.archive.MAX_ENTRIES", 9)
    many = packed([(f"{i}", "") for i in range(10)], zipfile.ZIP_STORED)
    with pytest.raises(TooLarge):
        Archive(io.BytesIO(many))


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"PK\x03\x04" + b"\0" * 200])
def test_what_only_looks_like_an_archive_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid):
        read("voc", content)


LAUGHS = (
    '<!DOCTYPE a [<!ENTITY l "lol"><!ENTITY m "&l;&l;&l;&l;&l;&l;&l;&l;">]>'
    "<annotation><filename>&m;</filename></annotation>"
)
OUTSIDE = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><annotation><filename>&x;</filename></annotation>'


@pytest.mark.parametrize(
    "text",
    [LAUGHS, OUTSIDE, "", "<annotation>", "<html/>", "\0", '<?xml version="1.0" encoding="no-such"?><annotation/>'],
)
def test_hostile_xml_is_one_bad_file_among_good_ones(text: str) -> None:
    images, problems = read("voc", packed([("bad.xml", text), ("good.xml", SOUND)]))
    assert ([image.key for image in images], problems) == (["good.xml"], [("bad.xml", "bad_file")])


def test_deeply_nested_json_is_refused() -> None:
    deep = b'{"images": [], "categories": [], "annotations": [' + b'{"image_id": 1, "x": ' + b"[" * 100_000
    with pytest.raises(Invalid):
        read("coco", deep)
    closed = b'{"annotations": [{"image_id": 1, "x": ' + b"[" * 50_000 + b"]" * 50_000 + b"}]}"
    with pytest.raises(Invalid):
        read("coco", closed)
    header = b'{"lapidary": 1}\n'
    assert read("native", header + b"[" * 100_000 + b"\n") == ([], [("line 2", "bad_entry")])


def test_broken_annotations_are_named_one_by_one() -> None:
    content = b"""{"annotations": [
        {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]},
        {"id": 2, "image_id": 1, "category_id": 1, "bbox": [1, 2, 0, 4]},
        {"id": 3, "image_id": 1, "category_id": 1, "bbox": [1, 2, 1e308, 4]},
        {"id": 4, "image_id": 1, "category_id": 1, "bbox": "wide"},
        {"id": 5, "image_id": 1, "category_id": 9, "bbox": [1, 2, 3, 4]},
        {"id": 6, "image_id": 7, "category_id": 1, "bbox": [1, 2, 3, 4]},
        {"id": 7, "image_id": 1, "category_id": 2, "segmentation": {"size": [9, 9], "counts": [80]}},
        {"id": 8, "image_id": 1, "category_id": 2, "segmentation": {"size": [9, 9], "counts": [3, 8, 70]}},
        "annotation", {"id": 9}],
      "images": [{"id": 1, "file_name": "a.png", "width": 9, "height": 9}, {"id": 2}, 3],
      "categories": [{"id": 1, "name": "WBC"}, {"id": 2, "name": "stain"}, {"id": 9, "name": "Blast"}]}"""
    (image,), loose = read("coco", content)
    assert [item.place for item in image.labels] == ["/annotations/0", "/annotations/7"]
    assert image.labels[1].label["geometry"]["size"] == [9, 9]
    codes = [(problem.place.rpartition("/")[2], problem.code) for problem in image.problems]
    assert codes == [
        ("1", "zero_size"),
        ("2", "not_finite"),
        ("3", "broken_geometry"),
        ("4", "unknown_class"),
        ("6", "broken_geometry"),
    ]
    assert sorted(loose) == [
        ("/annotations/5", "unknown_image"),
        ("/annotations/8", "bad_entry"),
        ("/annotations/9", "bad_entry"),
        ("/images/1", "bad_entry"),
        ("/images/2", "bad_entry"),
    ]
