"""One run from the first embedding to the verdict, in a process of its own. What it tells is a ``FinetuneState``."""

from __future__ import annotations

import copy
import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import torch

from apps.inference.service.embeddings import Embedding
from apps.inference.service.finetune import examples, judging
from apps.inference.service.finetune.gain import Figures, Judged, by_class, interval, verdict
from apps.inference.service.finetune.material import gather
from apps.inference.service.finetune.samples import Sample
from apps.inference.service.finetune.split import LEAST_HELD_OUT, TooFew, split
from apps.inference.service.finetune.training import NothingLearned, Training
from apps.inference.service.refusals import Refusal
from apps.inference.service.sam import loading
from apps.inference.service.store import MissingFile, Store
from apps.inference.wire import Example, FinetuneAsk, FinetuneState, TrainingObject

Tell = Callable[[FinetuneState], None]
"""Hears every state; raises Cancelled when the run is to end."""

PREPARING, TRAINING = 0.2, 0.7
"""Parts of the whole, as the progress bar counts them."""

MOST_STOPPING = 150
"""Objects that decide when to stop: they are looked at many times over."""


class Cancelled(Exception):
    """Somebody asked the run to end."""


@dataclass(frozen=True, slots=True)
class Jury:
    """The held-out objects and what a decoder answers for them."""

    samples: Sequence[Sample]
    pictures: Sequence[Embedding]
    objects: Sequence[TrainingObject]

    def hear(self, sam: Any, tick: Callable[[], None]) -> Heard:
        """``tick`` is called at every object: with a large model and many objects this takes minutes."""
        click, box = (
            judging.figures(sam, self.samples, self.pictures, by_box=by_box, tick=tick) for by_box in (False, True)
        )
        return Heard(click, box)

    def show(self, sam: Any, numbers: Sequence[int]) -> list[examples.Logits]:
        """What it answers to clicks on some of them."""
        samples, pictures = [self.samples[n] for n in numbers], [self.pictures[n] for n in numbers]
        return [logits for logits, _ in judging.answers(sam, samples, pictures, by_box=False)]


@dataclass(frozen=True, slots=True)
class Heard:
    click: Figures
    box: Figures


