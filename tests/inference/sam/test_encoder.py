"""The quick encoder against the library's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from apps.inference.service.embeddings import Embedding
from apps.inference.service.sam import encoder as module
from apps.inference.service.sam.encoder import Encoder, processor_has_bf16
from apps.inference.service.sam.trouble import DamagedFile
from apps.inference.service.segmenter import DecodeAsk
from tests.inference.sam_models import build_sam, picture

SIZES = [(48, 80), (80, 48), (64, 64), (200, 131), (7, 31), (1, 1)]


@pytest.fixture(scope="module")
def predictor() -> Any:
    sam = build_sam()
    from segment_anything import SamPredictor

    return SamPredictor(sam)


@pytest.fixture(scope="module")
def quick() -> Encoder:
    return Encoder(build_sam(), dtype=torch.float32)


def exact(encoder: Encoder, image: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What the encoder computes before it is rounded to a byte."""
    kept = []
    monkeypatch.setattr(Embedding, "of", lambda dense, *_: kept.append(dense))
    encoder.encode(image)
    return kept[0]


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_same_numbers_as_the_library(
    height: int, width: int, predictor: Any, quick: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = picture(height, width)
    predictor.set_image(image)
    dense = exact(quick, image, monkeypatch)
    assert np.abs(dense - predictor.features[0].numpy()).max() < 1e-4


def test_attention_in_blocks_is_the_same(predictor: Any, quick: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a processor does it where an image has thousands of cells; 8 x 8 here, 5 rows at a time."""
    monkeypatch.setattr(module, "BLOCK", 5)
    image = picture()
    predictor.set_image(image)
    dense = exact(quick, image, monkeypatch)
    assert np.abs(dense - predictor.features[0].numpy()).max() < 1e-4


def test_embedding_knows_the_sizes_and_is_within_half_a_step(predictor: Any, quick: Encoder) -> None:
    image = picture(48, 80)
    predictor.set_image(image)
    embedding = quick.encode(image)
    assert (embedding.size, embedding.input_size) == ((48, 80), predictor.input_size)
    error = np.abs(embedding.dense() - predictor.features[0].numpy()).max((1, 2))
    assert (error <= embedding.scales * 0.501 + 1e-5).all()


def test_masks_from_bytes_and_bf16_agree_with_the_librarys(predictor: Any, quick: Encoder) -> None:
    from apps.inference.service.sam.decoder_torch import TorchDecoder

    decoder, half = TorchDecoder(build_sam()), Encoder(build_sam(), dtype=torch.bfloat16)
    agreement: dict[str, list[float]] = {"bytes": [], "bf16": []}
    for seed in range(6):
        image = picture(seed=seed)
        predictor.set_image(image)
        truth = predictor.predict(box=np.array([10, 8, 60, 40]), multimask_output=True)[2] > 0
        for name, encoder in (("bytes", quick), ("bf16", half)):
            agreement[name] += [iou(a, b) for a, b in zip(truth, boxed(decoder, encoder.encode(image)), strict=True)]
    assert np.mean(agreement["bytes"]) >= 0.995
    assert np.mean(agreement["bf16"]) >= 0.97


def boxed(decoder: Any, embedding: Embedding) -> Any:
    nothing = np.zeros((0, 2), np.float32), np.zeros(0, np.int32)
    return decoder.decode([DecodeAsk(embedding, *nothing, np.array([10, 8, 60, 40], np.float32))])[0].logits > 0


def iou(one: Any, other: Any) -> float:
    union = (one | other).sum()
    return float((one & other).sum() / union) if union else 1.0


def test_model_without_finite_numbers_is_refused() -> None:
    sam = build_sam()
    sam.image_encoder.neck[0].weight[0] = float("nan")
    with pytest.raises(DamagedFile):
        Encoder(sam, dtype=torch.float32).encode(picture())


@pytest.mark.parametrize(
    ("line", "has"),
    [
        ("flags\t\t: fpu avx512f avx512_bf16 amx_tile", True),
        ("flags\t\t: fpu amx_bf16", True),
        ("Features\t: fp asimd bf16", True),
        ("flags\t\t: fpu avx2 avx512f", False),
        ("model name\t: bf16", False),
    ],
)
def test_bf16_only_where_the_processor_multiplies_in_it(line: str, has: bool, tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text(f"processor\t: 0\n{line}\n")
    assert processor_has_bf16(tmp_path / "cpuinfo") is has
    assert processor_has_bf16(tmp_path / "none") is False
