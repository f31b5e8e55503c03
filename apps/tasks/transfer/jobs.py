"""The jobs of imports and exports. ``apps.tasks.jobs`` loads them."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from tempfile import TemporaryFile
from typing import IO, Any, Protocol
from uuid import UUID

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction

from apps.accounts.models import User
from apps.common.errors import DomainError, FieldError, Invalid
from apps.common.retries import retried
from apps.inference.models import PredictionModel
from apps.inference.operations.predictions import forget_predictions
from apps.jobs.operations.running import JobCancelled
from apps.jobs.registry import JobContext, job
from apps.labels.formats import FORMATS, PREDICTION_READERS, ImportedImage, Problem
from apps.labels.formats.registry import Reader
from apps.ontologies.logic import OntologyIndex
from apps.ontologies.queries import index_for
from apps.projects.models import Project
from apps.tasks.models import Task
from apps.tasks.transfer.exporting import exported_images, tasks_to_export
from apps.tasks.transfer.importing import Carried, importer
from apps.tasks.transfer.links import report_key, result_key, result_url
from apps.tasks.transfer.predicting import Predictor
from apps.tasks.transfer.report import Report

IMPORT = "labels.import"
PREDICTIONS = "predictions.import"
EXPORT = "labels.export"
CHUNK_IMAGES = 500
CHUNK_LABELS = 10_000


@job(IMPORT)
def import_labels(ctx: JobContext) -> dict[str, Any]:
    """Reads the uploaded file into the project's tasks; goes on after the last chunk of an earlier attempt."""
    project = Project.objects.get(id=ctx.params["project"])
    work = importer(
        project=project,
        actor=User.objects.get(id=ctx.params["actor"]),
        index=index_for(project.ontology_id),
        namespace=ctx.job.id,
        mode=ctx.params["mode"],
        by=ctx.params["match"],
    )
    return run_import(ctx, work, FORMATS[ctx.params["format"]].read)


@job(PREDICTIONS)
def import_predictions(ctx: JobContext) -> dict[str, Any]:
    """The same for what a model predicts. In the mode ``replace`` the file is then all that the model says."""
    project = Project.objects.get(id=ctx.params["project"])
    model = PredictionModel.objects.get(id=ctx.params["model"], project=project)
    work = Predictor(project, model, index_for(project.ontology_id), ctx.params["match"])
    started = datetime.fromisoformat(ctx.params["started"])

    def finish() -> None:
        if ctx.params["mode"] == "replace":
            forget_predictions(model=model, before=started)

    result = run_import(ctx, work, PREDICTION_READERS[ctx.params["format"]], finish)
    return {**result, "model": str(model.id)}


def run_import(ctx: JobContext, work: Work, read: Reader, finish: Callable[[], None] | None = None) -> dict[str, Any]:
    """Everything in the uploaded file, which then goes. ``finish`` is called when all is in."""
    key = ctx.params["file"]
    try:
        with local_copy(key) as file, collector_paused():
            total = Task.objects.filter(project_id=ctx.params["project"]).count()
            run = ImportRun(ctx, work, read, file, total, finish)
            result = run.refuse_or_write() if ctx.params["on_error"] == "refuse" else run.keep()
    except (DomainError, JobCancelled):
        default_storage.delete(key)
        raise
    default_storage.delete(key)
    return result


class Work(Protocol):
    """What takes the chunks in. ``counted`` names in the result what ``Carried`` counts."""

    @property
    def index(self) -> OntologyIndex: ...

    @property
    def counted(self) -> tuple[str, str]: ...

    def carry(self, images: Sequence[ImportedImage], taken: AbstractSet[UUID], *, dry: bool = False) -> Carried: ...


