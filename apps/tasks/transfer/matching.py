"""Which task an image of a file is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from uuid import UUID

from apps.labels.formats import ImportedImage, Problem
from apps.tasks.models import Task

MATCHES = ("file_name", "sha256", "id")


@dataclass(frozen=True, slots=True)
class Unit:
    """A task's data unit, as far as matching needs it. Sizes in pixels."""

    task_id: UUID
    unit_id: UUID
    name: str
    sha256: str
    width: int
    height: int


def match(
    project_id: UUID, images: Sequence[ImportedImage], by: str, taken: AbstractSet[UUID]
) -> tuple[list[tuple[ImportedImage, Unit]], list[Problem]]:
    """The images that are exactly one task's, and a problem for each that is none's, several's or repeated.

    ``taken`` holds the tasks that earlier images of the file were matched to.
    """
    found, problems, here = [], [], set[UUID]()
    candidates = _candidates(project_id, images, by)
    for image in images:
        units = candidates(image)
        problem = _problem(image, units, by, taken, here)
        if problem is None:
            here.add(units[0].task_id)
            found.append((image, units[0]))
        else:
            problems.append(problem)
    return found, problems


def _problem(image: ImportedImage, units: Sequence[Unit], by: str, *taken: AbstractSet[UUID]) -> Problem | None:
    named = f"{image.file_name} ({len(image.labels)} labels)"
    if not units:
        return Problem(image.key, "unknown_image", f"No task's {by} is that of {named}.")
    if len(units) > 1:
        return Problem(image.key, "ambiguous_image", f"{len(units)} tasks have the {by} of {named}.")
    unit = units[0]
    if any(unit.task_id in tasks for tasks in taken):
        return Problem(image.key, "repeated_image", f"{named} occurs twice in the file; the first counts.")
    if image.width and image.height and (image.width, image.height) != (unit.width, unit.height):
        sizes = f"{image.width} x {image.height} in the file, {unit.width} x {unit.height} here"
        return Problem(image.key, "wrong_size", f"{named} has another size: {sizes}.")
    return None


def _candidates(
    project_id: UUID, images: Sequence[ImportedImage], by: str
) -> Callable[[ImportedImage], Sequence[Unit]]:
    """One query for all the images; then a lookup for each."""
    if by == "file_name":
        names = {name for image in images for name in _names(image.file_name)}
        by_name = _grouped(_units(project_id, data_unit__name__in=names), lambda unit: unit.name)
        return lambda image: next((by_name[name] for name in _names(image.file_name) if name in by_name), ())
    if by == "sha256":
        digests = {_digest(image) for image in images}
        by_digest = _grouped(_units(project_id, data_unit__sha256__in=digests), lambda unit: unit.sha256)
        return lambda image: by_digest.get(_digest(image), ())
    ids = {unit_id for image in images if (unit_id := _unit_id(image)) is not None}
    by_id = _grouped(_units(project_id, data_unit_id__in=ids), lambda unit: str(unit.unit_id))
    return lambda image: by_id.get(str(_unit_id(image)), ())


def _units(project_id: UUID, **condition: object) -> list[Unit]:
    columns = ("id", "data_unit_id", "data_unit__name", "data_unit__sha256", "data_unit__width", "data_unit__height")
    rows = Task.objects.filter(project_id=project_id, **condition).values_list(*columns)
    return [Unit(*row) for row in rows]


def _grouped(units: Iterable[Unit], key: Callable[[Unit], str]) -> dict[str, list[Unit]]:
    groups: dict[str, list[Unit]] = {}
    for unit in units:
        groups.setdefault(key(unit), []).append(unit)
    return groups


def _names(file_name: str) -> list[str]:
    """The name as the file has it; then its last part, as other programs write paths."""
    last = file_name.replace("\\", "/").rpartition("/")[2]
    return [file_name] if last == file_name else [file_name, last]


def _digest(image: ImportedImage) -> str:
    """The digest that the file gives; a file without such a member may name its images by it."""
    return (image.sha256 or _stem(image)).lower()


def _unit_id(image: ImportedImage) -> UUID | None:
    """The data unit's id that the file gives; a file without such a member may name its images by it."""
    try:
        return UUID(image.unit_id or _stem(image))
    except ValueError:
        return None


def _stem(image: ImportedImage) -> str:
    """The last part of the file's name, without its extension."""
    return _names(image.file_name)[-1].partition(".")[0]
