"""Reading a detector's results: COCO's results list, or a whole COCO document whose annotations carry ``score``.

A list alone names its images by ``image_id``, which is then matched like a file's name, digest or id; its
``category_id`` is a class's name or id, or the number that an export of this ontology gave the class. Programs write
NaN and Infinity, which no JSON has: they are read as null, so that the one prediction is refused and not the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import IO, Any

import ijson

from apps.labels.formats.coco_read import (
    Opener,
    image_of,
    items_of,
    plain_key,
    read_document,
    read_files,
    read_label,
    unreadable,
    whole,
)
from apps.labels.formats.coco_shapes import NotCarriedError
from apps.labels.formats.items import ImportedImage, Problem
from apps.labels.formats.spool import Spool
from apps.ontologies.logic import OntologyIndex

WORDS = re.compile(rb"NaN|-?Infinity")
WORD_BYTES = b"-NaInfity"
LONGEST = 9
SPACES = b" \t\r\n\xef\xbb\xbf"


def read(file: IO[bytes], index: OntologyIndex) -> Iterator[ImportedImage | Problem]:
    """The images of a results file, or of every JSON file in a zip, with what was predicted. Raises Invalid."""
    yield from read_files(file, index, _read_one)


def _read_one(place: str, opened: Opener, index: OntologyIndex) -> Iterator[ImportedImage | Problem]:
    def lenient() -> IO[bytes]:
        return Lenient(opened())  # type: ignore[return-value]

    try:
        if _is_list(opened):
            yield from _read_list(place, lenient, index)
        else:
            yield from read_document(place, lenient, index, _predicted, with_classifications=False)
    except (ijson.JSONError, UnicodeDecodeError, RecursionError) as error:
        raise unreadable(error) from None


def _is_list(opened: Opener) -> bool:
    stream = opened()
    while piece := stream.read(4096):
        if head := piece.lstrip(SPACES):
            return head.startswith(b"[")
    return False


def _read_list(place: str, opened: Opener, index: OntologyIndex) -> Iterator[ImportedImage | Problem]:
    categories = {number: {"name": entry.name} for number, entry in enumerate(index.objects, start=1)}
    with Spool() as spool:
        for number, item in enumerate(items_of(opened, "item")):
            key = plain_key(item.get("image_id")) if isinstance(item, dict) else None
            if key is None:
                yield Problem(f"{place}/{number}", "bad_entry", "A prediction is an object with an image_id.")
                continue
            spool.add_image(key, {"id": key, "file_name": str(key), "lapidary_place": f"{place}/{number}"})
            spool.add_item(key, number, item)
        for image, items in spool.images():
            yield image_of(place, image, items, categories, index, _predicted)


def _predicted(
    item: dict[str, Any],
    place: str,
    categories: Mapping[Any, Any],
    index: OntologyIndex,
    size: tuple[int, int],
    problems: list[Problem],
) -> dict[str, Any]:
    """A label with its confidence. Raises NotCarriedError or Invalid."""
    if "score" not in item:
        raise NotCarriedError("no_score", "The prediction has no score.")
    ref = item.get("category_id")
    if isinstance(ref, str) and ref not in categories and (entry := index.find(ref)) is not None:
        categories = {**categories, ref: {"name": entry.name}}
    rest = {name: value for name, value in item.items() if name not in ("score", "probabilities")}
    label = read_label(rest, place, categories, index, size if all(size) else _size_of(item), problems)
    said = {"confidence": item["score"]}
    return label | said | ({"probabilities": item["probabilities"]} if "probabilities" in item else {})


def _size_of(item: Mapping[str, Any]) -> tuple[int, int]:
    """Width and height of the prediction's own mask, where the file says nothing of the image."""
    mask = item.get("segmentation")
    size = mask.get("size") if isinstance(mask, dict) else None
    if not isinstance(size, list) or len(size) != 2:
        return 0, 0
    return whole(size[1]), whole(size[0])


class Lenient:
    """A stream of JSON in which NaN and Infinity, outside texts, read as null."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._held = b""
        self._in_string = False

    def read(self, size: int = -1) -> bytes:
        """At least one byte until the source ends."""
        while True:
            piece = self._source.read(size)
            text = self._held + piece
            # A word, or what escapes the next byte, may go on in the next piece.
            keep = self._tail(text) if piece and size >= 0 else 0
            text, self._held = text[: len(text) - keep], text[len(text) - keep :]
            if text or not piece:
                return self._mended(text)

    def _tail(self, text: bytes) -> int:
        words = len(text) - len(text.rstrip(WORD_BYTES))
        slashes = len(text) - len(text.rstrip(b"\\"))
        return min(words, LONGEST) or slashes % 2

    def _mended(self, text: bytes) -> bytes:
        plain = text.replace(b"\\\\", b"  ").replace(b'\\"', b"  ")
        parts = plain.split(b'"')
        inside, self._in_string = self._in_string, self._in_string ^ (len(parts) % 2 == 0)
        if not WORDS.search(plain):
            return text
        made, at = [], 0
        for number, part in enumerate(parts):
            own = text[at : at + len(part)]
            made.append(own if inside ^ (number % 2 == 1) else WORDS.sub(b"null", own))
            at += len(part) + 1
        return b'"'.join(made)
