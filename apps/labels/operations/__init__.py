"""Writes of labels."""

from __future__ import annotations

from apps.labels.operations.save import SNAPSHOT_EVERY, SavedLabels, save_labels

__all__ = ["SNAPSHOT_EVERY", "SavedLabels", "save_labels"]
