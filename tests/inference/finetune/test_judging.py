"""What an answer is worth: its overlap with the object, within the image."""

from __future__ import annotations

import numpy as np
import pytest

from apps.inference import wire
from apps.inference.service.embeddings import Embedding
from apps.inference.service.finetune.judging import overlap
from apps.inference.service.finetune.samples import Sample, sample_of
from apps.inference.service.masks import encode_mask


def upper_left(*, boxed: bool = False) -> Sample:
    """An object over a quarter of a wide image, whose lower half on the model's grid is padding."""
    embedding = Embedding.of(np.ones((4, 8, 8), np.float32), (40, 80), (32, 64))
    mask = np.zeros((40, 80), bool)
    mask[:20, :40] = True
    image = wire.ImageRef("a.png", "a" * 64, 80, 40)
    one = wire.TrainingObject(image, (0, 0, 40, 20), None if boxed else encode_mask(mask), "cell", "a")
    found = sample_of(one, embedding)
    assert found is not None
    return found


@pytest.mark.parametrize("boxed", [False, True])
def test_what_is_said_of_the_padding_counts_for_nothing(boxed: bool) -> None:
    sample = upper_left(boxed=boxed)
    assert overlap(sample.truth, sample) == 1
    everywhere = np.ones_like(sample.truth)
    assert overlap(everywhere, sample) == pytest.approx(0.25)
    below = sample.truth.copy()
    below[16:] = True
    assert overlap(below, sample) == 1


def test_nothing_is_worth_nothing() -> None:
    sample = upper_left()
    assert overlap(np.zeros_like(sample.truth), sample) == 0
