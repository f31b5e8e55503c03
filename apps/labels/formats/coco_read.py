"""Reading COCO: detection, segmentation (polygons, RLE packed and plain, crowds) and keypoints.

The file may hold its parts in any order and be of any size: it is read in three passes, one per part. What an
annotation becomes is its class's shape: the box, the polygons, the mask, or the keypoints.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import IO, Any, Protocol

import ijson

from apps.common.errors import Invalid
from apps.labels.formats.archive import Archive, is_zip
from apps.labels.formats.coco_shapes import NotCarriedError, geometry_of
from apps.labels.formats.depth import Shallow
from apps.labels.formats.items import ImportedImage, ImportedLabel, Problem, bad_file, clip
from apps.labels.formats.spool import Spool
from apps.ontologies.logic import ClassEntry, OntologyIndex

MAX_JSON = 8 * 2**30
IMAGE_MEMBERS = {"id", "file_name", "width", "height", "attributes", "lapidary"}
EMPTY_IMAGE = {"license": (0, None), "date_captured": (0, "", None), "flickr_url": ("", None), "coco_url": ("", None)}
ITEM_MEMBERS = {
    "id", "image_id", "category_id", "bbox", "area", "segmentation", "iscrowd", "keypoints", "num_keypoints",
    "attributes", "lapidary",
}  # fmt: skip
CROWD = ("iscrowd", "crowd")

Opener = Callable[[], IO[bytes]]
ReadOne = Callable[[str, Opener, OntologyIndex], Iterator[ImportedImage | Problem]]


class ReadLabel(Protocol):
    """What makes a label of an annotation. Raises NotCarriedError or Invalid; what is carried in part it notes."""

    def __call__(
        self,
        item: dict[str, Any],
        place: str,
        categories: Mapping[Any, Any],
        index: OntologyIndex,
        size: tuple[int, int],
        problems: list[Problem],
    ) -> dict[str, Any]: ...


def read(file: IO[bytes], index: OntologyIndex) -> Iterator[ImportedImage | Problem]:
    """The images of a COCO file, or of every JSON file in a zip. Raises Invalid where it is neither."""
    yield from read_files(file, index, _read_one)


def read_files(file: IO[bytes], index: OntologyIndex, read_one: ReadOne) -> Iterator[ImportedImage | Problem]:
    """The file, or every JSON file of a zip, each by ``read_one``."""
    if not is_zip(file):
        yield from read_one("", lambda: _rewound(file), index)
        return
    archive = Archive(file)
    for entry in archive.entries(".json"):
        if isinstance(entry, Problem):
            yield entry
        else:
            yield from read_one(f"{clip(entry.filename)}#", _opener(archive, entry), index)


def _opener(archive: Archive, entry: zipfile.ZipInfo) -> Opener:
    return lambda: archive.open(entry, most=MAX_JSON)


def _rewound(file: IO[bytes]) -> IO[bytes]:
    file.seek(0)
    return file


def _read_one(place: str, opened: Opener, index: OntologyIndex) -> Iterator[ImportedImage | Problem]:
    try:
        yield from read_document(place, opened, index, read_label, with_classifications=True)
    except (ijson.JSONError, UnicodeDecodeError, RecursionError) as error:
        raise unreadable(error) from None


def unreadable(error: Exception) -> Invalid:
    """The refusal of what is no JSON."""
    return bad_file(f"This is no COCO JSON that can be read: {clip(str(error))}")


def read_document(
    place: str, opened: Opener, index: OntologyIndex, label_of: ReadLabel, *, with_classifications: bool
) -> Iterator[ImportedImage | Problem]:
    """A whole document's images, each with what ``label_of`` makes of its annotations."""
    categories = {
        plain_key(item.get("id")): item for item in items_of(opened, "categories.item") if isinstance(item, dict)
    }
    with Spool() as spool:
        yield from _spool_images(place, opened, spool)
        yield from _spool_annotations(place, opened, spool)
        for image, items in spool.images():
            made = image_of(f"{place}/annotations", image, items, categories, index, label_of)
            if with_classifications:
                problems = list(made.problems)
                found = [*_classifications(image, index, problems), *made.labels]
                made = replace(made, labels=found, problems=problems)
            yield made
        for number, key in spool.orphans():
            detail = f"The file lists no image {clip(str(key))}."
            yield Problem(f"{place}/annotations/{number}", "unknown_image", detail)


def items_of(opened: Opener, prefix: str) -> Iterator[Any]:
    found: Iterator[Any] = ijson.items(Shallow(opened()), prefix, use_float=True, buf_size=1 << 18)
    return found


def plain_key(value: Any) -> Any:
    return value if isinstance(value, (int, str)) and not isinstance(value, bool) else None


