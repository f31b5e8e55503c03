"""Having images described by a model: vectors from the inference process, which is waited for while it is away."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.core.files.storage import default_storage

from apps.common.clock import database_now
from apps.common.errors import Unavailable as NotNow
from apps.datasets.models import DataUnit
from apps.inference import gateway as process
from apps.inference import wire
from apps.inference.gateway import Busy, Done, Late, Refused, Reply, Unavailable
from apps.inference.models import ModelKind, ModelVersion
from apps.inference.operations.embeddings import note_embedding
from apps.inference.queries import image_ref

AT_ONCE = 8
"""Images that are asked for together, so that a GPU gets a batch."""

DEADLINE_MS = 300_000
PATIENCE = 120.0
"""Seconds without any answer after which a process that is away or busy is given up."""

TRIES = 3
PASSING = ("unreachable", "starting", "failed")

Rest = Callable[[str], None]
"""Hears that the work waits; may raise to stop it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An image (``whole``) and ``boxes`` (x, y, width, height) of it, in pixels as seen."""

    unit: DataUnit
    boxes: tuple[tuple[float, float, float, float], ...] = ()
    whole: bool = True


Vectors = npt.NDArray[np.float16]


def describe_images(model: ModelVersion, wanted: Sequence[Wanted], rest: Rest) -> list[Vectors | Refused]:
    """For each image (n, d) of unit length, the whole one first where it was wanted; or why there is none for it.

    Raises Unavailable where the process does not come back, or cannot do this at all: nothing stands in for it.
    """
    found: dict[int, Vectors | Refused] = {}
    tries: Counter[int] = Counter()
    last = time.monotonic()
    while waiting := [number for number in range(len(wanted)) if number not in found]:
        replies = ask_for(model, [wanted[number] for number in waiting])
        troubles = []
        for number, reply in zip(waiting, replies, strict=True):
            if isinstance(reply, Done):
                found[number] = read(reply.value, wanted[number])
                note(model, wanted[number].unit, reply.value)
                last = time.monotonic()
            elif isinstance(reply, Refused):
                found[number] = about_image(model, reply)
            elif isinstance(reply, Unavailable) and reply.code == "failed" and tries[number] + 1 >= TRIES:
                found[number] = Refused(reply.code, reply.detail)
            else:
                tries[number] += 1
                troubles.append(reply)
        if troubles:
            wait(model, troubles[0], time.monotonic() - last, rest)
    return [found[number] for number in range(len(wanted))]


def ask_for(model: ModelVersion, wanted: Sequence[Wanted]) -> list[Reply[wire.DescribeAnswer]]:
    spec = model.spec()
    asks = [
        wire.DescribeAsk(spec, image_ref(one.unit), one.boxes, one.whole, deadline_ms=DEADLINE_MS) for one in wanted
    ]
    # The threads only wait for the process; none of them touches the database.
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        return list(pool.map(process.gateway().describe, asks))


def about_image(model: ModelVersion, reply: Refused) -> Refused:
    """A refusal that is of the one image. Raises Unavailable for one that is of the model: every image would get it."""
    if reply.code in ("bad_image", "not_an_image", "too_many_pixels", "truncated", "bad_answer", "bad_boxes"):
        return reply
    raise NotNow(f"{model.name} cannot describe images: {reply.detail}", code=reply.code, retry_after=60)


def wait(model: ModelVersion, trouble: Reply[wire.DescribeAnswer], silent: float, rest: Rest) -> None:
    """Waits a little. Raises Unavailable, with the model's name, when that will not help."""
    passing = not isinstance(trouble, Unavailable) or trouble.code in PASSING
    if not passing or silent > PATIENCE:
        detail = trouble.detail if isinstance(trouble, Unavailable) else "The inference process does not answer."
        code = trouble.code if isinstance(trouble, Unavailable) else "late" if isinstance(trouble, Late) else "busy"
        raise NotNow(f"{model.name} cannot describe images: {detail}", code=code, retry_after=60)
    rest("waiting for the inference process")
    pause(min(trouble.retry_after, 10) if isinstance(trouble, (Busy, Unavailable)) else 1)


def pause(seconds: float) -> None:
    time.sleep(seconds)


def read(answer: wire.DescribeAnswer, wanted: Wanted) -> Vectors | Refused:
    rows = len(wanted.boxes) + wanted.whole
    vectors = np.frombuffer(answer.vectors, "<f2")
    if answer.width < 1 or len(vectors) != rows * answer.width or not np.isfinite(vectors).all():
        return Refused("bad_answer", "The inference process described something else than was asked for.")
    return vectors.reshape(rows, answer.width)


def note(model: ModelVersion, unit: DataUnit, answer: wire.DescribeAnswer) -> None:
    """An embedding that was made or used for it is accounted for."""
    if model.kind == ModelKind.SEGMENTER and answer.embedding_bytes:
        now = database_now()
        note_embedding(model_sha256=model.sha256, image_sha256=unit.sha256, bytes=answer.embedding_bytes, now=now)


def why_not_ready(model: ModelVersion) -> str:
    """Why the model cannot describe images at the moment, in a sentence; empty where it can as far as is known."""
    if model.key and not default_storage.exists(model.key):
        return "The model's file is not in the media storage."
    state = process.gateway().state()
    return state.detail if isinstance(state, Unavailable) else ""
