"""Long work on datasets: images from a list of URLs, and from a folder of a registered storage root."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import islice
from typing import Any
from uuid import UUID

from apps.common.clock import database_now
from apps.common.errors import Conflict
from apps.datasets import safe_http
from apps.datasets.folders import FoundFile, images_in
from apps.datasets.logic.addresses import RefusedError
from apps.datasets.logic.metadata import clean_name, name_of_url
from apps.datasets.models import Dataset, Storage
from apps.datasets.operations.adding import Added, FileError, Incoming, add_data_units, max_bytes
from apps.datasets.operations.datasets import IMPORT_FOLDER, IMPORT_URLS
from apps.jobs.registry import JobContext, job

BATCH = 16
MAX_LISTED = 200
"""Ids and errors that a job's result lists; beyond it they are only counted."""


@job(IMPORT_URLS)
def import_urls(ctx: JobContext) -> dict[str, Any]:
    """Fetches each URL and adds the images. One that fails is named in ``errors`` and the next is tried."""
    dataset = _dataset(ctx)
    items = ctx.params["items"]
    tally = _Tally(ctx)
    limits = safe_http.limits_from_settings(max_bytes())
    for done in range(tally.done, len(items)):
        item = items[done]
        ctx.raise_if_cancelled()
        ctx.progress(done / len(items), f"{done} of {len(items)}")
        refused: list[FileError] = []
        with ExitStack() as files:
            incoming = []
            try:
                file = files.enter_context(safe_http.fetch(item["url"], limits=limits))
                incoming.append(Incoming(name_of_url(item["url"]), file, item.get("metadata") or {}))
            except RefusedError as error:
                refused.append(FileError(item["url"], error.code, error.detail))
            tally.add(dataset, incoming, refused, name=item["url"])
    return tally.result()


@job(IMPORT_FOLDER)
def import_folder(ctx: JobContext) -> dict[str, Any]:
    """Adds the images below the prefix, one by one. What cannot be read is named in ``errors``."""
    dataset = _dataset(ctx)
    storage = Storage.objects.filter(pk=UUID(ctx.params["storage"])).first()
    if storage is None:
        raise Conflict("The storage root is no longer registered.", code="no_storage")
    tally = _Tally(ctx)
    # An earlier attempt has added the first ones; should the folder have changed since, the same bytes stay one unit.
    found = islice(images_in(storage, ctx.params["prefix"]), tally.done, None)
    while batch := list(islice(found, BATCH)):
        ctx.raise_if_cancelled()
        ctx.progress(0.0, f"{tally.done} files")
        _add_files(tally, dataset, batch)
    return tally.result()


def _add_files(tally: _Tally, dataset: Dataset, batch: list[FoundFile]) -> None:
    refused: list[FileError] = []
    with ExitStack() as files:
        incoming = []
        for path, opener in batch:
            try:
                incoming.append(Incoming(path, files.enter_context(opener())))
            except OSError:
                refused.append(FileError(clean_name(path), "unreadable", "The file cannot be read."))
        tally.add(dataset, incoming, refused)


def _dataset(ctx: JobContext) -> Dataset:
    dataset = Dataset.objects.filter(pk=UUID(ctx.params["dataset"])).first()
    if dataset is None:
        raise Conflict("The dataset is no longer there.", code="no_dataset")
    return dataset


class _Tally:
    """What a job has done so far: kept with each effect, so that another attempt goes on from there."""

    def __init__(self, ctx: JobContext) -> None:
        self._ctx = ctx
        saved = ctx.saved
        self.done = int(saved.get("done", 0))
        self.counts: dict[str, int] = dict(saved.get("counts", {"created": 0, "existing": 0, "failed": 0}))
        self.units: list[str] = list(saved.get("units", []))
        self.errors: list[dict[str, str]] = list(saved.get("errors", []))

    def add(
        self, dataset: Dataset, incoming: Sequence[Incoming], refused: Sequence[FileError], *, name: str | None = None
    ) -> None:
        """Adds one batch; the checkpoint is written in the same transaction. Empty batches count too. ``name`` is what
        errors are listed under, in place of the files' own names."""

        def keep(added: Added) -> None:
            errors = [*refused, *(replace(error, name=name or error.name) for error in added.errors)]
            self._keep(added, errors, len(incoming) + len(refused))

        add_data_units(dataset=dataset, incoming=incoming, now=database_now(), also=keep)

    def _keep(self, added: Added, errors: Sequence[FileError], count: int) -> None:
        self.done += count
        for unit, existing in added.units:
            self.counts["existing" if existing else "created"] += 1
            if len(self.units) < MAX_LISTED:
                self.units.append(str(unit.pk))
        self.counts["failed"] += len(errors)
        self.errors += [error.as_json() for error in errors][: MAX_LISTED - len(self.errors)]
        self._ctx.checkpoint({"done": self.done, "counts": self.counts, "units": self.units, "errors": self.errors})

    def result(self) -> dict[str, Any]:
        return {**self.counts, "data_units": self.units, "errors": self.errors}
