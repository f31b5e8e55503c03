"""Label formats: streaming readers and writers over file objects, without a database.

A reader is ``read(file, index) -> Iterator[ImportedImage]``, a writer ``write(file, images, index, …) -> None``; what
cannot be carried becomes a ``Problem`` that names its place, and everything else goes on.
"""

from __future__ import annotations

from apps.labels.formats.items import ExportedImage, ImportedImage, ImportedLabel, Problem
from apps.labels.formats.registry import FORMATS, PREDICTION_READERS, reader_of, writer_of

__all__ = [
    "FORMATS",
    "PREDICTION_READERS",
    "ExportedImage",
    "ImportedImage",
    "ImportedLabel",
    "Problem",
    "reader_of",
    "writer_of",
]
