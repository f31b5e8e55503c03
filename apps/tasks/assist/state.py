"""What the editor is told of the assistant before the first click."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.files.storage import default_storage

from apps.inference import gateway as inference
from apps.inference import wire
from apps.inference.gateway import Busy, Done, Unavailable
from apps.inference.logic.versions import embedding_key
from apps.inference.models import ModelVersion
from apps.inference.queries import image_ref
from apps.tasks.assist.choosing import chosen_for
from apps.tasks.assist.policies import holds
from apps.tasks.policies import TaskAccess

DETAILS = {
    "ready": "",
    "warming": "The image is being prepared; the classical assistant answers meanwhile.",
    "cold": "The image is prepared at the first click.",
    "unavailable": "The assistant is not there at the moment.",
}


def assistant_state(found: TaskAccess, now: datetime) -> dict[str, Any]:
    """Who would answer, and how ready the task's image is. For who holds the task the image is asked for at once, so
    an inference process that was started anew catches up."""
    chosen = chosen_for(found.task.project_id)
    if not chosen.enabled:
        return _shown(None, "unavailable", "The assistant is switched off in this project.", enabled=False)
    if chosen.model is None:
        reply = inference.gateway().state()
        if isinstance(reply, Unavailable):
            return _shown(None, "unavailable", reply.detail)
        return _shown(None, "ready")
    return _of_model(found, chosen.model, now)


def _of_model(found: TaskAccess, model: ModelVersion, now: datetime) -> dict[str, Any]:
    unit = found.task.data_unit
    if not holds(found, now):
        is_there = default_storage.exists(embedding_key(model.sha256, unit.sha256))
        return _shown(model, "ready" if is_there else "cold")
    ask = wire.EncodeAsk(model.spec(), image_ref(unit), "claim")
    reply = inference.gateway().warm(wire.WarmAsk([ask], session=f"{found.user.id}:{found.task.id}"))
    match reply:
        case Done(answer):
            state = answer.states[0] if answer.states else "dropped"
            return _shown(model, {"ready": "ready", "dropped": "cold"}.get(state, "warming"))
        case Busy():
            return _shown(model, "cold")
        case Unavailable(_, detail):
            return _shown(model, "unavailable", detail)
    return _shown(model, "unavailable")


def _shown(model: ModelVersion | None, state: str, detail: str = "", *, enabled: bool = True) -> dict[str, Any]:
    named = {"id": str(model.pk), "name": model.name, "family": model.family} if model else None
    return {
        "enabled": enabled,
        "assistant": "model" if model else "classical",
        "model": named,
        "state": state,
        "detail": detail or DETAILS[state],
    }
