"""What was not carried: the first of it in the job's result, all of it in a file."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from apps.labels.formats import Problem

SHOWN = 1_000
"""Lost items that a result lists."""

NOTES_SHOWN = 200
"""Items carried only in part that a result lists."""


class Report:
    """Collects problems: what is lost before what is only less than it was. Survives a restart as ``saved()``."""

    def __init__(self, job_id: UUID, saved: dict[str, Any] | None = None) -> None:
        saved = saved or {}
        self._job_id = job_id
        self.lost: list[dict[str, Any]] = list(saved.get("lost", []))
        self.notes: list[dict[str, Any]] = list(saved.get("notes", []))
        self.lost_count: int = saved.get("lost_count", 0)
        self.notes_count: int = saved.get("notes_count", 0)
        self.parts: int = saved.get("parts", 0)
        self._waiting: list[dict[str, Any]] = []

    def add(self, problem: Problem) -> None:
        item = problem.as_json()
        self._waiting.append(item)
        if problem.lost:
            self.lost_count += 1
            if len(self.lost) < SHOWN:
                self.lost.append(item)
        else:
            self.notes_count += 1
            if len(self.notes) < NOTES_SHOWN:
                self.notes.append(item)

    def extend(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            self.add(problem)

    def saved(self) -> dict[str, Any]:
        """What a checkpoint keeps; the problems since the last one go to a part of the file."""
        self.flush()
        names = ("lost", "notes", "lost_count", "notes_count", "parts")
        return {name: getattr(self, name) for name in names}

    def flush(self) -> None:
        if self._waiting:
            store(part_key(self._job_id, self.parts), _lines(self._waiting))
            self.parts += 1
            self._waiting = []

    def finish(self, key: str) -> bool:
        """Joins the parts to one file under ``key``. False when there was nothing to report."""
        self.flush()
        if not self.parts:
            return False
        parts = [part_key(self._job_id, number) for number in range(self.parts)]
        store(key, b"".join(_bytes(part) for part in parts))
        for part in parts:
            default_storage.delete(part)
        return True

    def as_json(self) -> dict[str, Any]:
        """``not_carried`` (lost items) and ``notes`` (carried in part), each with its whole count."""
        return {
            "not_carried": self.lost,
            "not_carried_count": self.lost_count,
            "notes": self.notes,
            "notes_count": self.notes_count,
        }


def part_key(job_id: UUID, number: int) -> str:
    return f"transfer/{job_id}/report-{number}.jsonl"


def store(key: str, content: bytes) -> None:
    """Writes ``key`` anew: what an earlier attempt left there goes."""
    default_storage.delete(key)
    default_storage.save(key, ContentFile(content))


def _lines(items: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(item, ensure_ascii=False).encode("utf-8", "replace") + b"\n" for item in items)


def _bytes(key: str) -> bytes:
    with default_storage.open(key, "rb") as file:
        content: bytes = file.read()
        return content
