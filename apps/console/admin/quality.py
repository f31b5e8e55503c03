"""What quality keeps: scores, what verdicts taught, routes, audits, certificates, the grid; and snapshots of labels."""

from __future__ import annotations

from django.contrib import admin

from apps.console.admin.base import Reading
from apps.labels.models import Snapshot, SnapshotEntry
from apps.quality.models import (
    Atlas,
    AuditDraw,
    AuditWave,
    Calibration,
    Certificate,
    CropVector,
    DuplicateMember,
    Evaluation,
    FitState,
    GridBatch,
    GridFrame,
    Look,
    Observation,
    QualitySettings,
    Repeat,
    RouteMove,
    RoutePolicy,
    RouteRun,
    Score,
    ScoreRun,
    SweepMark,
    Tile,
    UnitVector,
)


@admin.register(Score)
class ScorePage(Reading):
    list_display = ("task", "metric", "subject_type", "value", "kind", "calibrated", "scored_at")
    list_select_related = ("task",)
    list_filter = ("metric",)


@admin.register(ScoreRun)
class ScoreRunPage(Reading):
    list_display = ("project", "model", "scorer_version", "started_at", "finished_at")
    list_select_related = ("project", "model")


@admin.register(SweepMark)
class SweepMarkPage(Reading):
    list_display = ("name", "position")


@admin.register(Observation)
class ObservationPage(Reading):
    list_display = ("task", "subject_type", "is_error", "kind", "instrument", "reviewer", "probability", "at")
    list_select_related = ("task", "reviewer")


@admin.register(Look)
class LookPage(Reading):
    list_display = ("project", "due", "settled_at")
    list_select_related = ("project",)


@admin.register(FitState)
class FitStatePage(Reading):
    list_display = ("project", "fresh", "fitted", "fitted_at")
    list_select_related = ("project",)


@admin.register(Calibration)
class CalibrationPage(Reading):
    list_display = ("project", "target", "model", "verdicts", "errors", "ahead", "at")
    list_select_related = ("project",)


@admin.register(RouteRun)
class RouteRunPage(Reading):
    list_display = ("project", "metric", "to_stage", "sent", "reviewed", "wrong", "created_by", "created_at")
    list_select_related = ("project", "created_by")


@admin.register(RouteMove)
class RouteMovePage(Reading):
    list_display = ("run", "task", "value", "priority", "state")
    list_select_related = ("run", "task")


@admin.register(RoutePolicy)
class RoutePolicyPage(Reading):
    list_display = ("project", "enabled", "metric", "to_stage", "updated_by", "updated_at")
    list_select_related = ("project", "updated_by")


@admin.register(QualitySettings)
class QualitySettingsPage(Reading):
    list_display = ("project", "audit_enabled", "stage", "target_share", "confidence", "updated_by", "updated_at")
    list_select_related = ("project", "updated_by")


@admin.register(AuditWave)
class AuditWavePage(Reading):
    list_display = ("project", "number", "frame", "drawn", "state", "at")
    list_select_related = ("project",)


@admin.register(AuditDraw)
class AuditDrawPage(Reading):
    list_display = ("project", "wave", "task", "state")
    list_select_related = ("project", "wave", "task")


@admin.register(Repeat)
class RepeatPage(Reading):
    list_display = ("project", "task", "first", "second", "chosen", "state", "labels", "agreed")
    list_select_related = ("project", "task", "first", "second")


@admin.register(Certificate)
class CertificatePage(Reading):
    list_display = ("project", "snapshot", "issued_by", "issued_at")
    list_select_related = ("project", "issued_by")


@admin.register(Evaluation)
class EvaluationPage(Reading):
    list_display = ("project", "model", "truth", "state", "started_at", "finished_at")
    list_select_related = ("project", "model")


@admin.register(UnitVector)
class UnitVectorPage(Reading):
    list_display = ("data_unit", "method", "at")
    list_select_related = ("data_unit",)
    secret = ("vector",)


@admin.register(CropVector)
class CropVectorPage(Reading):
    list_display = ("project", "task", "label", "method")
    list_select_related = ("project", "task")
    secret = ("vector",)


@admin.register(DuplicateMember)
class DuplicateMemberPage(Reading):
    list_display = ("project", "group", "task", "keep", "relation", "distance")
    list_select_related = ("project", "task")


@admin.register(Atlas)
class AtlasPage(Reading):
    list_display = ("project", "tile", "key", "made_at")
    list_select_related = ("project",)


@admin.register(Tile)
class TilePage(Reading):
    list_display = ("atlas", "task", "subject", "size")
    list_select_related = ("atlas", "task")
    secret = ("look",)


@admin.register(GridBatch)
class GridBatchPage(Reading):
    list_display = ("project", "reviewer", "order", "at_random", "state", "opened_at", "committed_at")
    list_select_related = ("project", "reviewer")


@admin.register(GridFrame)
class GridFramePage(Reading):
    list_display = ("batch", "labels", "drawn", "probability")
    list_select_related = ("batch",)
    secret = ("record",)


@admin.register(Snapshot)
class SnapshotPage(Reading):
    list_display = ("project", "name", "entries_count", "labels_count", "created_by", "created_at")
    list_select_related = ("project", "created_by")


@admin.register(SnapshotEntry)
class SnapshotEntryPage(Reading):
    list_display = ("snapshot", "data_unit", "revision", "label_count")
    list_select_related = ("snapshot", "data_unit")
