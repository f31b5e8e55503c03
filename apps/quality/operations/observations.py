"""From what was said in a visit to observations: which words count, of which labels, beside which scores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from apps.labels.logic import Row
from apps.labels.queries.rows import time_text
from apps.quality.models import Observation, SubjectType
from apps.quality.queries.chances import REPEAT
from apps.quality.queries.looks import EDIT, Batch, Seen, Sight
from apps.quality.queries.past_labels import digest_of, extent_of, overlap
from apps.tasks.models import Verdict
from apps.tasks.operations.implied import implied_kind
from workflows.graph import EXPERT_REVIEW

SOURCES = UUID("6f0f8e0a-52a4-5c0b-9b1e-6d2f3f6f7a11")
MATCH = 0.5
TASK = "task"


@dataclass(frozen=True)
class Word:
    """What a visit finally says of one subject."""

    is_error: bool
    kind: str
    reviewer: UUID | None
    elapsed_ms: int | None
    at: datetime


def source_of(visit: int, subject: UUID | str) -> UUID:
    return uuid5(SOURCES, f"{visit}:{subject}")


def observations_of(batch: Batch, sight: Sight, task_score: dict[str, Any] | None) -> list[Observation]:
    """All that the visit says by now, as unsaved rows; their ``source`` tells which of them are known already."""
    if sight.visit.task.label_set_id is not None or sight.missing:
        rows = [*of_labels(batch, sight), *of_missing(batch, sight)]
    else:
        rows = []
    if sight.exhaustive and sight.closed:
        rows += [*of_silent(batch, sight), *of_absent(batch, sight, rows)]
    if sight.whole and sight.ends:
        rows.append(of_task(sight, rows, task_score))
    return rows


def of_labels(batch: Batch, sight: Sight) -> Iterator[Observation]:
    for label, history in sight.words.items():
        anchor, edited = sight.anchor(label), sight.last_edit(label)
        was = batch.row(sight, label, anchor)
        if was is None or is_own(sight, was, history[0].reviewer_id):
            continue
        then = batch.row(sight, label, edited) if edited is not None else was
        word = final_word(history, was, then)
        if word is not None:
            yield of_label(batch, sight, label, was, anchor, word)


def final_word(history: list[Verdict], was: Row, then: Row | None) -> Word | None:
    """A label that ends the visit changed was an error, whatever was said of it after; else the standing word counts.

    The reviewer's own name for the error comes before the one that the change implies.
    """
    elapsed = sum(word.elapsed_ms or 0 for word in history) or None
    implied = implied_kind(was, then) if any(word.source == EDIT for word in history) else None
    if implied is not None:
        named = [word.kind for word in history if word.source != EDIT and word.kind and word.verdict == "rejected"]
        return Word(True, named[-1] if named else implied, history[-1].reviewer_id, elapsed, history[-1].created_at)
    standing = [word for word in history if not word.superseded and word.source != EDIT]
    if not standing:
        return None
    last = standing[-1]
    return Word(last.verdict == "rejected", last.kind, last.reviewer_id, elapsed, last.created_at)


def is_own(sight: Sight, row: Row, reviewer: UUID | None) -> bool:
    """Whether the reviewer made the label in this visit: nobody's work is judged by correcting oneself."""
    return bool(row["created_by"] == str(reviewer) and row["created_at"] >= time_text(sight.visit.opened_at))


def of_silent(batch: Batch, sight: Sight) -> Iterator[Observation]:
    """Where the whole unit was searched, labels approved with the task were looked at."""
    for label, verdict in sight.silent.items():
        row = batch.row(sight, label, verdict.label_revision)
        if label in sight.words or row is None or is_own(sight, row, verdict.reviewer_id):
            continue
        word = Word(False, "", verdict.reviewer_id, None, verdict.created_at)
        yield of_label(batch, sight, label, row, verdict.label_revision, word)


def of_label(batch: Batch, sight: Sight, label: UUID, row: Row, revision: int, word: Word) -> Observation:
    authors = [row["updated_by"], row["created_by"]]
    origin = row["origin"] or {}
    return built(
        sight,
        source=source_of(sight.visit.id, label),
        subject=(SubjectType.LABEL, label),
        word=word,
        seen=batch.seen(sight, SubjectType.LABEL, label, revision),
        class_id=row["class"],
        annotator_id=next((UUID(one) for one in authors if one and one != str(word.reviewer)), None),
        origin_model="" if origin.get("edited") else str(origin.get("model") or "")[:200],
        label_revision=revision,
        digest=digest_of(row),
    )


def of_missing(batch: Batch, sight: Sight) -> Iterator[Observation]:
    """Objects reported or added: each with the prediction that had found it, where there was one."""
    kept = {row.source: row.subject for row in batch.kept.get(sight.visit.id, ())}
    unit = sight.visit.task.data_unit
    size, free = (unit.width, unit.height), candidates(batch, sight)
    for verdict in sight.missing:
        if verdict.source == EDIT and was_undone(batch, sight, verdict, size):
            continue
        subject = kept.get(verdict.id)
        place = extent_of(verdict.geometry, size)
        if subject is None and place is not None:
            near = [(overlap(place, extent), one) for one, extent in free.items() if extent is not None]
            best = max(near, default=(0.0, verdict.id))
            subject = best[1] if best[0] >= MATCH else None
        subject = subject or verdict.id
        free.pop(subject, None)
        predicted = batch.predictions.get(subject)
        word = Word(True, "missing", verdict.reviewer_id, verdict.elapsed_ms, verdict.created_at)
        yield built(
            sight,
            source=verdict.id,
            subject=(SubjectType.PREDICTION, subject),
            word=word,
            seen=batch.scores.get(sight.visit.task_id, {}).get((SubjectType.PREDICTION, subject)),
            class_id=verdict.class_id or (predicted.class_id if predicted else ""),
            annotator_id=annotator_of(sight, verdict.reviewer_id),
            label_revision=verdict.label_revision,
        )


