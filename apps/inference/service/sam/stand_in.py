"""The names of torchvision that segment-anything and sam2 use, for machines where torchvision does not work.

The torchvision of the public index does not import beside a CPU build of torch. ``install`` does nothing where a
working one is present. Pictures are resized by the same Pillow call that torchvision makes, so bit for bit alike.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

VERSION = "0+stand-in"


def install() -> bool:
    """Makes ``import segment_anything`` work; whether the stand-in is what it gets."""
    if getattr(sys.modules.get("torchvision"), "__version__", "") == VERSION:
        return True
    try:
        import torchvision.ops  # noqa: F401
    except (ImportError, RuntimeError, OSError, AttributeError):
        # A build for another torch leaves half of itself behind.
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
    else:
        return False
    _module("torchvision", __version__=VERSION)
    _module("torchvision.transforms", Normalize=Normalize, Resize=Resize, ToTensor=ToTensor)
    _module("torchvision.transforms.functional", resize=resize, to_pil_image=to_pil_image)
    _module("torchvision.ops")
    _module("torchvision.ops.boxes", batched_nms=batched_nms, box_area=box_area)
    return True


def _module(name: str, **names: object) -> None:
    module = ModuleType(name)
    module.__spec__ = ModuleSpec(name, None, is_package=True)
    module.__path__ = []
    module.__dict__.update(names)
    sys.modules[name] = module
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, module)


def resize(image: Image.Image, size: Sequence[int]) -> Image.Image:
    """``size`` is (height, width)."""
    return image.resize((size[1], size[0]), Image.Resampling.BILINEAR)


def to_pil_image(image: NDArray[np.uint8]) -> Image.Image:
    return Image.fromarray(image)


def box_area(boxes: Tensor) -> Tensor:
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def batched_nms(boxes: Tensor, scores: Tensor, idxs: Tensor, iou_threshold: float) -> Tensor:
    """What is kept, best first; boxes of different ``idxs`` never meet."""
    if boxes.numel() == 0:
        return torch.empty(0, dtype=torch.int64)
    apart = boxes + (idxs.to(boxes) * (boxes.max() + 1))[:, None]
    area, order, kept = box_area(apart), scores.argsort(descending=True), []
    while order.numel():
        best, rest = order[0], order[1:]
        kept.append(best)
        size = torch.minimum(apart[best, 2:], apart[rest, 2:]) - torch.maximum(apart[best, :2], apart[rest, :2])
        shared = size.clamp(min=0).prod(1)
        order = rest[shared / (area[best] + area[rest] - shared) <= iou_threshold]
    return torch.stack(kept)


class ToTensor:
    """Pictures or (h, w, 3) bytes to (3, h, w) between 0 and 1."""

    def __call__(self, image: Image.Image | NDArray[np.uint8]) -> Tensor:
        return torch.from_numpy(np.array(image)).permute(2, 0, 1).contiguous().float() / 255


class Resize(nn.Module):
    def __init__(self, size: tuple[int, int]) -> None:
        super().__init__()
        self.height, self.width = size

    def forward(self, image: Tensor) -> Tensor:
        size = [self.height, self.width]
        return functional.interpolate(image[None], size, mode="bilinear", align_corners=False, antialias=True)[0]


class Normalize(nn.Module):
    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        self.mean = torch.tensor(mean).view(-1, 1, 1)
        self.std = torch.tensor(std).view(-1, 1, 1)

    def forward(self, image: Tensor) -> Tensor:
        return (image - self.mean) / self.std
