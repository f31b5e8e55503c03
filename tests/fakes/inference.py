"""An inference process that is not there: it answers what the test says, and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import pytest

from apps.inference import gateway as inference
from apps.inference import wire
from apps.inference.gateway import Done, Reply, Unavailable
from apps.inference.models import Assistant, ModelKind, ModelVersion
from apps.projects.models import Project
from tests.factories.inference import make_model

Answer = Callable[[Any], Any] | Any
GONE = Unavailable("unreachable", "The inference process is not there; try again in a moment.", 3)


def square(width: int = 640, height: int = 480, *, x: int = 10, y: int = 20, side: int = 30) -> wire.Candidate:
    """A square mask."""
    column = [y, side, height - y - side]
    runs = [x * height + y, *([side, height - side] * (side - 1)), side, column[2] + (width - x - side) * height]
    return wire.Candidate(
        mask=wire.Mask((height, width), packed(runs, width, height)),
        bbox=(float(x), float(y), float(side), float(side)),
        polygons=[[[(x, y), (x + side, y), (x + side, y + side), (x, y + side)]]],
        area=side * side,
        score=0.9,
    )


def packed(runs: list[int], width: int, height: int) -> str:
    from apps.labels.logic.masks import compress

    return compress(runs, width=width, height=height)


@dataclass
class FakeGateway:
    """Answers with ``replies[name]``: a reply, a function of what was asked, or a list to be used up. Every call is in
    ``asked`` as (name, what)."""

    replies: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, Any]] = field(default_factory=list)

    def __getattr__(self, name: str) -> Callable[..., Reply[Any]]:
        def call(ask: Any = None) -> Reply[Any]:
            self.asked.append((name, ask))
            reply = self.replies.get(name, GONE)
            if isinstance(reply, list):
                reply = reply.pop(0) if len(reply) > 1 else reply[0]
            answer: Reply[Any] = reply(ask) if callable(reply) else reply
            return answer

        return call

    def of(self, name: str) -> list[Any]:
        """What was asked under the name, in order."""
        return [ask for called, ask in self.asked if called == name]

    def answers(self, *candidates: wire.Candidate, **more: Any) -> None:
        """Every assist from here on gets these candidates, from the model that was asked."""
        self.replies["assist"] = lambda ask: Done(
            wire.AssistAnswer(
                [
                    wire.Assist(list(candidates), model=ask.model.id, token="t-1", decode_ms=7.0, **more)
                    for _ in range(len(ask.prompts.boxes) or 1)
                ]
            )
        )


def install(monkeypatch: pytest.MonkeyPatch, settings: Any = None) -> FakeGateway:
    """Puts the fake in the gateway's place; with ``settings`` the server believes that it has a process."""
    fake = FakeGateway()
    # Whoever holds the real one by name must have it before: what is imported first under a fake keeps it for ever.
    for name in ("apps.inference.jobs", "apps.inference.operations.opening"):
        import_module(name)
    monkeypatch.setattr(inference, "gateway", lambda: fake)
    if settings is not None:
        settings.INFERENCE_URL = "unix:/nowhere"
    return fake


def make_predictor(name: str = "Cells", **values: Any) -> ModelVersion:
    return make_model(name, **{"family": "onnx", "kind": ModelKind.PREDICTOR, **values})


def choose(project: Project, model: ModelVersion | None, **values: Any) -> Assistant:
    return Assistant.objects.create(project=project, model=model, **values)
