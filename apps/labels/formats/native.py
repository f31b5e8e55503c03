"""The native format: JSON Lines that keep everything a task says now.

The first line is the header ``{"lapidary": 1, "ontology", "ontology_version"}``; each other line is one task:
``data_unit`` (id, name, width, height, sha256, metadata), ``task`` (id, stage, stage_type, status, round, priority,
revision) and ``labels`` as the API writes them, with who made and changed them when, and where they came from.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from apps.common.errors import Invalid
from apps.common.parsers import loads_strict
from apps.labels.formats.archive import Archive, is_zip
from apps.labels.formats.items import ExportedImage, ImportedImage, ImportedLabel, Problem, Report, bad_file, clip
from apps.labels.formats.media import Names, put_media, put_stream
from apps.ontologies.logic import OntologyIndex

VERSION = 1
MAX_LINE = 64 * 2**20
MAX_TEXT = 8 * 2**30
MEMBERS = {
    "id",
    "class",
    "shape",
    "geometry",
    "attributes",
    "origin",
    "created_by",
    "created_at",
    "updated_by",
    "updated_at",
}
PREDICTED = {"id", "class", "shape", "geometry", "attributes", "confidence", "probabilities"}


def write(
    file: IO[bytes], images: Iterator[ExportedImage], index: OntologyIndex, _report: Report, include_media: bool
) -> None:
    """One line per task; with the images a zip of ``labels.jsonl`` and them. Nothing is ever left out."""
    if not include_media:
        _write_lines(file, images, index)
        return
    with zipfile.ZipFile(file, "w") as archive, SpooledTemporaryFile(4 * 2**20) as text:
        names = Names()

        def with_media() -> Iterator[ExportedImage]:
            for image in images:
                put_media(archive, "images", names.claim(image.file_name), image)
                yield image

        _write_lines(text, with_media(), index)
        text.seek(0)
        put_stream(archive, "labels.jsonl", text, deflate=True)


def _write_lines(file: Any, images: Iterator[ExportedImage], index: OntologyIndex) -> None:
    header = {"lapidary": VERSION, "ontology": index.ontology_id, "ontology_version": index.version}
    file.write(_line(header))
    for image in images:
        unit = {
            "id": image.unit_id,
            "name": image.file_name,
            "width": image.width,
            "height": image.height,
            "sha256": image.sha256,
            "metadata": dict(image.metadata),
        }
        file.write(_line({"data_unit": unit, "task": dict(image.task), "labels": list(image.labels)}))


def _line(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass") + b"\n"


def read(file: IO[bytes], _index: OntologyIndex) -> Iterator[ImportedImage | Problem]:
    """The tasks of a native file. Raises Invalid when it has no header of this format."""
    yield from _read_files(file, MEMBERS)


def read_predictions(file: IO[bytes], _index: OntologyIndex) -> Iterator[ImportedImage | Problem]:
    """The same for what a model said: ``labels`` with ``confidence`` and perhaps ``probabilities``."""
    yield from _read_files(file, PREDICTED)


def _read_files(file: IO[bytes], members: AbstractSet[str]) -> Iterator[ImportedImage | Problem]:
    if not is_zip(file):
        yield from _read_lines("", file, members)
        return
    archive = Archive(file)
    for entry in archive.entries(".jsonl"):
        if isinstance(entry, Problem):
            yield entry
        else:
            with archive.open(entry, most=MAX_TEXT) as stream:
                yield from _read_lines(f"{clip(entry.filename)}#", stream, members)


def _read_lines(place: str, stream: IO[bytes], members: AbstractSet[str]) -> Iterator[ImportedImage | Problem]:
    _check_header(stream.readline(MAX_LINE))
    number = 1
    while line := stream.readline(MAX_LINE):
        number += 1
        here = f"{place}line {number}"
        if len(line) >= MAX_LINE and not line.endswith(b"\n"):
            raise bad_file(f"{here} is longer than {MAX_LINE} bytes.")
        if not line.strip():
            continue
        try:
            yield _task(loads_strict(line), here, members)
        except Invalid as error:
            yield Problem(here, "bad_entry", error.detail)


def _check_header(line: bytes) -> None:
    try:
        header = loads_strict(line)
    except Invalid:
        header = None
    if not isinstance(header, dict) or header.get("lapidary") != VERSION:
        raise bad_file(f'The first line of this format is {{"lapidary": {VERSION}, …}}.')


def _task(body: Any, place: str, members: AbstractSet[str]) -> ImportedImage:
    unit = body.get("data_unit") if isinstance(body, dict) else None
    if not isinstance(unit, dict) or not isinstance(body.get("labels"), list):
        raise Invalid("A line is a task with its data_unit and labels.")
    labels, problems = [], []
    for i, label in enumerate(body["labels"]):
        here = f"{place}/labels/{i}"
        if isinstance(label, dict):
            labels.append(ImportedLabel(here, {name: value for name, value in label.items() if name in members}))
        else:
            problems.append(Problem(here, "bad_entry", "A label is an object."))
    metadata: Mapping[str, Any] = unit["metadata"] if isinstance(unit.get("metadata"), dict) else {}
    return ImportedImage(
        place,
        str(unit.get("name", "")),
        _whole(unit.get("width")),
        _whole(unit.get("height")),
        labels,
        problems,
        sha256=str(unit.get("sha256", "")),
        unit_id=str(unit.get("id", "")),
        metadata=metadata,
    )


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31 else 0
