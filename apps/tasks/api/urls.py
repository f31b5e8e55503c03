"""Routes of the tasks app, below ``/api/v1/``."""

from __future__ import annotations

from django.urls import path

from apps.tasks.api import actions, bulk, labels, lists, reviews, stages
from apps.tasks.assist.urls import urlpatterns as assist
from apps.tasks.transfer.urls import urlpatterns as transfer

TASK = "tasks/<uuid:task_id>/"
PROJECT = "projects/<uuid:project_id>/"
ISSUE = TASK + "issues/<uuid:issue_id>/"

urlpatterns = [
    path(PROJECT + "stages/", stages.StagesView.as_view()),
    path(PROJECT + "stages/<str:stage>/claim/", stages.ClaimView.as_view()),
    path(PROJECT + "tasks/", lists.TasksView.as_view()),
    path(PROJECT + "tasks/bulk/", bulk.BulkView.as_view()),
    path(PROJECT + "selections/", lists.SelectionsView.as_view()),
    path("my/tasks/", lists.MyTasksView.as_view()),
    path("my/inbox/", lists.InboxView.as_view()),
    path("my/inbox/read/", lists.InboxReadView.as_view()),
    path(TASK, actions.TaskView.as_view()),
    path(TASK + "heartbeat/", actions.HeartbeatView.as_view()),
    path(TASK + "release/", actions.ReleaseView.as_view()),
    path(TASK + "assign/", actions.AssignView.as_view()),
    path(TASK + "priority/", actions.PriorityView.as_view()),
    path(TASK + "skip/", actions.SkipView.as_view()),
    path(TASK + "submit/", actions.SubmitView.as_view()),
    path(TASK + "approve/", actions.ApproveView.as_view()),
    path(TASK + "reject/", actions.RejectView.as_view()),
    path(TASK + "escalate/", actions.EscalateView.as_view()),
    path(TASK + "proceed/", actions.ProceedView.as_view()),
    path(TASK + "recall/", actions.RecallView.as_view()),
    path(TASK + "move/", actions.MoveView.as_view()),
    path(TASK + "reopen/", actions.ReopenView.as_view()),
    path(TASK + "archive/", actions.ArchiveView.as_view()),
    path(TASK + "history/", lists.HistoryView.as_view()),
    path(TASK + "labels/", labels.LabelsView.as_view()),
    path(TASK + "labels/diff/", labels.DiffView.as_view()),
    path(TASK + "drafts/", labels.DraftsView.as_view()),
    path(TASK + "drafts/<uuid:draft_id>/", labels.DraftView.as_view()),
    path(TASK + "reviews/", reviews.ReviewsView.as_view()),
    path(TASK + "reviews/<uuid:verdict_id>/", reviews.ReviewView.as_view()),
    path(TASK + "issues/", reviews.IssuesView.as_view()),
    path(ISSUE + "comments/", reviews.CommentsView.as_view()),
    path(ISSUE + "resolve/", reviews.ResolveView.as_view()),
    path(ISSUE + "reopen/", reviews.ReopenIssueView.as_view()),
    *transfer,
    *assist,
]
