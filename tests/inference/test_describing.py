"""Vectors of images and parts of them: an embedding averaged over what a box covers, or an embedder's word."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.inference import wire
from apps.inference.service.describing import averaged, covered, cut
from apps.inference.service.embeddings import Embedding
from apps.inference.service.loaders import Loaders
from apps.inference.service.refusals import Refusal
from apps.inference.service.store import FileStore
from tests.inference import tiny_onnx
from tests.inference.addresses import Process, read, run
from tests.inference.sam_models import Folder, build_sam
from tests.inference.stand_ins import BASE, SIZE, SquareEngine, make_desk, model, put_image

WIDE = Embedding.of(
    # The first channel counts columns, the second rows, the third is 1; an image of 80 x 40 in a square of 64: below
    # row 4 there is nothing but what fills it up, which is worth 9 here.
    np.stack([np.tile(np.arange(8.0), (8, 1)), np.where(np.arange(8)[:, None] < 4, np.arange(8.0)[:, None], 9.0)
              * np.ones((8, 8)), np.ones((8, 8))]).astype(np.float32),
    (40, 80),
    (32, 64),
)  # fmt: skip


def vectors(answer: wire.DescribeAnswer) -> Any:
    return np.frombuffer(answer.vectors, "<f2").reshape(-1, answer.width).astype(np.float64)


def test_what_fills_the_square_up_counts_for_nothing() -> None:
    (whole,) = averaged(WIDE, [(0, 0, 80, 40)], 3)
    np.testing.assert_allclose(whole, [3.5, 1.5, 1], atol=0.04)
    (below,) = averaged(WIDE, [(0, 30, 80, 500)], 3)
    np.testing.assert_allclose(below, [3.5, 3, 1], atol=0.04)


def test_cells_count_by_how_much_of_them_a_box_covers() -> None:
    """A cell is 10 pixels of the image across and down."""
    found = averaged(WIDE, [(10, 0, 10, 10), (15, 0, 10, 10), (12, 3, 1, 1), (15, 0, 20, 20)], 1)[:, 0]
    np.testing.assert_allclose(found, [1, 1.5, 1, (0.25 * 1 + 0.5 * 2 + 0.25 * 3)], atol=0.04)


@given(st.floats(-50, 150), st.floats(0, 200), st.floats(1, 16), st.integers(1, 16))
def test_every_span_covers_something_and_its_shares_sum_to_one(low: float, size: float, end: float, count: int) -> None:
    first, share = covered(low, low + size, end, count)
    assert 0 <= first < first + len(share) <= count
    assert share.sum() == pytest.approx(1, abs=1e-5)
    assert (share >= 0).all()
    assert first < min(end, count)


@given(st.floats(-50, 100), st.floats(-50, 100), st.floats(0, 200), st.floats(0, 200))
def test_every_box_cuts_out_at_least_a_pixel(x: float, y: float, width: float, height: float) -> None:
    assert min(cut(np.zeros((30, 40, 3), np.uint8), (x, y, width, height)).shape) >= 1


def test_one_encoding_serves_the_image_and_all_its_boxes(tmp_path: Path) -> None:
    image, engine = put_image(tmp_path / "media"), SquareEngine()
    boxes = tuple((float(n), 2.0, 8.0, 8.0) for n in range(20))

    async def scene(served: Process) -> None:
        first = read(await served.post("/describe", wire.DescribeAsk(model(), image, boxes)), wire.DescribeAnswer)
        again = read(await served.post("/describe", wire.DescribeAsk(model(), image, whole=False, boxes=boxes[:2])),
                     wire.DescribeAnswer)  # fmt: skip
        assert (vectors(first).shape, vectors(again).shape) == ((21, 4), (2, 4))
        assert (first.encoded, again.encoded, first.model) == (True, False, BASE)
        assert first.embedding_bytes == again.embedding_bytes > 0
        np.testing.assert_allclose(np.linalg.norm(vectors(first), axis=1), 1, atol=1e-3)

    run(tmp_path, scene, engine)
    assert engine.encoded == 1


def test_bad_boxes_are_refused_before_anything_is_encoded(tmp_path: Path) -> None:
    image, engine = put_image(tmp_path / "media"), SquareEngine()

    async def scene(served: Process) -> None:
        for ask in (
            wire.DescribeAsk(model(), image, whole=False),
            wire.DescribeAsk(model(), image, ((0, 0, -1, 5),)),
            wire.DescribeAsk(model(), image, ((0, 0, 1, 5),) * 20_001),
        ):
            answer = await served.post("/describe", ask)
            assert (answer.status_code, answer.json()["code"]) == (400, "bad_boxes")
        missing = wire.ImageRef("units/gone.png", "0" * 64, 4, 4)
        answer = await served.post("/describe", wire.DescribeAsk(model(), missing))
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_image")

    run(tmp_path, scene, engine)
    assert engine.encoded == 0


def test_an_embedder_sees_each_part_by_itself(tmp_path: Path) -> None:
    content = tiny_onnx.look().SerializeToString()
    digest = hashlib.sha256(content).hexdigest()
    store = FileStore(tmp_path / "media")
    store.write("models/look.onnx", content)
    config = {"kind": "embedding", "input": {"size": [64, 64], "resize": "stretch", "std": [1, 1, 1]}}
    spec = wire.ModelSpec(digest, "onnx", "models/look.onnx", digest, config=config)
    image = put_image(tmp_path / "media")

    async def scene() -> tuple[wire.DescribeAnswer, Refusal]:
        desk, _ = make_desk(tmp_path)
        answer = await desk.describing.ask(wire.DescribeAsk(spec, image, ((20, 14, 20, 20), (16, 4, 32, 16))))
        with pytest.raises(Refusal) as caught:
            # A box of nothing but black: the model has nothing to say of it.
            await desk.describing.ask(wire.DescribeAsk(spec, image, ((0, 0, 4, 4),)))
        desk.close()
        return answer, caught.value

    answer, refusal = asyncio.run(scene())
    np.testing.assert_allclose(vectors(answer), np.full((3, 3), 3**-0.5), atol=1e-3)
    assert (answer.encoded, answer.embedding_bytes, refusal.code) == (False, 0, "bad_answer")


def test_the_real_encoder_is_averaged_over_the_image_alone(tmp_path: Path) -> None:
    """A small SAM of the library's own classes."""
    media = tmp_path / "media"
    (media / "models").mkdir(parents=True)
    spec = Folder(media).add_sam(build_sam(), "models/sam.pth")
    image = put_image(media)
    engine = Loaders(FileStore(media), tmp_path / "cache").segmenter(spec)
    try:
        embedding = engine.encode(np.full((*SIZE, 3), 90, np.uint8))
        dense = embedding.dense()
        rows = round(embedding.input_size[0] / max(embedding.input_size) * dense.shape[1])
        (whole,) = averaged(embedding, [(0, 0, image.width, image.height)], len(dense))
        np.testing.assert_allclose(whole, dense[:, :rows].mean(axis=(1, 2)), rtol=1e-3, atol=1e-4)
    finally:
        engine.close()
