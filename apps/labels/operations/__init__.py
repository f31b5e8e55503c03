"""Writes of labels."""

from __future__ import annotations

from apps.labels.operations.bulk import LabelSave, save_label_sets
from apps.labels.operations.rows import update_many
from apps.labels.operations.save import SNAPSHOT_EVERY, SavedLabels, fresh_label_set, save_labels, send_save

__all__ = [
    "SNAPSHOT_EVERY",
    "LabelSave",
    "SavedLabels",
    "fresh_label_set",
    "save_label_sets",
    "save_labels",
    "send_save",
    "update_many",
]
