"""The models that are measured, and pictures for them."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from apps.inference import wire
from apps.inference.service.sam import stand_in
from apps.inference.service.store import FileStore
from tests.bench.small_sam.scenes import scene
from tests.bench.small_sam.training import build


def vit_b(*, quick: bool) -> Any:
    """ViT-B as the library builds it, or in its place the small SAM, untrained."""
    stand_in.install()
    from segment_anything import sam_model_registry

    torch.manual_seed(0)
    sam = build() if quick else sam_model_registry["vit_b"](checkpoint=None)
    for name, parameter in sam.named_parameters():
        parameter.requires_grad_(requires_grad=False)
        if "rel_pos" in name or "pos_embed" in name:
            torch.nn.init.normal_(parameter, std=0.02)
    return sam.eval()


def save(sam: Any, store: FileStore, *, quick: bool) -> wire.ModelSpec:
    file = io.BytesIO()
    torch.save(sam.state_dict(), file)
    sha256 = hashlib.sha256(file.getvalue()).hexdigest()
    key = f"models/{sha256}.pth"
    store.write(key, file.getvalue())
    return wire.ModelSpec(id=sha256, family="sam_small" if quick else "vit_b", key=key, sha256=sha256)


def photograph(side: int = 1024, seed: int = 0) -> NDArray[np.uint8]:
    """Drawn, at the size of the published measurements."""
    return scene(seed, side=side, objects=5).image


def put(store: FileStore, image: NDArray[np.uint8], name: str) -> wire.ImageRef:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=92)
    key = f"units/{name}.jpg"
    store.write(key, file.getvalue())
    height, width = image.shape[:2]
    return wire.ImageRef(key, hashlib.sha256(file.getvalue()).hexdigest(), width, height)


def folder(path: Path) -> FileStore:
    path.mkdir(parents=True, exist_ok=True)
    return FileStore(path)
