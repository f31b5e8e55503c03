"""The frame of a certificate: every label it speaks of, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from apps.quality.logic import checks
from apps.quality.logic.checks import Array

MISSING = "missing"
ANY = "any"


@dataclass(frozen=True)
class Frame:
    """(n,) each, by label and kind checked. ``task`` numbers; ``kind``, ``stratum`` and ``of_class`` words."""

    task: Array
    kind: Array
    stratum: Array
    probability: Array
    reviewed: Array
    was_wrong: Array
    still_wrong: Array
    of_class: Array

    def __len__(self) -> int:
        return len(self.task)

    def where(self, kept: Array) -> Frame:
        return Frame(*(getattr(self, name)[kept] for name in self.__dataclass_fields__))

    @property
    def hopeless(self) -> Array:
        """(n,) unseen labels that no draw could have reached, or that were drawn for certain and not looked at."""
        return np.asarray(~self.reviewed & ((self.probability <= 0) | (self.probability >= 1)))


def read(tables: Mapping[str, Array]) -> Frame:
    """Raises ``BadInput``. The arrays are those of ``manage.py quality_certificate``: apps/quality/README.md."""
    of_task = checks.words(tables, "task_class")
    task = checks.integers(tables, "label_task", below=len(of_task), what="task")
    kind, checked = read_kinds(tables)
    reviewed = checks.flags(tables, "reviewed")
    columns = {
        "label_kind_checked": kind,
        "stratum": checks.words(tables, "stratum"),
        "probability": checks.numbers(tables, "probability").astype(np.float64),
        "reviewed": reviewed,
        "was_wrong": checks.flags(tables, "was_wrong", reviewed),
        "still_wrong": checks.flags(tables, "still_wrong", reviewed),
    }
    for name, column in columns.items():
        checks.same_length("label_task", task, name, column)
    chance = columns["probability"]
    checks.refuse("probability", (chance < 0) | (chance > 1), "is not between 0 and 1", chance)
    seen = reviewed & checked & searched(tables, task, kind, len(of_task))
    was, still = columns["was_wrong"], columns["still_wrong"]
    return Frame(task, kind, columns["stratum"], chance, seen, was, still, of_task[task])


def read_kinds(tables: Mapping[str, Array]) -> tuple[Array, Array]:
    """The kind of error looked for; booleans say only whether the label was checked, for errors of any kind."""
    found = checks.take(tables, "label_kind_checked")
    if found.dtype.kind == "b":
        checks.check_shape("label_kind_checked", found)
        return np.full(len(found), ANY), found
    kind = checks.words(tables, "label_kind_checked")
    return kind, np.ones(len(kind), bool)


def searched(tables: Mapping[str, Array], task: Array, kind: Array, tasks: int) -> Array:
    """(n,) whether a look can have answered: what is missing shows only where the whole unit was searched.

    Without ``task_searched`` (tasks,) a reviewed row of the kind "missing" means just that.
    """
    if "task_searched" not in tables:
        return np.ones(len(task), bool)
    whole = checks.flags(tables, "task_searched")
    if len(whole) != tasks:
        raise checks.BadInput(f"task_searched: {len(whole)} rows, but task_class has {tasks}.")
    return np.asarray((kind != MISSING) | whole[task])
