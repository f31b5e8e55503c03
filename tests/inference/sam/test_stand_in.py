"""torchvision's names: the real one's where it works, and a stand-in that does the same where it does not."""

from __future__ import annotations

import sys
from types import ModuleType

import numpy as np
import pytest
import torch
from PIL import Image

from apps.inference.service.sam import stand_in
from tests.inference.sam_models import picture


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        monkeypatch.delitem(sys.modules, name)


def test_working_torchvision_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    forget(monkeypatch)
    real = {"torchvision": ModuleType("torchvision"), "torchvision.ops": ModuleType("torchvision.ops")}
    real["torchvision"].__path__ = []
    for name, module in real.items():
        monkeypatch.setitem(sys.modules, name, module)
    assert stand_in.install() is False
    assert sys.modules["torchvision"] is real["torchvision"]
    assert "torchvision.transforms" not in sys.modules


def test_broken_torchvision_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    forget(monkeypatch)

    class Broken:
        """Raises what the wheel for another torch raises, having left half of itself behind."""

        def find_spec(self, name: str, path: object = None, target: object = None) -> None:
            if name == "torchvision":
                sys.modules["torchvision._meta_registrations"] = ModuleType("torchvision._meta_registrations")
                raise RuntimeError("operator torchvision::nms does not exist")

    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    assert stand_in.install() is True
    assert stand_in.install() is True
    assert "torchvision._meta_registrations" not in sys.modules
    from torchvision.ops.boxes import batched_nms
    from torchvision.transforms.functional import resize

    assert (resize, batched_nms) == (stand_in.resize, stand_in.batched_nms)


def test_pictures_are_resized_by_pillow() -> None:
    image = picture(61, 43)
    small = stand_in.resize(stand_in.to_pil_image(image), (30, 21))
    assert np.array_equal(np.array(small), np.array(Image.fromarray(image).resize((21, 30), Image.Resampling.BILINEAR)))


def test_boxes_of_different_kinds_do_not_suppress_each_other() -> None:
    boxes = torch.tensor([[0.0, 0, 10, 10], [1, 0, 11, 10], [1, 0, 11, 10], [40, 40, 50, 50]])
    scores, kinds = torch.tensor([0.5, 0.9, 0.4, 0.7]), torch.tensor([0, 0, 1, 0])
    assert stand_in.batched_nms(boxes, scores, kinds, 0.5).tolist() == [1, 3, 2]
    assert stand_in.batched_nms(boxes[:0], scores[:0], kinds[:0], 0.5).tolist() == []


@pytest.mark.filterwarnings("ignore:.torch.jit.script:DeprecationWarning")
def test_scripted_transforms_resize_and_normalise() -> None:
    """sam2 compiles them."""
    both = torch.jit.script(torch.nn.Sequential(stand_in.Resize((4, 6)), stand_in.Normalize([0.5] * 3, [0.25] * 3)))
    flat = np.full((8, 12, 3), 255, np.uint8)
    out = both(stand_in.ToTensor()(flat))
    assert out.shape == (3, 4, 6)
    assert torch.allclose(out, torch.full((3, 4, 6), 2.0))
