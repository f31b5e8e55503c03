"""SAM 2 and 2.1 through the package ``sam2``, where that is installed: its own image predictor behind our protocol.

Beside the embedding it has two finer maps of an image. They are folded into channels of the same 64 x 64 cells, so that
what is stored is one embedding of 1024 channels (4.2 MB).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from apps.inference.service.embeddings import Embedding
from apps.inference.service.sam.engine import SHARED, AnEncoder, Files, SamEngine, best_device, in_background
from apps.inference.service.sam.prompts import Floats, previous
from apps.inference.service.sam.trouble import DamagedFile, WrongFamily, need_torch
from apps.inference.service.sam.worker import EncoderProcess
from apps.inference.service.segmenter import DecodeAsk, Decoded
from apps.inference.wire import InspectAnswer, ModelSpec

if TYPE_CHECKING:
    from apps.inference.service.sam.loading import Tensors

SIZES = {(96, 12): "t", (96, 16): "s", (112, 24): "b+", (144, 48): "l"}
"""By channels and blocks of the trunk, as the package's configurations are called."""

FINER = (4, 2)
"""How many times finer the further maps are; their channels are an eighth and a quarter of the embedding's."""


class Sam2:
    """A predictor holds one image at a time, so whoever encodes and whoever decodes has one of his own."""

    def __init__(self, predictor: Any) -> None:
        self._predictor = predictor
        self._lock = threading.Lock()

    def encode(self, image: NDArray[np.uint8]) -> Embedding:
        with self._lock, quick(self._predictor.device):
            self._predictor.set_image(image)
            dense = folded(self._predictor._features)
        if not np.isfinite(dense).all():
            raise DamagedFile("The weights of this model give no finite numbers.")
        side = self._predictor.model.image_size
        height, width = image.shape[:2]
        # It squeezes every image into a square.
        return Embedding.of(dense, (height, width), (side, side))

    def decode(self, asks: Sequence[DecodeAsk]) -> list[Decoded]:
        with self._lock:
            return [self._one(ask) for ask in asks]

    def close(self) -> None:
        """Its memory goes with it."""

    def _one(self, ask: DecodeAsk) -> Decoded:
        """To the predictor the image is as large as its low-resolution masks: the large ones are not made here."""
        side = 4 * ask.embedding.data.shape[1]
        height, width = ask.embedding.size
        scale = np.array([side / width, side / height])
        self._predictor._features = unfolded(ask.embedding.dense(), self._predictor.device)
        self._predictor._orig_hw = [(side, side)]
        self._predictor._is_image_set = True
        _, scores, logits = self._predictor.predict(
            point_coords=ask.points * scale if len(ask.points) else None,
            point_labels=ask.labels if len(ask.points) else None,
            box=(ask.box.reshape(2, 2) * scale).ravel() if ask.box is not None else None,
            mask_input=previous(ask.mask_logits, side),
            multimask_output=ask.multimask,
        )
        return Decoded(logits=np.asarray(logits, np.float32), scores=np.asarray(scores, np.float32))


def load(spec: ModelSpec, store: Files, cache: Path) -> SamEngine:
    """Raises ModelTrouble. Without a GPU the encoder is a process of its own; clicks are answered here, by torch."""
    need_torch("sam2", "hydra")
    if spec.decoder_key:
        raise WrongFamily("Decoders are tuned for the first SAM only.")
    checkpoint = store.local_path(spec.key, spec.sha256)
    device = best_device()
    decoder = Sam2(predictor(checkpoint, spec.sha256, device))
    return SamEngine(
        id=spec.id,
        base_sha256=spec.sha256,
        device=device,
        encode_workers=1,
        decode_workers=1,
        max_batch=1,
        encoder=SHARED.take(spec.sha256, lambda: _encoder(checkpoint, spec.sha256, device)),
        decoder=decoder,
    )


def _encoder(checkpoint: Path, sha256: str, device: str) -> AnEncoder:
    if device == "cpu":
        return in_background(EncoderProcess(checkpoint, sha256, "sam2"))
    return Sam2(predictor(checkpoint, sha256, device))


def inspect(path: Path, sha256: str) -> InspectAnswer | None:
    """What a checkpoint of SAM 2 is; none if it is something else. Raises NoTorch where it could not be used."""
    from apps.inference.service.sam.loading import read_tensors

    try:
        tensors = read_tensors(path, sha256, within="model")
        name = configuration(tensors)
    except WrongFamily:
        return None
    need_torch("sam2", "hydra")
    model = _built(name, tensors)
    facts = {
        "image_size": model.image_size,
        "embedding": (4 * model.hidden_dim, model.sam_image_embedding_size, model.sam_image_embedding_size),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "configuration": name,
    }
    return InspectAnswer(family="sam2", facts=facts)


def predictor(path: Path, sha256: str, device: str = "cpu") -> Any:
    """The package's image predictor for a published checkpoint: a dict whose only entry ``model`` holds the weights."""
    from apps.inference.service.sam.loading import read_tensors

    tensors = read_tensors(path, sha256, within="model")
    model = _built(configuration(tensors), tensors).to(device)
    from sam2.sam2_image_predictor import SAM2ImagePredictor

    return SAM2ImagePredictor(model)


def configuration(tensors: Tensors) -> str:
    """The package's file of sizes that these weights were made with. Raises WrongFamily."""
    position = tensors.get("image_encoder.trunk.pos_embed")
    blocks = 0
    while f"image_encoder.trunk.blocks.{blocks}.norm1.weight" in tensors:
        blocks += 1
    name = SIZES.get((position.shape[1], blocks)) if position is not None and position.dim() == 4 else None
    if name is None:
        raise WrongFamily("These are not the weights of a SAM 2.")
    version = "2.1" if "obj_ptr_tpos_proj.weight" in tensors else "2"
    return f"configs/sam{version}/sam{version}_hiera_{name}.yaml"


def _built(name: str, tensors: Tensors) -> Any:
    from apps.inference.service.sam import stand_in
    from apps.inference.service.sam.loading import fill

    stand_in.install()
    from sam2.build_sam import build_sam2

    model = build_sam2(name, None, device="cpu")
    fill(model, tensors)
    return model.eval()


def folded(features: dict[str, Any]) -> Floats:
    """All maps as one of the coarsest's cells, (4 c, h, w)."""
    import torch
    from torch.nn.functional import pixel_unshuffle

    maps = [pixel_unshuffle(fine, times) for fine, times in zip(features["high_res_feats"], FINER, strict=True)]
    return cast(Floats, torch.cat([features["image_embed"], *maps], 1)[0].float().cpu().numpy())


def unfolded(dense: Floats, device: Any) -> dict[str, Any]:
    """What ``folded`` was given."""
    import torch
    from torch.nn.functional import pixel_shuffle

    channels = len(dense) // 4
    maps = torch.split(torch.from_numpy(dense)[None].to(device), [channels, 2 * channels, channels], 1)
    fine = [pixel_shuffle(folded_map, times) for folded_map, times in zip(maps[1:], FINER, strict=True)]
    return {"image_embed": maps[0], "high_res_feats": fine}


def quick(device: Any) -> Any:
    """bf16 where it is quicker, as the package's own examples do it."""
    import torch

    from apps.inference.service.sam.encoder import best_dtype

    kind = torch.device(device).type
    return torch.autocast(kind, torch.bfloat16, enabled=best_dtype(kind) is torch.bfloat16)
