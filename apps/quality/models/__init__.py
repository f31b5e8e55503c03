"""Scores and their evidence, what verdicts taught, and what was routed, audited, certified and shown."""

from __future__ import annotations

from apps.quality.models.audit import AuditDraw, AuditWave, Certificate, QualitySettings, Repeat
from apps.quality.models.curation import CropVector, DuplicateMember, UnitVector
from apps.quality.models.evaluation import Evaluation
from apps.quality.models.grid import Atlas, GridBatch, GridFrame, Tile
from apps.quality.models.learning import Calibration, FitState, Look, Observation
from apps.quality.models.routing import RouteMove, RoutePolicy, RouteRun
from apps.quality.models.scores import Score, ScoreRun, SubjectType, SweepMark

__all__ = [
    "Atlas",
    "AuditDraw",
    "AuditWave",
    "Calibration",
    "Certificate",
    "CropVector",
    "DuplicateMember",
    "Evaluation",
    "FitState",
    "GridBatch",
    "GridFrame",
    "Look",
    "Observation",
    "QualitySettings",
    "Repeat",
    "RouteMove",
    "RoutePolicy",
    "RouteRun",
    "Score",
    "ScoreRun",
    "SubjectType",
    "SweepMark",
    "Tile",
    "UnitVector",
]
