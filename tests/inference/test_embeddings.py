"""Embeddings at a byte a value: how near they are, how they are stored, and what is damaged is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from apps.inference.service.embeddings import MAGIC, DamagedEmbedding, Embedding, storage_key

SMALL = array_shapes(min_dims=3, max_dims=3, max_side=5)
FINITE = st.floats(-(2.0**127), 2.0**127, width=32)
SIDES = st.tuples(st.integers(1, 20_000), st.integers(1, 20_000))


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
    assert made.nbytes == len(made.pack())
    back = Embedding.unpack(made.pack())
    assert (back.data == made.data).all()
    assert (back.scales == made.scales).all()
    assert (back.size, back.input_size) == ((30, 40), (6, 8))


@given(arrays(np.float32, SMALL, elements=FINITE), SIDES, SIDES)
def test_whatever_the_values_it_comes_back_near_and_the_same(
    full: NDArray[np.float32], size: tuple[int, int], input_size: tuple[int, int]
) -> None:
    made = Embedding.of(full, size, input_size)
    back = Embedding.unpack(made.pack())
    assert np.array_equal(back.data, made.data)
    assert np.array_equal(back.scales, made.scales)
    assert (back.size, back.input_size, back.nbytes) == (size, input_size, made.nbytes)
    most = np.abs(full.astype(np.float64)).max(axis=(1, 2), keepdims=True)
    assert (np.abs(back.dense().astype(np.float64) - full) <= most / 127 * 0.5001 + 1e-12).all()


@given(st.data())
def test_cut_anywhere_or_changed_in_its_header_it_is_refused_or_whole(data: st.DataObject) -> None:
    raw = Embedding.of(values(2, 3), (30, 40), (6, 8)).pack()
    cut = data.draw(st.integers(0, len(raw) - 1))
    with pytest.raises(DamagedEmbedding):
        Embedding.unpack(raw[:cut])
    place = data.draw(st.integers(0, len(raw) - 2 * 4 - 2 * 9 - 1))
    changed = raw[:place] + bytes([data.draw(st.integers(0, 255))]) + raw[place + 1 :]
    try:
        found = Embedding.unpack(changed)
    except DamagedEmbedding:
        return
    assert found.data.shape[0] == len(found.scales)
    assert min(*found.size, *found.input_size) > 0


@given(st.binary(max_size=200))
def test_strangers_bytes_are_refused(raw: bytes) -> None:
    for content in (raw, MAGIC + raw):
        with pytest.raises(DamagedEmbedding):
            Embedding.unpack(content)


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
        lambda raw: raw.replace(b'"shape":[6,8,8]', b'"shape":[6,8,0]'),
        lambda raw: raw.replace(b'"size":[30,40]', b'"size":[30,-4]'),
        lambda raw: raw.replace(b'"input_size":[6,8]', b'"input_size":[0,8]'),
        lambda raw: raw[: -6 * 64 - 4] + b"\xff" * 4 + raw[-6 * 64 :],
        lambda raw: raw[:12] + b"\x80" * 10 + raw[22:],
    ],
)
def test_what_is_damaged_is_refused(damage) -> None:  # type: ignore[no-untyped-def]
    raw = Embedding.of(values(), (30, 40), (6, 8)).pack()
    with pytest.raises(DamagedEmbedding):
        Embedding.unpack(damage(raw))


def test_the_key_names_model_and_image() -> None:
    assert storage_key("m" * 64, "i" * 64) == f"embeddings/{'m' * 64}/{'i' * 64}.i8"
