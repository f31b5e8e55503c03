"""What inference asks of an app beside it. Filled by the composition root."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol


class CheckGeometry(Protocol):
    """Whether a geometry of ``shape`` is sound in an image of ``size`` (width, height). Raises Invalid below
    ``pointer``."""

    def __call__(
        self, shape: str, geometry: Any, *, size: tuple[int, int], pointer: str = ..., points: Sequence[str] = ...
    ) -> object: ...


# The labels' own check: a prediction is a label that a model made, and geometry is known in one place.
check_geometry: list[CheckGeometry] = []
