"""Reading Pascal VOC: one XML file per image, alone or many in a zip.

``x = xmin, width = xmax - xmin``, without any shift of pixels. The subtraction is done in decimal, so what was
written with a decimal fraction comes back to the last digit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Context, Decimal
from typing import IO, Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from apps.common.errors import Invalid
from apps.labels.formats.archive import Archive, is_zip
from apps.labels.formats.items import ImportedImage, ImportedLabel, Problem, clip
from apps.labels.formats.texts import answer_from
from apps.ontologies.logic import ClassEntry, OntologyIndex

MAX_XML = 8 * 2**20
EXACT = Context(prec=60)
FLAGS = {"pose": "Unspecified", "truncated": "0", "difficult": "0", "occluded": "0"}
"""What an object may say beside name and box, and the value that says nothing."""

KNOWN = {"name", "bndbox", "attributes", *FLAGS}
_NUMBER = re.compile(r"[+-]?(\d{1,20}(\.\d{0,400})?|\.\d{1,400})([eE][+-]?\d{1,3})?")


def read(file: IO[bytes], index: OntologyIndex) -> Iterator[ImportedImage | Problem]:
    """The images of a VOC file. Raises Invalid when it is neither XML nor zip, TooLarge beyond the archive's limits."""
    if not is_zip(file):
        yield from _read_one("annotation.xml", file.read(MAX_XML + 1), index)
        return
    archive = Archive(file)
    for entry in archive.entries(".xml"):
        if isinstance(entry, Problem):
            yield entry
            continue
        try:
            raw = archive.read(entry, most=MAX_XML)
        except Invalid as error:
            yield Problem(clip(entry.filename), "bad_file", error.detail)
        else:
            yield from _read_one(entry.filename, raw, index)


def _read_one(place: str, raw: bytes, index: OntologyIndex) -> Iterator[ImportedImage | Problem]:
    place = clip(place)
    if len(raw) > MAX_XML:
        yield Problem(place, "bad_file", f"An annotation file has at most {MAX_XML} bytes.")
        return
    try:
        root: Element = fromstring(raw, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        yield Problem(place, "bad_file", f"This is no XML that can be read: {clip(str(error))}")
        return
    if root.tag != "annotation":
        yield Problem(place, "bad_file", "This XML file is no VOC annotation.")
        return
    labels: list[ImportedLabel] = []
    problems: list[Problem] = []
    for i, item in enumerate(root.findall("object")):
        here = f"{place}/object/{i}"
        try:
            labels.append(ImportedLabel(here, _object(item, here, index, problems)))
        except ValueError as error:
            code, _, detail = str(error).partition(": ")
            problems.append(Problem(here, code, detail))
    stem = place.rpartition("/")[2].removesuffix(".xml")
    width, height = (_whole(root.findtext(f"size/{name}")) for name in ("width", "height"))
    yield ImportedImage(place, (root.findtext("filename") or stem).strip(), width, height, labels, problems)


def _object(item: Element, place: str, index: OntologyIndex, problems: list[Problem]) -> dict[str, Any]:
    """The label of one object. Raises ValueError ``code: detail``; what is only partly carried goes to ``problems``."""
    name = (item.findtext("name") or "").strip()
    entry = index.find(name)
    if entry is None:
        raise ValueError(f"unknown_class: The ontology has no class {clip(name)!r}.")
    if entry.shape != "bounding_box":
        raise ValueError(f"wrong_shape: VOC has boxes only, and {entry.name} is a {entry.shape}.")
    problems += [
        Problem(place, "not_carried", f"<{clip(str(child.tag))}> has no place here.", lost=False)
        for child in item
        if child.tag not in KNOWN
    ]
    return {
        "class": entry.name,
        "shape": "bounding_box",
        "geometry": _box(item.find("bndbox")),
        "attributes": _attributes(item, entry, place, problems),
    }


def _box(box: Element | None) -> dict[str, float]:
    if box is None:
        raise ValueError("broken_geometry: The object has no bndbox.")
    left, top, right, bottom = (_decimal(box.findtext(name), name) for name in ("xmin", "ymin", "xmax", "ymax"))
    width, height = EXACT.subtract(right, left), EXACT.subtract(bottom, top)
    shown = f"xmin {left}, ymin {top}, xmax {right}, ymax {bottom}"
    if width == 0 or height == 0:
        raise ValueError(f"zero_size: The box has no size: {shown}.")
    if width < 0 or height < 0:
        raise ValueError(f"broken_geometry: The box ends before it begins: {shown}.")
    return {"x": _plain(left), "y": _plain(top), "width": _plain(width), "height": _plain(height)}


def _decimal(text: str | None, name: str) -> Decimal:
    text = (text or "").strip()
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"broken_geometry: {name} is no number.")
    return Decimal(text)


def _plain(value: Decimal) -> float:
    return int(value) if value == value.to_integral_value() and abs(value) < 2**53 else float(value)


def _attributes(item: Element, entry: ClassEntry, place: str, problems: list[Problem]) -> dict[str, Any]:
    """Pose, flags and ``<attributes>`` as answers where the class has such an attribute; else a problem tells."""
    said: dict[str, list[str]] = {}
    for name in FLAGS:
        if (text := item.findtext(name)) is not None:
            said[name] = [text.strip()]
    for extra in item.findall("attributes/attribute"):
        said.setdefault((extra.findtext("name") or "").strip(), []).append(extra.findtext("value") or "")
    answers = {}
    for name, texts in said.items():
        attribute = entry.attributes.lookup.get(name)
        try:
            if attribute is None:
                raise ValueError("the class has no such attribute")
            answers[attribute.name] = answer_from(attribute, texts)
        except ValueError as error:
            if texts != [FLAGS.get(name)]:
                detail = f"{clip(name)} = {clip(', '.join(texts))}: {error}."
                problems.append(Problem(place, "not_carried", detail, lost=False))
    return answers


def _whole(text: str | None) -> int:
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