class Run:
    def __init__(self, ask: FinetuneAsk, store: Store, tell: Tell) -> None:
        self._ask, self._store, self._tell = ask, store, tell
        self._state = FinetuneState(state="preparing")

    def to_the_end(self) -> FinetuneState:
        """The last state: done, failed or cancelled. Raises ModelTrouble."""
        try:
            return self._run()
        except (TooFew, NothingLearned, Refusal) as error:
            return self._now(state="failed", reason=str(error))
        except Cancelled:
            return self._now(state="cancelled", detail="")

    def _run(self) -> FinetuneState:
        parts = split(self._ask.objects, self._ask.seed)
        sam = self._load()
        material = gather(self._ask.objects, self._ask.base, self._store, self._encoding)
        jury = Jury(*material.of(parts.judge))
        learning, pictures, _ = material.of(parts.train)
        stopping = material.of(parts.stop[:MOST_STOPPING])[:2]
        if len(jury.samples) < LEAST_HELD_OUT or not learning or not stopping[0]:
            seen = len(jury.samples)
            raise TooFew(f"Only {seen} held-out objects can be seen by the model; {LEAST_HELD_OUT} must be.")
        detail = "Judging the model as it is"
        self._say(held_out=len(jury.samples), trained_on=len(learning), fraction=PREPARING, detail=detail)
        before, base = jury.hear(sam, self._say), copy.deepcopy(sam.mask_decoder)
        training = Training(sam, self._ask, learning, pictures)
        self._train(training, sam, *stopping)
        self._say(state="evaluating", fraction=PREPARING + TRAINING, detail="Judging on objects it never saw")
        training.take_best()
        after = jury.hear(sam, self._say)
        state = self._judged(sam, jury, before, after)
        return msgspec.structs.replace(state, examples=shown(sam, base, jury, before, after))

    def _load(self) -> Any:
        base = self._ask.base
        sam = loading.load(self._store.local_path(base.key, base.sha256), base.sha256).sam
        if base.decoder_key:
            path = self._store.local_path(base.decoder_key, base.decoder_sha256)
            loading.load_decoder(sam, path, base.decoder_sha256)
        # Not needed here, and by far the largest part; its pages were never read.
        del sam.image_encoder
        # The file's pages are its own: what is trained lies in memory.
        sam.mask_decoder = copy.deepcopy(sam.mask_decoder)
        return sam

    def _encoding(self, done: int, of: int) -> None:
        self._say(fraction=PREPARING * done / of, detail=f"{done:,} of {of:,} images ready")

    def _train(self, training: Training, sam: Any, samples: Sequence[Sample], pictures: Sequence[Embedding]) -> None:
        """The ``samples`` decide when to stop."""

        def looked() -> tuple[float, float]:
            click, box = (judging.figures(sam, samples, pictures, by_box=by, tick=self._say) for by in (False, True))
            return float(click.mean()), float(box.mean())

        self._go_on(training)
        if not training.progress.curve:
            training.look(0.0, looked)
        self._training(training)
        losses: list[float] = []
        while not training.is_over:
            losses.append(training.step())
            done = training.progress.step
            if done % training.look_every() == 0 or done == self._ask.steps:
                training.look(float(np.mean(losses)), looked)
                losses.clear()
                self._store.write(self._checkpoint, training.checkpoint())
            self._training(training)

    def _training(self, training: Training) -> None:
        done, steps = training.progress.step, self._ask.steps
        self._say(
            state="training",
            fraction=PREPARING + TRAINING * done / steps,
            detail=f"step {done:,} of at most {steps:,}",
            curve=list(training.progress.curve),
        )

    def _go_on(self, training: Training) -> None:
        """After the last checkpoint of an earlier process, if there is a whole one."""
        try:
            training.go_on(self._store.read(self._checkpoint))
        except MissingFile:
            return
        except Exception:  # noqa: BLE001 - torch has no one exception for a damaged file; training begins anew
            self._store.delete(self._checkpoint)

    @property
    def _checkpoint(self) -> str:
        return f"{self._ask.folder}/checkpoint.pt"

    def _judged(self, sam: Any, jury: Jury, before: Heard, after: Heard) -> FinetuneState:
        names, groups = [one.class_name for one in jury.objects], [one.group for one in jury.objects]
        judged = Judged(names, groups, before.click, after.click, before.box, after.box)
        click = interval(after.click - before.click, groups, self._ask.seed)
        box = interval(after.box - before.box, groups, self._ask.seed)
        classes = by_class(judged)
        accepted, reason = verdict(click, box, classes, len(names))
        key, sha256 = self._keep(sam) if accepted else ("", "")
        return self._now(
            state="done",
            fraction=1.0,
            detail="",
            accepted=accepted,
            reason=reason,
            click_gain=click,
            box_gain=box,
            classes=classes,
            decoder_key=key,
            decoder_sha256=sha256,
        )

    def _keep(self, sam: Any) -> tuple[str, str]:
        file = io.BytesIO()
        torch.save({name: tensor.contiguous() for name, tensor in sam.mask_decoder.state_dict().items()}, file)
        content = file.getvalue()
        sha256 = hashlib.sha256(content).hexdigest()
        key = f"{self._ask.folder}/decoder-{sha256}.pt"
        self._store.write(key, content)
        return key, sha256

    def _say(self, **changes: Any) -> None:
        self._tell(self._now(**changes))

    def _now(self, **changes: Any) -> FinetuneState:
        self._state = msgspec.structs.replace(self._state, **changes)
        return self._state


def shown(tuned: Any, base: Any, jury: Jury, before: Heard, after: Heard) -> list[Example]:
    """Some of the held-out objects as both decoders see them. Puts the ``base`` decoder back into ``tuned``."""
    numbers = examples.chosen(after.click - before.click)
    new = jury.show(tuned, numbers)
    tuned.mask_decoder = base
    old = jury.show(tuned, numbers)
    return [
        examples.example(
            jury.objects[number],
            jury.pictures[number],
            (old[row], new[row]),
            (float(before.click[number]), float(after.click[number])),
        )
        for row, number in enumerate(numbers)
    ]
