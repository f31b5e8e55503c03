"""The training itself: the mask decoder on embeddings that are there, half of every batch the base's own answers."""

from __future__ import annotations

import copy
import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from apps.inference.service.embeddings import Embedding
from apps.inference.service.finetune.losses import box_loss, iou, mask_loss
from apps.inference.service.finetune.samples import Prompt, Sample, anywhere, random_both, random_box, random_click
from apps.inference.service.sam.packed import PackedDecoder
from apps.inference.wire import CurvePoint, FinetuneAsk

CLIP = 1.0
PATIENCE = 5
"""Looks without a better figure before training stops."""

LOOKS = 16
SETTLED = 0.5
"""The part of the steps before which no decoder is taken. While the rate is high, much is forgotten for what is gained;
what is replayed brings it back as the rate falls (on the small SAM -.03 IoU after 18 steps, -.01 after 100)."""

MIXED = 0.75
"""How far from the base towards the best the decoder goes in the end, weight by weight (Wortsman et al. 2022, WiSE-FT).
On the small SAM that leaves .08 of .10 gained, and .01 of .02 forgotten."""

SCORE_WEIGHT = 0.5
REPLAY_WEIGHT = 2.0
"""Of what is replayed beside what is learned. The more, the less is forgotten and the less is gained: mean IoU of a
small SAM by click, 150 steps, .115 gained for .015 forgotten at 1, .08 for .006 at 2, .05 for .002 at 4."""

BOTH = 0.2
"""How often an object is clicked on and boxed at once."""


class NothingLearned(Exception):
    """The gradient is zero or no number: the job must fail, not pretend."""


@dataclass
class Progress:
    """Where a training stands; with the optimizer's state this is its checkpoint."""

    step: int
    curve: list[CurvePoint]
    best: dict[str, Tensor]
    best_figure: float
    stale: int