class ImportRun:
    """One attempt of one import."""

    def __init__(
        self,
        ctx: JobContext,
        work: Work,
        read: Reader,
        file: IO[bytes],
        total: int,
        finish: Callable[[], None] | None,
    ) -> None:
        self._ctx, self._work, self._read, self._file, self._total = ctx, work, read, file, max(1, total)
        self._finish = finish
        self._report = Report(ctx.job.id, ctx.saved.get("report"))
        self._seen: int = ctx.saved.get("seen", 0)
        self._tasks: int = ctx.saved.get("tasks", 0)
        self._labels: int = ctx.saved.get("labels", 0)
        self._taken: set[UUID] = set()

    def keep(self) -> dict[str, Any]:
        """Chunk by chunk, each with its checkpoint in one transaction; what is not sound is left out."""
        for seen, chunk in self._chunks(after=self._seen):
            self._ctx.raise_if_cancelled()
            gc.collect(1)
            retried(partial(self._carry_and_mark, seen, chunk))
        if self._finish:
            self._finish()
        return self._result()

    def refuse_or_write(self) -> dict[str, Any]:
        """Everything is looked at first; then all is written in one transaction, or nothing. Raises Invalid."""
        for seen, chunk in self._chunks(after=0):
            self._ctx.raise_if_cancelled()
            with transaction.atomic():
                self._take(self._carry(chunk, dry=True))
            self._ctx.progress(min(0.5, seen / self._total / 2), f"{seen:,} images read")
        self._refuse_if_lost()
        self._report, self._taken, self._tasks, self._labels = Report(self._ctx.job.id), set(), 0, 0
        with transaction.atomic():
            for _, chunk in self._chunks(after=0):
                self._take(self._carry(chunk))
            self._refuse_if_lost()
            if self._finish:
                self._finish()
        return self._result()

    def _chunks(self, *, after: int) -> Iterator[tuple[int, list[ImportedImage | Problem]]]:
        """The file's items from the one numbered ``after``, with the number of those read so far."""
        self._file.seek(0)
        chunk: list[ImportedImage | Problem] = []
        labels = number = 0
        for item in self._read(self._file, self._work.index):
            number += 1
            if number <= after:
                continue
            chunk.append(item)
            labels += len(item.labels) if isinstance(item, ImportedImage) else 0
            if len(chunk) >= CHUNK_IMAGES or labels >= CHUNK_LABELS:
                yield number, chunk
                chunk, labels = [], 0
        if chunk:
            yield number, chunk

    def _carry(self, chunk: list[ImportedImage | Problem], *, dry: bool = False) -> Carried:
        images = [item for item in chunk if isinstance(item, ImportedImage)]
        done = self._work.carry(images, self._taken, dry=dry)
        done.problems[:0] = [item for item in chunk if isinstance(item, Problem)]
        return done

    def _carry_and_mark(self, seen: int, chunk: list[ImportedImage | Problem]) -> None:
        before = self._report.saved()
        try:
            with transaction.atomic():
                self._take(self._carry(chunk))
                state = {"seen": seen, "tasks": self._tasks, "labels": self._labels, "report": self._report.saved()}
                self._ctx.checkpoint(state)
        except BaseException:
            self._report = Report(self._ctx.job.id, before)
            raise
        self._ctx.progress(
            min(0.99, seen / self._total), f"{seen:,} images read, {self._labels:,} {self._work.counted[1]} written"
        )

    def _take(self, done: Carried) -> None:
        self._tasks += done.tasks
        self._labels += done.labels
        self._taken |= done.named
        self._report.extend(done.problems)

    def _refuse_if_lost(self) -> None:
        if not self._report.lost_count:
            return
        errors = [FieldError(item["item"], item["code"], item["detail"]) for item in self._report.lost[:100]]
        raise Invalid(
            f"{self._report.lost_count} items cannot be carried, so nothing was.",
            code="refused",
            errors=errors,
            not_carried=self._report.lost,
            not_carried_count=self._report.lost_count,
        )

    def _result(self) -> dict[str, Any]:
        has_report = self._report.finish(report_key(self._ctx.job.id))
        counts = dict(zip(self._work.counted, (self._tasks, self._labels), strict=True))
        link = {"report": result_url(self._ctx.job, report=True)} if has_report else {}
        return counts | self._report.as_json() | link


@job(EXPORT)
def export_labels(ctx: JobContext) -> dict[str, Any]:
    """Writes the project's labels to one file, streamed. Another attempt begins anew."""
    project = Project.objects.get(id=ctx.params["project"])
    form, with_media = ctx.params["format"], bool(ctx.params["include_media"])
    tasks = tasks_to_export(project.id, ctx.params["filter"])
    report = Report(ctx.job.id)
    counted = Counted(ctx, total=tasks.count())
    images = exported_images(tasks, index_for(project.ontology_id), form, counted.add, with_media=with_media)
    with TemporaryFile() as file, collector_paused():
        FORMATS[form].write(file, images, index_for(project.ontology_id), report.add, with_media)
        file.seek(0)
        key = result_key(ctx.job)
        default_storage.delete(key)
        default_storage.save(key, File(file))
    has_report = report.finish(report_key(ctx.job.id))
    link = {"report": result_url(ctx.job, report=True)} if has_report else {}
    return {"url": result_url(ctx.job)} | counted.as_json() | report.as_json() | link


class Counted:
    """Tells the job how far an export is."""

    def __init__(self, ctx: JobContext, total: int) -> None:
        self._ctx, self._total = ctx, max(1, total)
        self._tasks = self._labels = 0

    def add(self, tasks: int, labels: int) -> None:
        self._ctx.raise_if_cancelled()
        gc.collect(1)
        self._tasks += tasks
        self._labels += labels
        self._ctx.progress(min(0.99, self._tasks / self._total), f"{self._tasks:,} tasks written")

    def as_json(self) -> dict[str, int]:
        return {"tasks": self._tasks, "labels": self._labels}


@contextmanager
def collector_paused() -> Iterator[None]:
    """Rows in their thousands hold no cycles, yet would be walked by the collector again and again: a quarter of the
    time. The caller sweeps the young generations once a chunk."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def local_copy(key: str) -> Iterator[IO[bytes]]:
    """The stored file on this machine's disk, since formats seek and object stores do not."""
    try:
        stored = default_storage.open(key, "rb")
    except FileNotFoundError:
        raise Invalid.at("/file", "The uploaded file is not there any more.", code="file_gone") from None
    with TemporaryFile() as file:
        with stored:
            shutil.copyfileobj(stored, file, 1 << 20)
        file.seek(0)
        yield file
