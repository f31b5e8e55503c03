"""The sizes of a SAM read from the shapes of its weights. No torch: shapes are tuples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from apps.inference.service.sam.trouble import WrongFamily
from apps.inference.wire import Family

Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Dimensions:
    """``window`` is 0 where every block sees the whole image; ``whole`` are the blocks that do."""

    grid: int
    patch: int
    width: int
    depth: int
    heads: int
    hidden: int
    window: int
    whole: tuple[int, ...]
    channels: int
    mask_channels: int
    decoder_depth: int
    decoder_hidden: int
    masks: int
    score_depth: int
    score_hidden: int

    @property
    def image_size(self) -> int:
        return self.grid * self.patch

    @property
    def decoder_heads(self) -> int:
        return decoder_heads(self.channels)


def decoder_heads(channels: int) -> int:
    """No shape tells the decoder's heads: 8 of 32 channels in SAM, and no head is made smaller than 16."""
    return max(1, min(8, channels // 16))


def _published(width: int, depth: int, heads: int, whole: tuple[int, ...]) -> Dimensions:
    """``segment_anything.build_sam``."""
    return Dimensions(64, 16, width, depth, heads, 4 * width, 14, whole, 256, 16, 2, 2048, 4, 3, 256)


PUBLISHED: dict[Family, Dimensions] = {
    "vit_b": _published(768, 12, 12, (2, 5, 8, 11)),
    "vit_l": _published(1024, 24, 16, (5, 11, 17, 23)),
    "vit_h": _published(1280, 32, 16, (7, 15, 23, 31)),
}


def family(dimensions: Dimensions) -> Family:
    return next((name for name, known in PUBLISHED.items() if known == dimensions), "sam_small")


def read_dimensions(shapes: Shapes) -> Dimensions:
    """Raises WrongFamily where a weight that tells a size is missing. The rest is compared with the built model."""
    _, grid, _, width = _shape(shapes, "image_encoder.pos_embed", 4)
    _, _, patch, _ = _shape(shapes, "image_encoder.patch_embed.proj.weight", 4)
    depth = _count(shapes, "image_encoder.blocks.{}.norm1.weight")
    window, whole, head = _windows(shapes, depth, grid)
    return Dimensions(
        grid=grid,
        patch=patch,
        width=width,
        depth=depth,
        heads=_divided(width, head),
        hidden=_shape(shapes, "image_encoder.blocks.0.mlp.lin1.weight", 2)[0],
        window=window,
        whole=whole,
        channels=_divided(_shape(shapes, "image_encoder.neck.0.weight", 4)[0], 8) * 8,
        mask_channels=_divided(_shape(shapes, "prompt_encoder.mask_downscaling.3.weight", 4)[0], 4) * 4,
        decoder_depth=_count(shapes, "mask_decoder.transformer.layers.{}.norm1.weight"),
        decoder_hidden=_shape(shapes, "mask_decoder.transformer.layers.0.mlp.lin1.weight", 2)[0],
        masks=_shape(shapes, "mask_decoder.mask_tokens.weight", 2)[0],
        score_depth=_count(shapes, "mask_decoder.iou_prediction_head.layers.{}.weight"),
        score_hidden=_shape(shapes, "mask_decoder.iou_prediction_head.layers.0.weight", 2)[0],
    )


def _windows(shapes: Shapes, depth: int, grid: int) -> tuple[int, tuple[int, ...], int]:
    """(window, blocks that see everything, size of a head) from the lengths of the relative positions, 2 n - 1."""
    tables = [_shape(shapes, f"image_encoder.blocks.{block}.attn.rel_pos_h", 2) for block in range(depth)]
    whole = tuple(block for block, (length, _) in enumerate(tables) if length == 2 * grid - 1)
    lengths = {length for block, (length, _) in enumerate(tables) if block not in whole}
    if len(lengths) > 1 or any(length % 2 == 0 for length in lengths):
        raise WrongFamily("The windows of the image encoder's blocks differ.")
    window = (lengths.pop() + 1) // 2 if lengths else 0
    return window, whole, tables[0][1]


def _shape(shapes: Shapes, name: str, axes: int) -> tuple[int, ...]:
    shape = shapes.get(name)
    if shape is None or len(shape) != axes or not all(shape):
        raise WrongFamily(f"These are not the weights of a SAM: {name} is not there, or is of another kind.")
    return shape


def _count(shapes: Shapes, name: str) -> int:
    count = 0
    while name.format(count) in shapes:
        count += 1
    if not count:
        raise WrongFamily(f"These are not the weights of a SAM: {name.format(0)} is not there.")
    return count


def _divided(size: int, by: int) -> int:
    if by < 1 or size % by:
        raise WrongFamily(f"These are not the weights of a SAM: {size} is not divisible by {by}.")
    return size // by