class Training:
    """Deterministic by the ask's seed: every step draws from a generator of its own, so that going on after a
    checkpoint is going on as if nothing had happened."""

    def __init__(self, sam: Any, ask: FinetuneAsk, samples: Sequence[Sample], pictures: Sequence[Embedding]) -> None:
        """``pictures`` per sample, its image's embedding. The encoders are never changed."""
        self.model, self.base = PackedDecoder(sam), PackedDecoder(copy.deepcopy(sam))
        for module in (self.model.prompts, self.base):
            module.requires_grad_(requires_grad=False)
        self.decoder = self.model.decoder
        self.decoder.requires_grad_(requires_grad=True)
        self._ask, self._samples, self._pictures = ask, samples, pictures
        self._side: int = sam.prompt_encoder.mask_input_size[0]
        self.optimizer = torch.optim.AdamW(self.decoder.parameters(), lr=ask.learning_rate, weight_decay=0.01)
        self.progress = Progress(0, [], copy.deepcopy(self.decoder.state_dict()), -1.0, 0)

    @property
    def is_over(self) -> bool:
        return self.progress.step >= self._ask.steps or self.progress.stale >= PATIENCE

    def look_every(self) -> int:
        return max(1, self._ask.steps // LOOKS)

    def step(self) -> float:
        """One step. The loss. Raises NothingLearned."""
        number = self.progress.step
        rng = np.random.default_rng((self._ask.seed, number))
        for group in self.optimizer.param_groups:
            group["lr"] = self._ask.learning_rate * 0.5 * (1 + math.cos(math.pi * number / self._ask.steps))
        replayed = min(self._ask.batch - 1, round(self._ask.batch * self._ask.replay))
        chosen = rng.integers(0, len(self._samples), self._ask.batch)
        learned = self._learn(chosen[replayed:], rng) / self._ask.batch
        self.optimizer.zero_grad()
        learned.backward()  # type: ignore[no-untyped-call]
        # Of the objects alone: what is replayed has a gradient of its own, which teaches nothing new.
        self._require_gradient(number)
        replay = REPLAY_WEIGHT * self._replay(chosen[:replayed], rng) / self._ask.batch
        if replayed:
            replay.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.decoder.parameters(), CLIP)
        self.optimizer.step()
        self.progress.step += 1
        return float((learned + replay).detach())

    def _require_gradient(self, step: int) -> None:
        gradients = [one.grad for one in self.decoder.parameters() if one.grad is not None]
        norm = float(torch.nn.utils.get_total_norm(gradients))
        if not math.isfinite(norm) or not norm > 0:
            raise NothingLearned(f"The gradient's norm is {norm:g} at step {step}: nothing would be learned.")

    def look(self, loss: float, figures: Callable[[], tuple[float, float]]) -> CurvePoint:
        """Mean IoU by click and by box on the objects that decide when to stop."""
        click, box = figures()
        point = CurvePoint(self.progress.step, loss, click, box)
        self.progress.curve.append(point)
        if self.progress.step < SETTLED * self._ask.steps:
            return point
        if (click + box) / 2 > self.progress.best_figure + 1e-6:
            self.progress.best_figure = (click + box) / 2
            self.progress.best = copy.deepcopy(self.decoder.state_dict())
            self.progress.stale = 0
        else:
            self.progress.stale += 1
        return point

    def _learn(self, numbers: Sequence[int] | np.ndarray[Any, Any], rng: np.random.Generator) -> Tensor:
        if not len(numbers):
            return torch.zeros(())
        samples = [self._samples[int(n)] for n in numbers]
        prompts = self._prompts(samples, rng)
        logits, scores = self._answers(self.model, prompts, [self._pictures[int(n)] for n in numbers])
        targets = torch.from_numpy(np.stack([sample.truth for sample in samples])).float()
        total = torch.zeros(())
        for row, (sample, prompt) in enumerate(zip(samples, prompts, strict=True)):
            total = total + self._of_one(logits[row], scores[row], targets[row], sample, prompt)
        return total

    def _prompts(self, samples: Sequence[Sample], rng: np.random.Generator) -> list[Prompt]:
        """A click or a box on each; at some steps both, on all, as a batch's prompts are of one length."""
        if rng.random() < BOTH:
            return [random_both(sample, rng) for sample in samples]
        return [(random_click if rng.random() < 0.5 else random_box)(sample, rng) for sample in samples]

    def _of_one(self, logits: Tensor, scores: Tensor, target: Tensor, sample: Sample, prompt: Prompt) -> Tensor:
        """A click may mean three things, and the nearest of them is taught (Kirillov et al. 2023, appendix A); a box
        means one. The decoder's scores learn how good its masks are."""
        tokens = slice(1, None) if prompt.is_click else slice(0, 1)
        found = logits[tokens]
        wanted = target.expand_as(found)
        losses = box_loss(found, wanted) if sample.only_box else mask_loss(found, wanted)
        if sample.only_box:
            return losses.min()
        return losses.min() + SCORE_WEIGHT * (scores[tokens] - iou(found, wanted)).square().mean()

    def _replay(self, numbers: Sequence[int] | np.ndarray[Any, Any], rng: np.random.Generator) -> Tensor:
        """What the base says at random places, kept (self-distillation; Li and Hoiem 2016)."""
        if not len(numbers):
            return torch.zeros(())
        pictures = [self._pictures[int(n)] for n in numbers]
        prompts = [anywhere(picture, rng) for picture in pictures]
        logits, scores = self._answers(self.model, prompts, pictures)
        with torch.no_grad():
            wanted, worth = self._answers(self.base, prompts, pictures)
        total = mask_loss(logits.flatten(0, 1), wanted.sigmoid().flatten(0, 1)).sum() / logits.shape[1]
        return total + SCORE_WEIGHT * (scores - worth).square().mean(1).sum()

    def _answers(
        self, model: PackedDecoder, prompts: Sequence[Prompt], pictures: Sequence[Embedding]
    ) -> tuple[Tensor, Tensor]:
        n = len(prompts)
        answer: tuple[Tensor, Tensor] = model(
            torch.from_numpy(np.stack([picture.dense() for picture in pictures])),
            torch.from_numpy(np.stack([prompt.points for prompt in prompts])),
            torch.from_numpy(np.stack([prompt.labels for prompt in prompts])),
            torch.zeros(n, 1, self._side, self._side),
            torch.zeros(n),
        )
        return answer

    def checkpoint(self) -> bytes:
        file = io.BytesIO()
        progress = self.progress
        torch.save(
            {
                "decoder": self.decoder.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "best": progress.best,
                "curve": [(one.step, one.loss, one.click_iou, one.box_iou) for one in progress.curve],
                "figures": (progress.step, progress.best_figure, progress.stale),
            },
            file,
        )
        return file.getvalue()

    def go_on(self, content: bytes) -> None:
        """After a checkpoint of ours. Raises what torch raises for one that is damaged."""
        kept = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        self.decoder.load_state_dict(kept["decoder"])
        self.optimizer.load_state_dict(kept["optimizer"])
        step, figure, stale = kept["figures"]
        self.progress = Progress(step, [CurvePoint(*one) for one in kept["curve"]], kept["best"], figure, stale)

    def take_best(self) -> None:
        """Most of the way to it, see MIXED."""
        base = self.base.decoder.state_dict()
        best = self.progress.best
        self.decoder.load_state_dict({name: base[name].lerp(tensor, MIXED) for name, tensor in best.items()})
