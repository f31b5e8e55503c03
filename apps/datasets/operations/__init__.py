"""Writes to datasets: create, rename, add data, change metadata, register storage roots."""

from __future__ import annotations

from apps.datasets.operations.adding import Added, FileError, Incoming, add_data_units
from apps.datasets.operations.datasets import (
    change_metadata,
    create_dataset,
    register_storage,
    rename_dataset,
    start_folder_import,
    start_url_import,
)

__all__ = [
    "Added",
    "FileError",
    "Incoming",
    "add_data_units",
    "change_metadata",
    "create_dataset",
    "register_storage",
    "rename_dataset",
    "start_folder_import",
    "start_url_import",
]
