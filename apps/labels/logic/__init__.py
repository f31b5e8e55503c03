"""Pure rules of labels: geometry, what a save changes, what differs between two states."""

from __future__ import annotations

from apps.labels.logic.changes import Change, Edit, Edits, Row, differences, plan, redo, undo
from apps.labels.logic.geometry import CLASSIFICATION, SHAPES, Extent, check_geometry

__all__ = [
    "CLASSIFICATION",
    "SHAPES",
    "Change",
    "Edit",
    "Edits",
    "Extent",
    "Row",
    "check_geometry",
    "differences",
    "plan",
    "redo",
    "undo",
]
