"""One click: what the hand says goes to the inference process, and its answer becomes shapes of the label format."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from time import monotonic
from typing import Any
from uuid import UUID

from apps.common.clock import database_now
from apps.common.errors import Invalid
from apps.inference import gateway as inference
from apps.inference import wire
from apps.inference.gateway import unwrap
from apps.inference.models import ModelVersion
from apps.inference.operations import note_embedding
from apps.inference.queries import image_ref
from apps.labels.models import Label
from apps.tasks.assist.choosing import Chosen, engine_for
from apps.tasks.assist.prompts import read_prompts
from apps.tasks.models import Task
from apps.tasks.policies import TaskAccess

NOTED_FOR = 3_600.0
MAX_NOTED = 10_000


def assist(found: TaskAccess, sent: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to one request, as the API shows it.

    Raises Invalid, Conflict (the assistant is off, or a newer request took this one's place), Throttled, Unavailable.
    """
    task = found.task
    unit = task.data_unit
    prompts = read_prompts(sent, size=(unit.width, unit.height), saved=lambda label: _saved(task, label))
    chosen = engine_for(task.project_id, sent.get("model"))
    if prompts.anchors:  # snapping to edges is the classical assistant's, whatever model the project has
        chosen = Chosen(True, None)
    session = sent.get("session", "")
    ask = wire.AssistAsk(
        model=chosen.spec,
        image=image_ref(unit),
        prompts=prompts,
        # Nobody's session can take the place of another person's.
        session=f"{found.user.id}:{session}" if session else "",
        deadline_ms=sent["deadline_ms"],
        meanwhile=sent["meanwhile"],
    )
    answer = unwrap(inference.gateway().assist(ask))
    if chosen.model is not None and not all(one.warming for one in answer.answers):
        _used.note(chosen.model, unit.sha256, answer)
    shown = [shown_assist(one, chosen.model) for one in answer.answers] or [shown_assist(NOTHING, chosen.model)]
    return shown[0] | {"answers": shown} if prompts.boxes else shown[0]


NOTHING = wire.Assist(candidates=[], model=wire.CLASSICAL.id)


def _saved(task: Task, label: UUID) -> tuple[str, Any]:
    rows = Label.objects.filter(label_set_id=task.label_set_id, label_id=label)
    found = rows.values_list("shape", "geometry").first()
    if found is None:
        raise Invalid.at("/label", "The task has no such label.", code="unknown_label")
    return found


def shown_assist(answer: wire.Assist, model: ModelVersion | None) -> dict[str, Any]:
    """The best candidate at the top, and all of them. ``model`` is named only where it is what answered."""
    by_model = model is not None and answer.model == model.spec_id
    candidates = [shown_candidate(one) for one in answer.candidates]
    best = candidates[0] if candidates else {"geometry": None, "polygons": [], "score": None, "bbox": None}
    return best | {
        "candidates": candidates,
        "model": model.name if model and by_model else wire.CLASSICAL.id,
        "model_id": str(model.pk) if model and by_model else None,
        "assistant": "model" if by_model else "classical",
        "milliseconds": round(answer.encode_ms + answer.decode_ms, 1),
        "token": answer.token,
        "warming": answer.warming,
        "path": answer.path,
        "note": answer.note,
    }


def shown_candidate(one: wire.Candidate) -> dict[str, Any]:
    x, y, width, height = one.bbox
    return {
        "geometry": {"size": list(one.mask.size), "counts": one.mask.counts},
        "polygons": one.polygons,
        "score": one.score,
        "bbox": {"x": x, "y": y, "width": width, "height": height},
    }


class Used:
    """Tells the account of embeddings which are in use: new ones at once, others about once an hour from here, so that
    most clicks write and read nothing for it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._noted: OrderedDict[tuple[str, str], float] = OrderedDict()

    def note(self, model: ModelVersion, image_sha256: str, answer: wire.AssistAnswer) -> None:
        key, now = (model.sha256, image_sha256), monotonic()
        with self._lock:
            fresh = now - self._noted.get(key, -NOTED_FOR) < NOTED_FOR
            if fresh and not answer.encoded:
                return
            self._noted[key] = now
            self._noted.move_to_end(key)
            while len(self._noted) > MAX_NOTED:
                self._noted.popitem(last=False)
        if answer.embedding_bytes:
            note_embedding(
                model_sha256=model.sha256, image_sha256=image_sha256, bytes=answer.embedding_bytes, now=database_now()
            )


_used = Used()
