"""What a certificate is computed from, and the parts of it that have a line of their own."""

from __future__ import annotations

from dataclasses import dataclass, replace

from apps.quality.logic.certificate.frame import Frame
from apps.quality.logic.certificate.instrument import Gridded
from apps.quality.logic.checks import Array


@dataclass(frozen=True)
class Material:
    """``labels`` has one row a label (its kind is any), ``found`` (n,) the kind of error that a look named; ``units``
    one row a task, of the kind missing. ``drawn`` tasks were looked at by chance, ``silent`` of them not in full.
    ``grid``: what was seen of the labels in the grid."""

    labels: Frame
    found: Array
    units: Frame
    drawn: int = 0
    silent: int = 0
    waiting: int = 0
    certain_looks: int = 0
    grid: Gridded | None = None


@dataclass(frozen=True)
class Cut:
    """A part of the labels: of one ``kind`` of error ("" for any) or class, with what the grid saw of it."""

    frame: Frame
    found: Array
    grid: Gridded | None = None
    kind: str = ""

    @staticmethod
    def of(material: Material, kind: str = "") -> Cut:
        labels, found, grid = material.labels, material.found, material.grid
        if kind:
            mine = found == ("" if kind == "unnamed" else kind)
            labels = replace(labels, was_wrong=labels.was_wrong & mine, still_wrong=labels.still_wrong & mine)
        return Cut(labels, found, grid, kind)

    def of_class(self, name: str) -> Cut:
        rows = self.frame.of_class == name
        grid = self.grid.where(rows, name) if self.grid else None
        return Cut(self.frame.where(rows), self.found[rows], grid, self.kind)
