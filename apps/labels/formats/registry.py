"""The formats by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO

from apps.labels.formats import coco_read, coco_results, coco_write, native, voc_read, voc_write
from apps.labels.formats.items import ExportedImage, ImportedImage, Problem, Report
from apps.ontologies.logic import OntologyIndex

Reader = Callable[[IO[bytes], OntologyIndex], Iterator[ImportedImage | Problem]]


@dataclass(frozen=True, slots=True)
class Format:
    """One format: how to read it, how to write it, and what its file is called without and with images."""

    read: Reader
    write: Callable[[IO[bytes], Iterator[ExportedImage], OntologyIndex, Report, bool], None]
    suffix: str
    suffix_with_media: str = ".zip"


FORMATS: Mapping[str, Format] = {
    "coco": Format(coco_read.read, coco_write.write, ".json"),
    "voc": Format(voc_read.read, voc_write.write, ".zip"),
    "native": Format(native.read, native.write, ".jsonl"),
}

PREDICTION_READERS: Mapping[str, Reader] = {"coco": coco_results.read, "native": native.read_predictions}
"""How a model's predictions are read: labels with ``confidence`` and perhaps ``probabilities``."""


def reader_of(name: str) -> Reader:
    """The reader of a format in FORMATS: file object and ontology in, images and problems out."""
    return FORMATS[name].read


def writer_of(name: str) -> Callable[[IO[bytes], Iterator[ExportedImage], OntologyIndex, Report, bool], None]:
    """The writer of a format in FORMATS: images to a seekable file, with their media when the last argument says so."""
    return FORMATS[name].write
