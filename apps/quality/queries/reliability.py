"""What is shown of a project's calibration: its fits, and how far stored probabilities came true."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any
from uuid import UUID

import numpy as np

from apps.quality.logic.calibration import CAP, RUNNING
from apps.quality.logic.reliability_plot import LEAST, bins, found_per_look
from apps.quality.models import Calibration, FitState, Observation, SubjectType
from apps.quality.queries.calibrations import LABEL, MISSING, TARGETS, TASK

HISTORY, DRAWN = 20, 20_000
FIGURES = (
    "log_loss",
    "log_loss_constant",
    "skill",
    "slope",
    "intercept",
    "ece",
    "ece_constant",
    "brier",
)
SUBJECTS = {LABEL: SubjectType.LABEL, MISSING: SubjectType.PREDICTION, TASK: SubjectType.TASK}


def calibration_page(project_id: UUID, class_name: Callable[[str], str]) -> dict[str, Any]:
    """All targets, the plot of each, and how many observations wait for the next fit."""
    state = FitState.objects.filter(project_id=project_id).first()
    return {
        "targets": {target: shown_target(project_id, target, class_name) for target in TARGETS},
        "reliability": {target: plot_of(project_id, target) for target in TARGETS},
        "waiting": state.fresh if state else 0,
        "fitted_at": state.fitted_at if state else None,
    }


def shown_target(project_id: UUID, target: str, class_name: Callable[[str], str]) -> dict[str, Any]:
    rows = Calibration.objects.filter(project_id=project_id, target=target).order_by("-at", "-id")
    fits = list(rows.defer("parameters")[:HISTORY])
    if not fits:
        return {
            "model": "fixed",
            "calibrated": False,
            "verdicts": 0,
            "errors": 0,
            "cap": {"times_median": CAP, "weight": None, "capped": 0},
            "effects": [],
            "figures": dict.fromkeys(FIGURES),
            "learned": {"fits_ahead": 0, "fits_needed": RUNNING, "gain": None, "lower": None},
            "bent": False,
            "contradicted": False,
            "history": [],
        }
    now, said = fits[0], fits[0].figures
    parameters = rows.values_list("parameters", flat=True)[0]
    effects = sorted(parameters.get("effects", {}).items(), key=lambda one: -abs(one[1]))
    test = said.get("learned") or {}
    return {
        "model": now.model,
        "calibrated": now.model != "fixed",
        "verdicts": now.verdicts,
        "errors": now.errors,
        "cap": {"times_median": CAP, "weight": said.get("cap_weight"), "capped": said.get("capped", 0)},
        "effects": [{"class": class_name(one), "effect": effect} for one, effect in effects],
        "figures": {name: said.get(name) for name in FIGURES},
        "learned": {
            "fits_ahead": now.ahead,
            "fits_needed": RUNNING,
            "gain": test.get("gain"),
            "lower": test.get("lower"),
        },
        "bent": bool(parameters.get("steps")),
        "contradicted": bool(said.get("contradicted")),
        "history": [shown_fit(fit) for fit in fits],
    }


def shown_fit(fit: Calibration) -> dict[str, Any]:
    test = fit.figures.get("learned") or {}
    return {
        "id": fit.id,
        "at": fit.at,
        "model": fit.model,
        "verdicts": fit.verdicts,
        "errors": fit.errors,
        "fits_ahead": fit.ahead,
        "gain": test.get("gain"),
        "lower": test.get("lower"),
        **{name: fit.figures.get(name) for name in FIGURES},
    }


def plot_of(project_id: UUID, target: str) -> dict[str, Any]:
    """Only probabilities that were stored before the look, and only looks that a draw chose: any other would flatter.
    The grid's verdicts are an instrument of their own and are left out."""
    rows = Observation.objects.filter(
        project_id=project_id, subject_type=SUBJECTS[target], at_random=True, p_error__isnull=False
    ).filter(instrument__in=("review", "expert"))
    found = list(rows.order_by("-id").values_list("p_error", "is_error", "probability")[:DRAWN])
    p = np.array([row[0] for row in found], dtype=np.float64)
    wrong = np.array([row[1] for row in found], dtype=bool)
    weight = np.array([1 / max(row[2], 1e-6) for row in found], dtype=np.float64)
    return {
        "verdicts": len(found),
        "errors": int(wrong.sum()),
        "needed": LEAST,
        "bins": [asdict(one) for one in bins(p, wrong)],
        "found_per_look": [asdict(one) for one in found_per_look(p, wrong, weight)],
    }
