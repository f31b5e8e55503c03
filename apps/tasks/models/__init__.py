"""Tables of the tasks app, one idea per file."""

from __future__ import annotations

from apps.tasks.models.judgement import Comment, Draft, Issue, Verdict
from apps.tasks.models.ledger import (
    ActiveTime,
    Notification,
    Outbox,
    RouterCounter,
    Selection,
    StageCount,
    StageDelta,
    VersionChange,
)
from apps.tasks.models.travel import Participation, Task, TaskEvent, Visit, VisitStatus

__all__ = [
    "ActiveTime",
    "Comment",
    "Draft",
    "Issue",
    "Notification",
    "Outbox",
    "Participation",
    "RouterCounter",
    "Selection",
    "StageCount",
    "StageDelta",
    "Task",
    "TaskEvent",
    "Verdict",
    "VersionChange",
    "Visit",
    "VisitStatus",
]