def annotator_of(sight: Sight, reviewer: UUID | None) -> UUID | None:
    """Who labelled the task last, and so overlooked the object; nobody overlooks to themselves."""
    person = sight.visit.task.state.get("annotator")
    return UUID(person) if person and person != str(reviewer) else None


def candidates(batch: Batch, sight: Sight) -> dict[UUID, Any]:
    """The predictions that were scored as missing objects of the task, with their boxes."""
    unit = sight.visit.task.data_unit
    found = {}
    for kind, subject in batch.scores.get(sight.visit.task_id, {}):
        predicted = batch.predictions.get(subject) if kind == SubjectType.PREDICTION else None
        if predicted is not None:
            found[subject] = extent_of(predicted.geometry, (unit.width, unit.height))
    return found


def was_undone(batch: Batch, sight: Sight, verdict: Verdict, size: tuple[int, int]) -> bool:
    """Whether the object that the reviewer added was deleted again in the same visit."""
    place = extent_of(verdict.geometry, size)
    for label, history in sight.words.items():
        edited = sight.last_edit(label)
        gone = edited is not None and batch.row(sight, label, edited) is None
        was = batch.row(sight, label, sight.anchor(label)) if gone else None
        if was is None or place is None or not is_own(sight, was, history[0].reviewer_id):
            continue
        extent = extent_of(was["geometry"], size)
        if extent is not None and overlap(place, extent) >= MATCH:
            return True
    return False


def of_absent(batch: Batch, sight: Sight, rows: list[Observation]) -> Iterator[Observation]:
    """Where the whole unit was searched, what a prediction claimed and nobody added is not there."""
    spoken = {row.subject for row in rows}
    for subject in candidates(batch, sight):
        if subject in spoken:
            continue
        word = Word(False, "", reviewer_of(sight), None, closed_at(sight))
        yield built(
            sight,
            source=source_of(sight.visit.id, subject),
            subject=(SubjectType.PREDICTION, subject),
            word=word,
            seen=batch.scores[sight.visit.task_id][SubjectType.PREDICTION, subject],
            class_id=batch.predictions[subject].class_id,
        )


def of_task(sight: Sight, rows: list[Observation], task_score: dict[str, Any] | None) -> Observation:
    """An error in a look that covered the whole task, or none; one that several experts share speaks at its end."""
    wrong = (
        sight.found_before
        or any(row.is_error for row in rows)
        or any(word.verdict == "rejected" and not word.superseded for words in sight.words.values() for word in words)
    )
    word = Word(wrong or bool(sight.missing), "", reviewer_of(sight), None, closed_at(sight))
    score = task_score or {}
    vector = list(score.get("vector") or ())
    seen = Seen(
        float(score.get("value") or 0.0),
        sight.chance.score if sight.chance.score is not None else score.get("p_error"),
        float(vector[0]) if vector else None,
        vector,
        str(score.get("scorer_version") or ""),
        0,
        "",
    )
    task = sight.visit.task_id
    source = source_of(sight.visit.id, TASK)
    return built(sight, source=source, subject=(SubjectType.TASK, task), word=word, seen=seen, class_id="")


def reviewer_of(sight: Sight) -> UUID | None:
    spoken = [word for words in sight.words.values() for word in words]
    everything = [*sight.silent.values(), *sight.missing, *spoken]
    return everything[-1].reviewer_id if everything else sight.visit.holder_id


def closed_at(sight: Sight) -> datetime:
    return sight.visit.closed_at or sight.visit.opened_at


def built(
    sight: Sight, *, source: UUID, subject: tuple[str, UUID], word: Word, seen: Seen | None, **more: Any
) -> Observation:
    """``seen`` None: nothing was known of the subject, so the observation teaches nothing but who erred."""
    chance = sight.chance
    instrument = "expert" if sight.visit.stage_type == EXPERT_REVIEW else "review"
    return Observation(
        project_id=sight.visit.project_id,
        task_id=sight.visit.task_id,
        visit=sight.visit.id,
        source=source,
        subject_type=subject[0],
        subject=subject[1],
        is_error=word.is_error,
        kind=word.kind,
        reviewer_id=word.reviewer,
        elapsed_ms=word.elapsed_ms,
        at=word.at,
        instrument=REPEAT if chance.is_(REPEAT) else instrument,
        probability=chance.of(subject[1]),
        at_random=chance.at_random,
        exhaustive=sight.exhaustive,
        p_error=None if seen is None else seen.value if seen.p_error is None else seen.p_error,
        odds=seen.odds if seen else None,
        vector=seen.vector if seen else [],
        scorer_version=seen.scorer_version if seen else "",
        **more,
    )
