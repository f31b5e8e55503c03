"""Small SAMs of the library's own classes with made-up weights, saved as real checkpoints."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from apps.inference.service.sam import stand_in
from apps.inference.service.sam.dimensions import decoder_heads
from apps.inference.wire import ModelSpec


def build_sam(
    *,
    side: int = 64,
    patch: int = 8,
    width: int = 32,
    depth: int = 3,
    heads: int = 2,
    channels: int = 32,
    seed: int = 0,
) -> Any:
    """A ``segment_anything.modeling.Sam``, its windows smaller than its image and its relative positions not zero."""
    stand_in.install()
    from segment_anything import modeling

    grid = side // patch
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        sam = modeling.Sam(
            image_encoder=modeling.ImageEncoderViT(
                img_size=side,
                patch_size=patch,
                embed_dim=width,
                depth=depth,
                num_heads=heads,
                out_chans=channels,
                norm_layer=partial(nn.LayerNorm, eps=1e-6),
                use_rel_pos=True,
                window_size=grid // 2 - 1,
                global_attn_indexes=(depth - 1,),
            ),
            prompt_encoder=modeling.PromptEncoder(
                embed_dim=channels,
                image_embedding_size=(grid, grid),
                input_image_size=(side, side),
                mask_in_chans=16,
            ),
            mask_decoder=modeling.MaskDecoder(
                transformer_dim=channels,
                transformer=modeling.TwoWayTransformer(
                    depth=2, embedding_dim=channels, num_heads=decoder_heads(channels), mlp_dim=64
                ),
                iou_head_hidden_dim=channels,
            ),
            pixel_mean=[123.675, 116.28, 103.53],
            pixel_std=[58.395, 57.12, 57.375],
        ).eval()
        unsettle(sam)
    return sam


def unsettle(sam: Any) -> None:
    """Positions and biases begin at zero, where a mistake with them would not be seen."""
    for name, parameter in sam.named_parameters():
        parameter.requires_grad_(False)
        if "rel_pos" in name or "pos_embed" in name or name.endswith("bias"):
            nn.init.normal_(parameter, std=0.2)


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def save_sam(sam: Any, path: Path) -> str:
    """Writes a checkpoint as the published ones are written; its sha256."""
    torch.save(sam.state_dict(), path)
    return sha256_of(path)


@dataclass
class Folder:
    """A store of files by name, for models."""

    root: Path

    def local_path(self, key: str, sha256: str) -> Path:
        return self.root / key

    def add_sam(self, sam: Any, key: str = "sam.pth") -> ModelSpec:
        digest = save_sam(sam, self.root / key)
        return ModelSpec(id=digest, family="sam_small", key=key, sha256=digest)

    def add_decoder(self, sam: Any, base: ModelSpec, key: str = "decoder.pt") -> ModelSpec:
        torch.save(sam.mask_decoder.state_dict(), self.root / key)
        digest = sha256_of(self.root / key)
        return ModelSpec(
            id=f"{base.sha256}.{digest}",
            family=base.family,
            key=base.key,
            sha256=base.sha256,
            decoder_key=key,
            decoder_sha256=digest,
        )


def picture(height: int = 48, width: int = 80, seed: int = 0) -> NDArray[np.uint8]:
    """Blobs of colour on a gradient, with noise."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    image = np.stack([rows * 200 / height, columns * 200 / width, (rows + columns) % 97], -1)
    for _ in range(4):
        y, x, radius = random.uniform(0, height), random.uniform(0, width), random.uniform(0, height / 3)
        image[(rows - y) ** 2 + (columns - x) ** 2 < radius**2] = random.uniform(0, 255, 3)
    return np.clip(image + random.normal(0, 8, image.shape), 0, 255).astype(np.uint8)
