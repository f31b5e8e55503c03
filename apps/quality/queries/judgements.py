"""What closed reviews said of the labels of a chunk of tasks, and how those labels changed between."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.labels.models import Revision
from apps.quality.logic.certificate.judged import Said, content_at
from apps.quality.queries.series import LOOKED, series_of
from apps.tasks.models import Verdict, VisitStatus
from apps.tasks.operations.implied import implied_kind
from workflows.events import GOES_ON

EDIT, EXHAUSTIVE, REJECTED = "edit", "exhaustive", "rejected"
COLUMNS = (
    "task_id",
    "visit_id",
    "label",
    "verdict",
    "kind",
    "source",
    "mode",
    "superseded",
    "label_revision",
    "visit__stage",
    "visit__opened_at",
    "visit__outcome",
)


@dataclass
class History:
    """Of one label set, per label: the revisions that changed what it says, and what it said then (None: gone)."""

    changes: dict[UUID, list[int]] = field(default_factory=lambda: defaultdict(list))
    contents: dict[tuple[UUID, int], Mapping[str, Any] | None] = field(default_factory=dict)

    def content(self, label: UUID, revision: int) -> Mapping[str, Any] | None:
        return self.contents.get((label, content_at(self.changes.get(label, ()), revision)))

    def present(self, revision: int) -> list[UUID]:
        return [label for label in self.changes if self.content(label, revision) is not None]


@dataclass
class Word:
    """What was said of one label in one visit: every revision at which it was edited, and the word that stands."""

    first: int
    edits: list[int] = field(default_factory=list)
    standing: tuple[str, str] | None = None
    named: str = ""

    @property
    def is_said(self) -> bool:
        """Not taken back."""
        return bool(self.edits) or self.standing is not None


@dataclass
class Look:
    """One closed review visit, or several that share a look, named by the first. ``searched``: the revision at which
    the judge said that the whole unit was searched. ``missing``: of each object that nobody had labelled, the revision
    at which the judge added it, None if not."""

    visit: int
    stage: str
    opened_at: datetime
    words: dict[UUID, Word] = field(default_factory=dict)
    searched: int | None = None
    missing: list[int | None] = field(default_factory=list)

    def said(self, history: History, label: UUID) -> Said | None:
        """The final word on a label; None where there was none. A label that the judge made in this visit is as judged
        by them: it was never wrong."""
        word = self.words.get(label)
        made = self.made(history, label)
        if made is not None:
            end = max([made, *(word.edits if word else ())])
            return Said(self.visit, end, end, is_error=False, stands=False)
        if word is None or not word.is_said:
            seen = self.searched
            silent = seen is not None and history.content(label, seen) is not None
            return Said(self.visit, seen, seen, is_error=False, stands=False) if silent and seen is not None else None
        changes, end = history.changes.get(label, []), max([word.first, *word.edits])
        was, then = history.content(label, word.first), history.content(label, end)
        if was is None:
            return None
        implied = implied_kind(was, then) if content_at(changes, word.first) != content_at(changes, end) else None
        verdict, kind = word.standing or ("", "")
        rejected = verdict == REJECTED
        if implied is None and not verdict:
            # Changed and changed back: looked at, and left as it was.
            return Said(self.visit, word.first, end, is_error=False, stands=False)
        named = (kind if rejected else word.named) or implied or ""
        return Said(self.visit, word.first, end, is_error=rejected or implied is not None, stands=rejected, kind=named)

    def made(self, history: History, label: UUID) -> int | None:
        """The revision in which the judge added the label, if they did."""
        added = (revision for revision in self.missing if revision is not None)
        return next(
            (
                revision
                for revision in added
                if revision in history.changes.get(label, ())
                and history.content(label, revision) is not None
                and history.content(label, revision - 1) is None
            ),
            None,
        )

    def is_full(self, history: History, revision: int) -> bool:
        """Whether each label that was there at ``revision`` got a word."""
        told = {label for label, word in self.words.items() if word.is_said}
        return self.searched is not None or all(label in told for label in history.present(revision))

    def found_errors(self, history: History) -> bool:
        said = (self.said(history, label) for label in self.words)
        return bool(self.missing) or any(one is not None and one.is_error for one in said)


def looks_of(task_ids: Collection[UUID], *, alone: bool = False) -> dict[UUID, list[Look]]:
    """Closed reviews with at least one explicit word, by task, in the order of their visits. A look that visits share
    is one once its last visit has ended with a word: half a look is none. ``alone``: each visit is a look by itself."""
    rows = Verdict.objects.filter(
        task_id__in=task_ids, implicit=False, visit__status=VisitStatus.DONE, visit__outcome__in=(*LOOKED, *GOES_ON)
    )
    shared = {} if alone else series_of(task_ids)
    found: dict[UUID, dict[int, Look]] = defaultdict(dict)
    for task, visit, *said, stage, opened, outcome in rows.order_by("visit_id", "id").values_list(*COLUMNS):
        series = shared.get(visit)
        if not (series.looked if series else alone or outcome in LOOKED):
            continue
        first = series.first if series else None
        name, since = (first.id, first.opened_at) if first else (visit, opened)
        look = found[task].setdefault(name, Look(name, stage, since))
        hear(look, *said)
    return {task: list(looks.values()) for task, looks in found.items()}


def hear(
    look: Look, label: UUID | None, verdict: str, kind: str, source: str, mode: str, superseded: bool, revision: int
) -> None:
    edited = source == EDIT
    if label is None:
        if not superseded and verdict == REJECTED:
            look.missing.append(revision if edited else None)
        if not superseded and mode == EXHAUSTIVE:
            look.searched = revision
        return
    if superseded and not edited and label not in look.words:
        # Taken back, unless a later word or edit replaced it: then it still tells at which revision it was judged.
        look.words[label] = Word(revision)
        return
    word = look.words.setdefault(label, Word(max(0, revision - 1) if edited else revision))
    if edited:
        word.edits.append(revision)
    elif not superseded:
        word.standing = (verdict, kind)
    if verdict == REJECTED and not edited and kind:
        word.named = kind


def histories_of(label_sets: Collection[UUID]) -> dict[UUID, History]:
    """Every change of what the labels of these sets say."""
    found: dict[UUID, History] = defaultdict(History)
    rows = Revision.objects.filter(label_set_id__in=label_sets).order_by("label_set_id", "number")
    for label_set, number, delta in rows.values_list("label_set_id", "number", "delta").iterator(chunk_size=200):
        history = found[label_set]
        for change in delta["changes"]:
            before, after = change["before"], change["after"]
            if before is not None and after is not None and implied_kind(before, after) is None:
                continue
            label = UUID(str(change["id"]))
            history.changes[label].append(number)
            history.contents[label, number] = after
    return found
