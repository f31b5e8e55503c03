"""The calibration in force: what turns odds into probabilities, for every scorer of the server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

import numpy as np

from apps.quality.logic.calibrated import Model, apply
from apps.quality.logic.checks import Array
from apps.quality.logic.numbers import log_odds
from apps.quality.models import Calibration

LABEL, MISSING, TASK = "label", "missing", "task"
TARGETS = (LABEL, MISSING, TASK)
EDGE = 1e-4


@dataclass(frozen=True)
class Probabilities:
    """``p`` (n,) P(error); ``calibrated``: verdicts made it; ``model``: fixed, calibrated or learned."""

    p: Array
    calibrated: bool
    model: str


@dataclass(frozen=True)
class Calibrator:
    """A project's three models. ``version`` names them all: whatever was computed under another is out of date."""

    label: Model
    missing_objects: Model
    task: Model
    version: str

    def labels(self, odds: Array, columns: Array, class_ids: Sequence[str], *, scorer: str = "") -> Probabilities:
        """``odds`` (n,), evidence ``columns`` (n, f), ``class_ids`` (n,) as strings. Evidence of another ``scorer`` (a
        scorer version) than the one that was learned from, or of another width, gets the formula."""
        return answer(self.label, odds, columns, class_ids, scorer)

    def missing(self, value: Array, class_ids: Sequence[str]) -> Probabilities:
        """``value`` (m,) of predictions that no label covers, in [0, 1]: as it is until verdicts speak."""
        if self.missing_objects.kind == "fixed":
            return Probabilities(np.asarray(value, dtype=np.float64), False, "fixed")
        return answer(self.missing_objects, log_odds(value, edge=EDGE), np.zeros((len(value), 0)), class_ids)

    def tasks(self, features: Array) -> Probabilities:
        """(t, 4): log odds of 1 - (1 - top) exp(-.2 (sum - top)), max p, sum of p, sum of p of missing objects."""
        return answer(self.task, features[:, 0], features[:, 1:], [""] * len(features))


def answer(model: Model, odds: Array, columns: Array, class_ids: Sequence[str], scorer: str = "") -> Probabilities:
    groups = np.array([str(one) for one in class_ids], dtype=np.str_)
    kind = model.kind
    if model.learned is not None and kind == "learned":
        other = scorer and model.scorer and scorer != model.scorer
        if other or not model.learned.fits(columns):
            kind, columns = "calibrated", np.zeros((len(odds), 0))
    p = apply(model, np.asarray(odds, dtype=np.float64), columns, groups)
    return Probabilities(p, kind != "fixed", kind)


def calibrator_for(project_id: UUID) -> Calibrator:
    """Three looks into an index; the models themselves are kept by id, since a calibration never changes."""
    ids = [latest(project_id, target) for target in TARGETS]
    label, missing, task = (model_of(one) if one else Model() for one in ids)
    return Calibrator(label, missing, task, ".".join(str(one) if one else "-" for one in ids))


def latest(project_id: UUID, target: str) -> UUID | None:
    rows = Calibration.objects.filter(project_id=project_id, target=target).order_by("-at", "-id")
    return rows.values_list("id", flat=True).first()


@lru_cache(maxsize=512)
def model_of(calibration_id: UUID) -> Model:
    return Model.of_json(Calibration.objects.values_list("parameters", flat=True).get(id=calibration_id))
