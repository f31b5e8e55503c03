"""Embeddings at a byte a value: how near they are, how they are stored, and what is damaged is refused."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from apps.inference.service.embeddings import DamagedEmbedding, Embedding, storage_key


def values(channels: int = 6, side: int = 8) -> NDArray[np.float32]:
    random = np.random.default_rng(7)
    spread = 10.0 ** random.uniform(-3, 3, (channels, 1, 1))
    return (random.normal(size=(channels, side, side)) * spread).astype(np.float32)


def test_each_channel_is_within_half_a_step_of_itself() -> None:
    full = values()
    error = np.abs(Embedding.of(full, (30, 40), (6, 8)).dense() - full).max(axis=(1, 2))
    step = np.abs(full).max(axis=(1, 2)) / 127
    assert (error <= step * 0.5001).all()


def test_a_channel_of_nothing_stays_nothing() -> None:
    full = values()
    full[2] = 0
    dense = Embedding.of(full, (30, 40), (6, 8)).dense()
    assert np.isfinite(dense).all()
    assert not dense[2].any()


def test_what_is_packed_comes_back() -> None:
    made = Embedding.of(values(), (30, 40), (6, 8))
    back = Embedding.unpack(made.pack())
    assert (back.data == made.data).all()
    assert (back.scales == made.scales).all()
    assert (back.size, back.input_size) == ((30, 40), (6, 8))


def test_that_of_a_large_model_is_at_most_1_1_megabytes() -> None:
    made = Embedding.of(np.ones((256, 64, 64), np.float32), (1500, 2250), (683, 1024))
    assert len(made.pack()) <= 1_100_000


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: b"",
        lambda raw: raw[:-1],
        lambda raw: raw + b"\0",
        lambda raw: b"X" + raw[1:],
        lambda raw: raw[:8] + b"\xff\xff\xff\xff" + raw[12:],
        lambda raw: raw.replace(b'"shape":[6,8,8]', b'"shape":[6,8,-8]'),
        lambda raw: raw.replace(b'"shape":[6,8,8]', b'"shape":[6,8,"8"]'),
        lambda raw: raw[:12] + b"\x80" * 10 + raw[22:],
    ],
)
def test_what_is_damaged_is_refused(damage) -> None:  # type: ignore[no-untyped-def]
    raw = Embedding.of(values(), (30, 40), (6, 8)).pack()
    with pytest.raises(DamagedEmbedding):
        Embedding.unpack(damage(raw))


def test_the_key_names_model_and_image() -> None:
    assert storage_key("m" * 64, "i" * 64) == f"embeddings/{'m' * 64}/{'i' * 64}.i8"
