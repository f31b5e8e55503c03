"""Both decoders against ``SamPredictor``, for every kind of prompt; and a batch against its asks one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch

from apps.inference.service.embeddings import Embedding
from apps.inference.service.sam.decoder_onnx import OnnxDecoder
from apps.inference.service.sam.decoder_torch import TorchDecoder
from apps.inference.service.sam.export import write
from apps.inference.service.sam.trouble import DamagedFile
from apps.inference.service.segmenter import DecodeAsk
from tests.inference.sam_models import build_sam, picture

SIZE = (48, 80)
PREVIOUS = np.random.default_rng(3).normal(0, 6, (32, 32)).astype(np.float32)

KINDS: dict[str, dict[str, Any]] = {
    "one point": {"points": [[30.5, 20]], "labels": [1]},
    "one point that subtracts": {"points": [[30.5, 20]], "labels": [0]},
    "several points": {"points": [[30, 20], [60, 41], [3, 7], [79, 47]], "labels": [1, 0, 1, 0]},
    "box": {"box": [10.25, 8, 60, 40]},
    "box and points": {"box": [10, 8, 60, 40], "points": [[30, 20], [12, 9]], "labels": [1, 0]},
    "previous mask and point": {"points": [[30, 20]], "labels": [1], "mask_logits": PREVIOUS},
    "previous mask and box": {"box": [10, 8, 60, 40], "mask_logits": PREVIOUS},
    "previous mask": {"mask_logits": PREVIOUS},
    "nothing": {},
}


@pytest.fixture(scope="module")
def sam() -> Any:
    return build_sam()


@pytest.fixture(scope="module")
def onnx_file(sam: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "decoder.onnx"
    write(sam, path)
    return path


@pytest.fixture(scope="module", params=["onnx", "torch"])
def decoder(request: pytest.FixtureRequest, sam: Any, onnx_file: Path) -> Any:
    return OnnxDecoder(onnx_file) if request.param == "onnx" else TorchDecoder(sam)


@pytest.fixture(scope="module")
def predictor(sam: Any) -> Any:
    """Its features are exactly what an embedding of bytes holds."""
    from segment_anything import SamPredictor

    predictor = SamPredictor(sam)
    predictor.set_image(picture(*SIZE))
    embedding = Embedding.of(predictor.features[0].numpy(), SIZE, predictor.input_size)
    predictor.features = torch.from_numpy(embedding.dense())[None]
    return predictor


def ask(embedding: Embedding, *, multimask: bool = True, **prompt: Any) -> DecodeAsk:
    return DecodeAsk(
        embedding,
        np.array(prompt.get("points", []), np.float32).reshape(-1, 2),
        np.array(prompt.get("labels", []), np.int32),
        np.array(prompt["box"], np.float32) if "box" in prompt else None,
        prompt.get("mask_logits"),
        multimask,
    )


def held(predictor: Any) -> Embedding:
    return Embedding.of(predictor.features[0].numpy(), SIZE, predictor.input_size)


@pytest.mark.parametrize("multimask", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_same_as_the_library(kind: str, multimask: bool, predictor: Any, decoder: Any, sam: Any) -> None:
    prompt = KINDS[kind]
    masks, scores, logits = predictor.predict(
        point_coords=np.array(prompt["points"]) if "points" in prompt else None,
        point_labels=np.array(prompt["labels"]) if "labels" in prompt else None,
        box=np.array(prompt["box"]) if "box" in prompt else None,
        mask_input=prompt["mask_logits"][None] if "mask_logits" in prompt else None,
        multimask_output=multimask,
    )
    (answer,) = decoder.decode([ask(held(predictor), multimask=multimask, **prompt)])
    assert answer.logits.shape == logits.shape == ((3 if multimask else 1), 32, 32)
    assert np.abs(answer.logits - logits).max() < 1e-4 * max(1.0, np.abs(logits).max())
    assert np.abs(answer.scores - scores).max() < 1e-4
    full = sam.postprocess_masks(torch.from_numpy(answer.logits)[None], predictor.input_size, SIZE)[0].numpy()
    # Two ways of adding the same numbers may disagree about a pixel that lies on the line.
    assert ((full > 0) == masks)[np.abs(full) > 1e-5].all()


def test_batch_of_different_images_is_the_same_as_one_by_one(decoder: Any, predictor: Any) -> None:
    other = Embedding.of(predictor.features[0].numpy()[:, ::-1], (40, 64), (40, 64))
    asks = [
        ask(embedding, multimask=m, **p)
        for p in KINDS.values()
        for embedding, m in ((held(predictor), True), (other, False))
    ]
    together = decoder.decode(asks)
    for one, answer in zip(asks, together, strict=True):
        (alone,) = decoder.decode([one])
        assert answer.logits.shape == alone.logits.shape
        assert np.abs(answer.logits - alone.logits).max() < 1e-5
        assert np.abs(answer.scores - alone.scores).max() < 1e-5
    assert decoder.decode([]) == []


def test_previous_mask_of_another_size_is_brought_to_the_models(decoder: Any, predictor: Any) -> None:
    """A SAM answers 256 x 256, a smaller model less; what is refined may come from either."""
    large = np.kron(PREVIOUS, np.ones((8, 8), np.float32))
    answers = [decoder.decode([ask(held(predictor), mask_logits=mask)])[0] for mask in (PREVIOUS, large)]
    assert np.abs(answers[0].logits - answers[1].logits).max() < 1e-5


def test_position_of_every_cell_is_not_written_out(sam: Any, onnx_file: Path) -> None:
    model = onnx.load(onnx_file)
    weights = sum(p.numel() for part in (sam.prompt_encoder, sam.mask_decoder) for p in part.parameters())
    largest = max(onnx.numpy_helper.to_array(part).size for part in model.graph.initializer)
    assert onnx_file.stat().st_size < 4 * weights + 200_000
    assert largest <= max(p.numel() for p in sam.mask_decoder.parameters())


def test_broken_file_is_said_to_be_broken(tmp_path: Path) -> None:
    (tmp_path / "decoder.onnx").write_bytes(b"half of a file")
    with pytest.raises(DamagedFile):
        OnnxDecoder(tmp_path / "decoder.onnx")


def test_decoder_can_be_trained(sam: Any) -> None:
    """Its operations are differentiable and its weights are the model's own."""
    from apps.inference.service.sam.packed import PackedDecoder

    own = build_sam(seed=5)
    for parameter in own.mask_decoder.parameters():
        parameter.requires_grad_(True)
    logits, scores = PackedDecoder(own)(
        torch.randn(2, 32, 8, 8),
        torch.rand(2, 2, 2) * 64,
        torch.tensor([[1.0, -1.0], [2.0, 3.0]]),
        torch.zeros(2, 1, 32, 32),
        torch.zeros(2),
    )
    (logits.square().mean() + scores.square().mean()).backward()
    gradients = [parameter.grad for parameter in own.mask_decoder.parameters()]
    assert sum(float(gradient.abs().sum()) for gradient in gradients if gradient is not None) > 0
