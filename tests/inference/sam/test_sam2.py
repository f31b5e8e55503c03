"""SAM 2's adapter, against a predictor that looks like the package's. The package itself is not installed here."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from apps.inference.service.embeddings import Embedding
from apps.inference.service.sam import sam2, trouble
from apps.inference.service.sam.inspection import _segmenter
from apps.inference.service.sam.sam2 import Sam2, configuration, folded, unfolded
from apps.inference.service.sam.trouble import DamagedFile, NoTorch, UnsafeFile, WrongFamily
from apps.inference.service.segmenter import DecodeAsk
from apps.inference.wire import ModelSpec
from tests.inference.sam_models import Folder, picture, sha256_of


def features(seed: int = 0) -> dict[str, Any]:
    """Of 8 channels and 4 x 4 cells, as the predictor keeps them."""
    random = torch.Generator().manual_seed(seed)
    shapes = [(1, 8, 4, 4), (1, 1, 16, 16), (1, 2, 8, 8)]
    embedding, *fine = (torch.randn(shape, generator=random) for shape in shapes)
    return {"image_embed": embedding, "high_res_feats": fine}


class Predictor:
    """Keeps what it was given."""

    device = "cpu"

    class model:  # noqa: N801
        image_size = 64

    def __init__(self) -> None:
        self._features: Any = None
        self._orig_hw: Any = None
        self._is_image_set = False
        self.given: dict[str, Any] = {}

    def set_image(self, image: Any) -> None:
        self._features = features(int(image[0, 0, 0]))

    def predict(self, **given: Any) -> tuple[Any, Any, Any]:
        assert self._is_image_set
        self.given = {**given, "size": self._orig_hw}
        count = 3 if given["multimask_output"] else 1
        embedding = float(self._features["image_embed"].mean())
        return None, np.linspace(0, 1, count), np.full((count, 16, 16), embedding)


def test_maps_fold_into_one_and_out_again() -> None:
    whole = features()
    dense = folded(whole)
    assert dense.shape == (32, 4, 4)
    again = unfolded(dense, "cpu")
    assert torch.equal(again["image_embed"], whole["image_embed"])
    assert all(torch.equal(a, b) for a, b in zip(again["high_res_feats"], whole["high_res_feats"], strict=True))


def test_embedding_is_of_a_square() -> None:
    embedding = Sam2(Predictor()).encode(picture(48, 80))
    assert (embedding.size, embedding.input_size) == ((48, 80), (64, 64))
    assert np.abs(embedding.dense() - folded(features(int(picture(48, 80)[0, 0, 0])))).max() < 0.02


def test_prompts_are_scaled_to_the_masks() -> None:
    predictor = Predictor()
    embedding = Embedding.of(folded(features()), (48, 80), (64, 64))
    points, labels = np.array([[40, 24], [80, 48]], np.float32), np.array([1, 0], np.int32)
    mask = np.ones((256, 256), np.float32)
    ask = DecodeAsk(embedding, points, labels, np.array([20, 12, 60, 36], np.float32), mask, multimask=False)
    (answer,) = Sam2(predictor).decode([ask])
    assert predictor.given["size"] == [(16, 16)]
    assert predictor.given["point_coords"].tolist() == [[8, 8], [16, 16]]
    assert predictor.given["point_labels"].tolist() == [1, 0]
    assert predictor.given["box"].tolist() == [4, 4, 12, 12]
    assert predictor.given["mask_input"].shape == (1, 16, 16)
    assert answer.logits.shape == (1, 16, 16)
    assert answer.logits.dtype == answer.scores.dtype == np.float32


def test_nothing_is_given_for_what_was_not_said() -> None:
    predictor = Predictor()
    asks = [
        DecodeAsk(
            Embedding.of(folded(features(seed)), (48, 80), (64, 64)),
            np.zeros((0, 2), np.float32),
            np.zeros(0, np.int32),
        )
        for seed in (0, 1)
    ]
    one, other = Sam2(predictor).decode(asks)
    assert {name for name, value in predictor.given.items() if value is None} == {
        "point_coords",
        "point_labels",
        "box",
        "mask_input",
    }
    assert len(one.scores) == 3
    assert one.logits[0, 0, 0] != other.logits[0, 0, 0]


def test_no_finite_numbers() -> None:
    predictor = Predictor()
    predictor.set_image = lambda image: setattr(  # type: ignore[method-assign]
        predictor, "_features", {**features(), "image_embed": torch.full((1, 8, 4, 4), torch.nan)}
    )
    with pytest.raises(DamagedFile):
        Sam2(predictor).encode(picture())


@pytest.mark.parametrize(
    ("channels", "blocks", "newer", "name"),
    [
        (96, 12, True, "configs/sam2.1/sam2.1_hiera_t.yaml"),
        (96, 16, False, "configs/sam2/sam2_hiera_s.yaml"),
        (112, 24, True, "configs/sam2.1/sam2.1_hiera_b+.yaml"),
        (144, 48, False, "configs/sam2/sam2_hiera_l.yaml"),
    ],
)
def test_configuration_is_read_from_the_weights(channels: int, blocks: int, newer: bool, name: str) -> None:
    assert configuration(weights(channels, blocks, newer=newer)) == name


def weights(channels: int, blocks: int, *, newer: bool = True) -> dict[str, torch.Tensor]:
    named = {f"image_encoder.trunk.blocks.{block}.norm1.weight": torch.zeros(1) for block in range(blocks)}
    extra = {"obj_ptr_tpos_proj.weight": torch.zeros(1)} if newer else {}
    return {"image_encoder.trunk.pos_embed": torch.zeros(1, channels, 7, 7), **named, **extra}


@pytest.mark.parametrize("other", [weights(96, 13), {"a": torch.zeros(1)}])
def test_other_weights(other: dict[str, torch.Tensor]) -> None:
    with pytest.raises(WrongFamily):
        configuration(other)


def test_checkpoint_is_opened_as_carefully(tmp_path: Path) -> None:
    path = tmp_path / "sam2.pt"
    torch.save({"model": weights(96, 12), "hook": torch.nn.Linear(1, 1)}, path)
    with pytest.raises(UnsafeFile):
        sam2.inspect(path, sha256_of(path))
    torch.save({"model": weights(96, 12), "epoch": 3}, path)
    assert sam2.inspect(path, sha256_of(path)) is None
    with pytest.raises(WrongFamily):
        _segmenter(path, sha256_of(path))


def test_without_the_package_it_is_said_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trouble, "find_spec", lambda name: None if name == "sam2" else find_spec(name))
    path = tmp_path / "sam2.pt"
    torch.save({"model": weights(96, 12)}, path)
    with pytest.raises(NoTorch, match="sam2"):
        _segmenter(path, sha256_of(path))
    with pytest.raises(NoTorch, match="sam2"):
        sam2.load(ModelSpec(id="a", family="sam2", key="sam2.pt", sha256=sha256_of(path)), Folder(tmp_path), tmp_path)
