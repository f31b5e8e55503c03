"""The image encoder, faster than the library's: the same weights, bf16 where the processor has it, its own attention.

What an image looks like to the model is prepared as ``SamPredictor.set_image`` does: the longest side resized to the
model's, colours normalised, the rest padded with zeros.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from apps.inference.service.embeddings import Embedding
from apps.inference.service.sam.packed import split
from apps.inference.service.sam.trouble import DamagedFile

BLOCK = 256
"""Rows of attention computed at once on a processor: the scores of a block then stay in its cache."""

BF16_FLAGS = {"amx_bf16", "avx512_bf16", "bf16"}


class Encoder:
    """Takes over the image encoder of ``sam``, which the library cannot use afterwards."""

    def __init__(self, sam: Any, device: str = "cpu", dtype: torch.dtype | None = None) -> None:
        self._lock = threading.Lock()
        self.device = torch.device(device)
        self.dtype = dtype or best_dtype(device)
        self.side: int = sam.image_encoder.img_size
        self._mean, self._deviation = sam.pixel_mean, sam.pixel_std
        model = sam.image_encoder
        for block in model.blocks:
            block.attn = FastAttention(block.attn)
        self._model: nn.Module = model.to(self.device, self.dtype).eval()

    def encode(self, image: NDArray[np.uint8]) -> Embedding:
        """``image`` is (height, width, 3), RGB, as seen."""
        height, width = image.shape[:2]
        inner = input_size(height, width, self.side)
        with self._lock, torch.inference_mode():
            out = self._model(self._prepared(image, inner)[None])[0].float().cpu().numpy()
        if not np.isfinite(out).all():
            raise DamagedFile("The weights of this model give no finite numbers.")
        return Embedding.of(out, (height, width), inner)

    def close(self) -> None:
        """Its memory goes with it."""

    def _prepared(self, image: NDArray[np.uint8], inner: tuple[int, int]) -> Tensor:
        small = Image.fromarray(image).resize((inner[1], inner[0]), Image.Resampling.BILINEAR)
        pixels = torch.from_numpy(np.array(small)).permute(2, 0, 1).float()
        pixels = (pixels - self._mean) / self._deviation
        padded = functional.pad(pixels, (0, self.side - inner[1], 0, self.side - inner[0]))
        return padded.to(self.device, self.dtype)


def input_size(height: int, width: int, side: int) -> tuple[int, int]:
    """(height, width) once the longest side is ``side``."""
    scale = side * 1.0 / max(height, width)
    return int(height * scale + 0.5), int(width * scale + 0.5)


def best_dtype(device: str) -> torch.dtype:
    """bf16 on a GPU and where the processor multiplies in it; elsewhere it would only cost."""
    return torch.bfloat16 if device != "cpu" or processor_has_bf16() else torch.float32


def processor_has_bf16(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """AMX or AVX512-BF16 on x86, BF16 on ARM, by the flags that Linux lists."""
    try:
        lines = cpuinfo.read_text().splitlines()
    except OSError:
        return False
    flags = next((line for line in lines if line.lower().startswith(("flags", "features"))), "")
    return not BF16_FLAGS.isdisjoint(flags.split())


class FastAttention(nn.Module):
    """``segment_anything.modeling.image_encoder.Attention`` with the positions looked up once, not at every image.

    Where few cells see each other (the windows), and on a GPU, it is torch's fused attention with the positions as a
    bias. Where all see all, that bias and the scores are gigabytes: on a processor they are computed a block at a time.
    """

    def __init__(self, other: Any) -> None:
        super().__init__()
        self.heads: int = other.num_heads
        self.scale: float = other.scale
        self.qkv, self.proj = other.qkv, other.proj
        self.rows = nn.Parameter(relative(other.rel_pos_h), requires_grad=False)
        self.columns = nn.Parameter(relative(other.rel_pos_w), requires_grad=False)

    def forward(self, cells: Tensor) -> Tensor:
        batch, height, width, _ = cells.shape
        parts = self.qkv(cells).reshape(batch, height * width, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        query, key, value = parts.flatten(1, 2).unbind(0)
        grid = query.reshape(-1, height, width, query.shape[-1])
        down = torch.einsum("bhwc,hkc->bhwk", grid, self.rows).flatten(1, 2)
        across = torch.einsum("bhwc,wkc->bhwk", grid, self.columns).flatten(1, 2)
        attend = in_blocks if cells.device.type == "cpu" and height * width > 4 * BLOCK else fused
        out = attend(query, key, value, down, across, self.scale)
        out = split(out, 0, (batch, self.heads)).transpose(1, 2).reshape(batch, height, width, -1)
        return cast(Tensor, self.proj(out))


def relative(table: Tensor) -> Tensor:
    """(2 n - 1, c) by distance to (n, n, c) by query and key."""
    place = torch.arange((len(table) + 1) // 2)
    return table.detach()[place[:, None] - place[None] + len(place) - 1]


def fused(query: Tensor, key: Tensor, value: Tensor, down: Tensor, across: Tensor, scale: float) -> Tensor:
    # The sum of a row's and a column's share for every cell, as one product with ones: quicker than to spread and add.
    height, width = down.shape[-1], across.shape[-1]
    ones = torch.eye(height, dtype=down.dtype, device=down.device).repeat_interleave(width, 1)
    others = torch.eye(width, dtype=down.dtype, device=down.device).repeat(1, height)
    bias = torch.cat([down, across], -1) @ torch.cat([ones, others])
    attend = functional.scaled_dot_product_attention
    return attend(query[None], key[None], value[None], attn_mask=bias[None], scale=scale)[0]


def in_blocks(query: Tensor, key: Tensor, value: Tensor, down: Tensor, across: Tensor, scale: float) -> Tensor:
    turned = (key * scale).transpose(1, 2).contiguous()
    query, value, out = query.contiguous(), value.contiguous(), torch.empty_like(query)
    for head in range(len(query)):
        for start in range(0, query.shape[1], BLOCK):
            rows = slice(start, start + BLOCK)
            scores = (down[head, rows, :, None] + across[head, rows, None, :]).flatten(1)
            scores.addmm_(query[head, rows], turned[head])
            out[head, rows] = scores.softmax(-1) @ value[head]
    return out
