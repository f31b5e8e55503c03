"""Prompts on their way to a promptable model, and the answers that are kept to be refined."""

from __future__ import annotations

import numpy as np
import pytest

from apps.inference import wire
from apps.inference.service.embeddings import Embedding
from apps.inference.service.masks import encode_mask
from apps.inference.service.prompting import MOST_BOXES, MOST_POINTS, TOKENS, Left, Tokens, decode_ask, each
from apps.inference.service.refusals import Refusal
from tests.inference.stand_ins import click

EMBEDDING = Embedding.of(np.ones((4, 64, 64), np.float32), (48, 64), (768, 1024))
NONE = np.zeros((256, 256), np.float32)


def saved(height: int = 48) -> wire.Mask:
    mask = np.zeros((height, 64), np.bool_)
    mask[10:20, 30:50] = True
    return encode_mask(mask)


def test_a_single_click_may_mean_a_part_or_the_whole_all_else_is_clear() -> None:
    two = wire.Prompts(points=(*click().points, *click(1, 1, 0).points))
    box = wire.Prompts(points=click().points, box=(1, 2, 3, 4))
    assert decode_ask(click(), EMBEDDING).multimask
    assert not decode_ask(two, EMBEDDING).multimask
    assert not decode_ask(box, EMBEDDING).multimask
    assert not decode_ask(click(), EMBEDDING, NONE).multimask


def test_boxes_become_corners_and_points_keep_their_labels() -> None:
    asked = wire.Prompts(points=(*click(5, 6).points, *click(1, 1, 0).points), box=(1, 2, 3, 4))
    ask = decode_ask(asked, EMBEDDING)
    assert ask.points.tolist() == [[5, 6], [1, 1]]
    assert ask.labels.tolist() == [1, 0]
    assert ask.box is not None
    assert ask.box.tolist() == [1, 2, 4, 6]


def test_a_saved_mask_alone_is_helped_by_the_box_around_it() -> None:
    ask = decode_ask(wire.Prompts(mask=saved()), EMBEDDING)
    assert ask.mask_logits is not None
    assert ask.mask_logits.shape == (256, 256)
    assert ask.box is not None
    assert ask.box.tolist() == [30, 10, 50, 20]
    assert decode_ask(wire.Prompts(points=click().points, mask=saved()), EMBEDDING).box is None


def test_a_mask_of_another_image_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        decode_ask(wire.Prompts(mask=saved(height=50)), EMBEDDING)
    assert refused.value.code == "bad_mask"


def test_several_boxes_are_several_questions() -> None:
    boxes = ((1.0, 2.0, 3.0, 4.0), (5.0, 6.0, 7.0, 8.0))
    assert each(wire.Prompts(boxes=boxes)) == [wire.Prompts(box=box) for box in boxes]
    assert each(click()) == [click()]


@pytest.mark.parametrize(
    "prompts",
    [
        wire.Prompts(),
        click(float("nan")),
        wire.Prompts(box=(0, 0, float("inf"), 1)),
        wire.Prompts(anchors=((0, float("nan")),)),
        wire.Prompts(points=click().points * (MOST_POINTS + 1)),
        wire.Prompts(boxes=((0, 0, 1, 1),) * (MOST_BOXES + 1)),
    ],
)
def test_what_cannot_be_asked_is_refused(prompts: wire.Prompts) -> None:
    with pytest.raises(Refusal) as refused:
        each(prompts)
    assert refused.value.code == "bad_prompts"


def test_an_answer_is_found_by_its_token_and_each_of_its_masks_too() -> None:
    tokens = Tokens()
    logits = np.stack([NONE, NONE + 1])
    token = tokens.leave(Left("base", "image", logits))
    assert (tokens.logits(token, "base", "image") == 0).all()
    assert (tokens.logits(f"{token}.1", "base", "image") == 1).all()


def test_a_token_of_another_image_or_model_or_one_that_is_gone_is_refused() -> None:
    tokens = Tokens()
    token = tokens.leave(Left("base", "image", NONE[None]))
    for name, base, image in [(token, "base", "other"), (token, "other", "image"), (f"{token}.1", "base", "image")]:
        with pytest.raises(Refusal) as refused:
            tokens.logits(name, base, image)
        assert refused.value.code == "token_gone"
    for _ in range(TOKENS):
        tokens.leave(Left("base", "image", NONE[None]))
    with pytest.raises(Refusal):
        tokens.logits(token, "base", "image")
