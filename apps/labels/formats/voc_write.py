"""Writing Pascal VOC: Annotations/, ImageSets/Main/default.txt, and JPEGImages/ when the images go along."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from typing import IO, Any
from xml.sax.saxutils import escape

from apps.labels.formats.items import ExportedImage, Label, Problem, Report
from apps.labels.formats.media import Names, put_media, put_text
from apps.labels.formats.texts import texts_of
from apps.labels.formats.voc_read import EXACT, FLAGS
from apps.ontologies.logic import OntologyIndex

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(
    file: IO[bytes], images: Iterator[ExportedImage], index: OntologyIndex, report: Report, include_media: bool
) -> None:
    """A zip of one XML per image. Labels that VOC cannot say are reported and left out."""
    names, stems = Names(), []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for image in images:
            name = names.claim(image.file_name)
            stems.append(_stem(name))
            put_text(archive, f"Annotations/{stems[-1]}.xml", annotation(image, index, report))
            if include_media:
                put_media(archive, "JPEGImages", name, image)
        put_text(archive, "ImageSets/Main/default.txt", "".join(f"{stem}\n" for stem in sorted(stems)))
        put_text(archive, "labelmap.txt", _label_map(index))


def _stem(name: str) -> str:
    stem, _, suffix = name.rpartition(".")
    return stem if stem and "/" not in suffix else name


def _label_map(index: OntologyIndex) -> str:
    """Class names, one a line, as readers of VOC with other classes expect them."""
    lines = ["# label:color_rgb:parts:actions", "background:0,0,0::"]
    lines += [
        f"{_one_line(entry.name)}:{','.join(str(part) for part in _rgb(entry.color))}::"
        for entry in index.objects
        if entry.shape == "bounding_box"
    ]
    return "\n".join(lines) + "\n"


def _rgb(color: str | None) -> tuple[int, ...]:
    text = (color or "#808080").removeprefix("#")
    return tuple(int(text[i : i + 2], 16) for i in (0, 2, 4))


def _one_line(name: str) -> str:
    return name.replace(":", " ")


def annotation(image: ExportedImage, index: OntologyIndex, report: Report) -> str:
    """The XML of one image."""
    objects = []
    for label in image.labels:
        place = f"{image.file_name}/{label['id']}"
        if label["shape"] != "bounding_box":
            report(Problem(place, "not_carried", f"VOC cannot say a {label['shape']} ({label['class']})."))
        else:
            objects.append(_object(label, place, index, report))
    return (
        "<annotation>\n  <folder>JPEGImages</folder>\n"
        f"  <filename>{_text(image.file_name)}</filename>\n"
        "  <source><database>Lapidary</database></source>\n"
        f"  <size><width>{image.width}</width><height>{image.height}</height><depth>3</depth></size>\n"
        "  <segmented>0</segmented>\n" + "".join(objects) + "</annotation>\n"
    )


def _object(label: Label, place: str, index: OntologyIndex, report: Report) -> str:
    box = label["geometry"]
    x, y = _decimal(box["x"]), _decimal(box["y"])
    right, bottom = EXACT.add(x, _decimal(box["width"])), EXACT.add(y, _decimal(box["height"]))
    corners = zip(("xmin", "ymin", "xmax", "ymax"), (x, y, right, bottom), strict=True)
    lines = [f"    <{tag}>{_text(text)}</{tag}>" for tag, text in _flags(label, index)]
    lines += ["    <bndbox>" + "".join(f"<{tag}>{value:f}</{tag}>" for tag, value in corners) + "</bndbox>"]
    if extra := "".join(_extra(label, place, report)):
        lines += [f"    <attributes>{extra}</attributes>"]
    return f"  <object>\n    <name>{_text(label['class'])}</name>\n" + "\n".join(lines) + "\n  </object>\n"


def _decimal(value: float) -> Decimal:
    return Decimal(repr(value))


def _flags(label: Label, index: OntologyIndex) -> Iterator[tuple[str, str]]:
    """Pose and flags: as answered; the empty value where the class never asks; nothing where it asked in vain."""
    entry = index.find(label["class"])
    for name, default in FLAGS.items():
        texts = texts_of(label["attributes"][name]) if name in label["attributes"] else None
        if texts is not None and len(texts) == 1:
            yield name, texts[0]
        elif entry is None or name not in entry.attributes.lookup:
            yield name, default


def _extra(label: Label, place: str, report: Report) -> Iterator[str]:
    for name, answer in label["attributes"].items():
        texts = texts_of(answer)
        if texts is None:
            report(Problem(place, "not_carried", f"VOC cannot say the nested answer to {name}.", lost=False))
        elif name not in FLAGS or len(texts) != 1:
            for text in texts:
                yield f"<attribute><name>{_text(name)}</name><value>{_text(text)}</value></attribute>"


def _text(value: Any) -> str:
    # A parser turns a bare carriage return into a line feed, so it goes as a reference.
    return escape(_ILLEGAL.sub("?", str(value)), {"\r": "&#13;"})
