"""What readers yield and writers take."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

from apps.common.errors import Invalid

Label = dict[str, Any]
"""A label as the API writes it: id class shape geometry attributes, and what the server adds."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that was not carried. ``place`` names file and item; ``lost`` says whether the whole item is missing.

    Codes: ``unknown_class broken_geometry zero_size outside_image not_carried bad_file bad_entry …``.
    """

    place: str
    code: str
    detail: str
    lost: bool = True

    def as_json(self) -> dict[str, Any]:
        return {"item": self.place, "code": self.code, "detail": self.detail, "lost": self.lost}


@dataclass(frozen=True, slots=True)
class ImportedLabel:
    """One label of a file: class, shape, geometry, attributes, and from the native format id and origin too.

    ``place`` names it within the file: stable over repeated readings, so ids can be made from it.
    """

    place: str
    label: Label


@dataclass(frozen=True, slots=True)
class ImportedImage:
    """All that a file says of one image. ``width`` and ``height`` are 0 where the file does not say."""

    key: str
    file_name: str
    width: int = 0
    height: int = 0
    labels: Sequence[ImportedLabel] = ()
    problems: Sequence[Problem] = ()
    sha256: str = ""
    unit_id: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExportedImage:
    """One task's image and labels. ``media`` opens its bytes; ``task`` is what native keeps: stage, status, round…"""

    key: str
    file_name: str
    width: int
    height: int
    labels: Sequence[Label]
    sha256: str = ""
    unit_id: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    task: Mapping[str, Any] = field(default_factory=dict)
    media: Callable[[], IO[bytes]] | None = None


Images = Iterator[ExportedImage]
Report = Callable[[Problem], None]


def bad_file(detail: str) -> Invalid:
    """The refusal of a whole file."""
    return Invalid.at("/file", detail, code="bad_file")


def clip(text: str, most: int = 200) -> str:
    """Text of a foreign file, short enough to repeat in a report."""
    shown = "".join(character if character.isprintable() else "?" for character in text[: most + 1])
    return shown if len(text) <= most else shown[:most] + "…"
