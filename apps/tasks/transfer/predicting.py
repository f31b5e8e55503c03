"""Predictions of a file into the project: each sound one of a data unit, in place of what the model said of it."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from apps.common.clock import database_now
from apps.common.errors import Invalid
from apps.inference.logic.predictions import MAX_LABELS
from apps.inference.models import PredictionModel
from apps.inference.operations.predictions import lock_model, read_labels, replace, row_of
from apps.labels.formats import ImportedImage, Problem
from apps.ontologies.logic import OntologyIndex
from apps.projects.models import Project
from apps.tasks.transfer.importing import Carried
from apps.tasks.transfer.matching import Unit, match


@dataclass(frozen=True, slots=True)
class Predictor:
    """Whose predictions a file holds, and where they go."""

    project: Project
    model: PredictionModel
    index: OntologyIndex
    by: str
    counted: ClassVar[tuple[str, str]] = ("data_units", "predictions")

    def carry(self, images: Sequence[ImportedImage], taken: AbstractSet[UUID], *, dry: bool = False) -> Carried:
        """Writes what is sound of a chunk; ``dry`` writes nothing. The caller has a transaction open.

        A unit of which nothing is sound keeps what the model said before: it was not told that there is nothing.
        """
        problems = [problem for image in images for problem in image.problems]
        matched, unmatched = match(self.project.id, images, self.by, taken)
        good: dict[UUID, list[list[Any]]] = {}
        for image, unit in matched:
            rows, broken = self._rows(image, unit)
            problems += broken
            if rows or not (image.labels or any(problem.lost for problem in image.problems)):
                good[unit.unit_id] = rows
        if good and not dry:
            lock_model(self.model)
            replace(self.model, good, database_now())
        named = frozenset(unit.task_id for _, unit in matched)
        return Carried(len(good), sum(len(rows) for rows in good.values()), problems + unmatched, named)

    def _rows(self, image: ImportedImage, unit: Unit) -> tuple[list[list[Any]], list[Problem]]:
        rows: list[list[Any]] = []
        problems: list[Problem] = []
        seen: set[UUID] = set()
        for item in image.labels:
            try:
                [label] = read_labels(self.index, [item.label], (unit.width, unit.height))
            except Invalid as error:
                problems += [Problem(item.place, bad.code, bad.detail) for bad in error.errors[:1]]
                continue
            if label.label_id in seen:
                detail = "The image has two predictions with this id; the first counts."
                problems.append(Problem(item.place, "repeated_id", detail))
            elif len(rows) == MAX_LABELS:
                detail = f"A data unit has at most {MAX_LABELS} predictions of a model; the first count."
                problems.append(Problem(item.place, "too_many", detail))
            else:
                seen |= {label.label_id} if label.label_id else set()
                rows.append(row_of(unit.unit_id, label))
        return rows, problems