def _spool_images(place: str, opened: Opener, spool: Spool) -> Iterator[Problem]:
    unread: set[str] = set()
    for number, image in enumerate(items_of(opened, "images.item")):
        here = f"{place}/images/{number}"
        if not isinstance(image, dict) or plain_key(image.get("id")) is None:
            yield Problem(here, "bad_entry", "An image is an object with an id.")
        elif not isinstance(image.get("file_name"), str):
            yield Problem(here, "bad_entry", "The image has no file_name.")
        elif not spool.add_image(image["id"], {**image, "lapidary_place": here}):
            yield Problem(here, "repeated_image", "The file lists two images with this id; the first counts.")
        else:
            unread |= {n for n in image if n not in IMAGE_MEMBERS and image[n] not in EMPTY_IMAGE.get(n, ())}
    for name in sorted(unread):
        yield Problem(f"{place}/images", "not_carried", f"{clip(name)} of the images has no place here.", lost=False)


def _spool_annotations(place: str, opened: Opener, spool: Spool) -> Iterator[Problem]:
    for number, item in enumerate(items_of(opened, "annotations.item")):
        if not isinstance(item, dict) or plain_key(item.get("image_id")) is None:
            detail = "An annotation is an object with an image_id."
            yield Problem(f"{place}/annotations/{number}", "bad_entry", detail)
        else:
            spool.add_item(item["image_id"], number, item)


def image_of(
    place: str,
    image: dict[str, Any],
    items: Iterator[tuple[int, Any]],
    categories: Mapping[Any, Any],
    index: OntologyIndex,
    label_of: ReadLabel,
) -> ImportedImage:
    """One image with its annotations, which stand at ``place`` by their numbers."""
    width, height = whole(image.get("width")), whole(image.get("height"))
    problems: list[Problem] = []
    labels: list[ImportedLabel] = []
    for number, item in items:
        here = f"{place}/{number}"
        try:
            labels.append(ImportedLabel(here, label_of(item, here, categories, index, (width, height), problems)))
        except NotCarriedError as error:
            problems.append(Problem(here, error.code, f"{_named(item)}{error.detail}"))
        except Invalid as error:
            first = error.errors[0]
            problems.append(Problem(here, first.code, f"{_named(item)}{first.detail}"))
    own = image.get("lapidary") if isinstance(image.get("lapidary"), dict) else {}
    return ImportedImage(
        image["lapidary_place"],
        image["file_name"],
        width,
        height,
        labels,
        problems,
        sha256=str((own or {}).get("sha256", "")),
        unit_id=str((own or {}).get("id", "")),
    )


def _named(item: Mapping[str, Any]) -> str:
    return f"Annotation {clip(str(item['id']))}: " if "id" in item else ""


def read_label(
    item: dict[str, Any],
    place: str,
    categories: Mapping[Any, Any],
    index: OntologyIndex,
    size: tuple[int, int],
    problems: list[Problem],
) -> dict[str, Any]:
    """The label of one annotation. Raises NotCarriedError or Invalid."""
    category = categories.get(plain_key(item.get("category_id")))
    name = category.get("name") if category else None
    entry = index.find(name)
    if category is None or entry is None:
        raise NotCarriedError(
            "unknown_class", f"The ontology has no class {clip(str(name or item.get('category_id')))!r}."
        )
    problems += [
        Problem(place, "not_carried", f"{clip(member)} has no place here.", lost=False)
        for member in item
        if member not in ITEM_MEMBERS
    ]
    return {
        "class": entry.name,
        "shape": entry.shape,
        "geometry": geometry_of(item, entry, category, size),
        "attributes": _attributes(item, entry, place, problems),
    }


def _attributes(item: Mapping[str, Any], entry: ClassEntry, place: str, problems: list[Problem]) -> dict[str, Any]:
    """The annotation's attributes that the class has, and the crowd flag where it has one for it."""
    said = item.get("attributes")
    answers = {}
    for name, value in (said if isinstance(said, dict) else {}).items():
        if name in entry.attributes.lookup:
            answers[name] = value
        elif value not in (None, False, "", 0):
            problems.append(Problem(place, "not_carried", f"The class has no attribute {clip(name)}.", lost=False))
    flag = next((name for name in CROWD if name in entry.attributes.lookup), None)
    if flag and "iscrowd" in item:
        answers.setdefault(flag, item["iscrowd"] in (1, True))
    elif item.get("iscrowd") in (1, True):
        problems.append(Problem(place, "not_carried", "The class has no attribute iscrowd.", lost=False))
    return answers


def _classifications(
    image: Mapping[str, Any], index: OntologyIndex, problems: list[Problem]
) -> Iterator[ImportedLabel]:
    """The image's attributes are the answers to classifications."""
    said = image.get("attributes")
    place = image["lapidary_place"]
    for name, value in (said if isinstance(said, dict) else {}).items():
        entry = index.find(name)
        if entry is None or not entry.is_classification:
            detail = f"The ontology has no classification {clip(name)}."
            problems.append(Problem(place, "not_carried", detail, lost=False))
        else:
            label = {"class": entry.name, "shape": entry.shape, "geometry": None, "attributes": {entry.name: value}}
            yield ImportedLabel(f"{place}/attributes/{name}", label)


def whole(value: Any) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31 else 0
