"""Pinned threads: open, answer, resolve, reopen. Whoever is mentioned or took part learns of it."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.common.clock import database_now
from apps.common.errors import Invalid
from apps.labels.models import Label
from apps.projects.models import Collaborator
from apps.tasks.models import Comment, Issue, Participation, Task
from apps.tasks.operations.inbox import tell

MENTION = re.compile(r"(?<![\w.@])@([A-Za-z0-9._%+-]+(?:@[A-Za-z0-9.-]+)?)")
MAX_MENTIONS = 50


@transaction.atomic
def open_issue(*, task: Task, author: User, text: str, x: float | None, y: float | None, label: UUID | None) -> Issue:
    """Pins a thread to a place (pixels of the image as seen) or a label. Raises Invalid outside image or label set."""
    unit = task.data_unit
    if (x is None) != (y is None):
        raise Invalid.at("/x" if x is None else "/y", "A place has both x and y.", code="half_a_place")
    if x is not None and y is not None and not (0 <= x <= unit.width and 0 <= y <= unit.height):
        raise Invalid.at("/x", "The place is outside the image.", code="outside")
    if label is not None and not Label.objects.filter(label_set_id=task.label_set_id, label_id=label).exists():
        raise Invalid.at("/label", "The task has no such label.", code="unknown_label")
    now = database_now()
    mentioned = people_mentioned(task, text)
    issue = Issue.objects.create(
        task=task, author=author, x=x, y=y, label=label, text=text, mentions=_ids(mentioned), created_at=now
    )
    tell(people=mentioned, kind="mention", task=task, actor=author, text=text, now=now)
    tell(people=_workers(task) - set(mentioned), kind="issue", task=task, actor=author, text=text, now=now)
    return issue


@transaction.atomic
def comment_issue(*, issue: Issue, author: User, text: str) -> Comment:
    """Answers in the thread; its author, its earlier speakers and the mentioned learn of it."""
    now = database_now()
    mentioned = people_mentioned(issue.task, text)
    comment = Comment.objects.create(issue=issue, author=author, text=text, mentions=_ids(mentioned), created_at=now)
    said = Comment.objects.filter(issue=issue).values_list("author_id", flat=True)
    speakers = {person for person in (*said, issue.author_id) if person is not None}
    tell(people=mentioned, kind="mention", task=issue.task, actor=author, text=text, now=now)
    tell(people=speakers - set(mentioned), kind="comment", task=issue.task, actor=author, text=text, now=now)
    return comment


def resolve_issue(*, issue: Issue, actor: User) -> Issue:
    """Closes the thread. Safe to repeat."""
    Issue.objects.filter(id=issue.id, resolved_at=None).update(resolved_at=database_now(), resolved_by=actor)
    issue.refresh_from_db()
    return issue


def reopen_issue(*, issue: Issue) -> Issue:
    """Opens the thread again. Safe to repeat."""
    Issue.objects.filter(id=issue.id).update(resolved_at=None, resolved_by=None)
    issue.refresh_from_db()
    return issue


def people_mentioned(task: Task, text: str) -> list[UUID]:
    """Collaborators named in the text by ``@address`` or ``@name-before-the-at``; strangers are nobody."""
    names = {found.lower().rstrip(".") for found in MENTION.findall(text)[:MAX_MENTIONS]}
    if not names:
        return []
    people = Collaborator.objects.filter(project_id=task.project_id, user__is_active=True)
    rows = people.values_list("user_id", "user__email")[:1_000]
    return [user_id for user_id, email in rows if email in names or email.split("@")[0] in names]


def _workers(task: Task) -> set[UUID]:
    return set(Participation.objects.filter(task=task).values_list("user_id", flat=True)[:100])


def _ids(people: list[UUID]) -> list[Any]:
    return [str(person) for person in people]
