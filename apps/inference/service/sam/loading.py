"""A checkpoint opened with the greatest care: a zip of tensors is read, and nothing else is ever run or believed.

The file is looked at as a zip, its bytes must have the sha256 that was named, and torch reads it with ``weights_only``.
Then its keys and shapes must be those of the model that they describe, to the last one.
"""

from __future__ import annotations

import hashlib
import pickle
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from apps.inference.service.sam import stand_in
from apps.inference.service.sam.dimensions import Dimensions, family, read_dimensions
from apps.inference.service.sam.trouble import (
    OLDEST_TORCH,
    DamagedFile,
    ModelMissing,
    NoTorch,
    UnsafeFile,
    WrongFamily,
)
from apps.inference.wire import Family, InspectAnswer

MOST_PICKLE = 64 * 1024 * 1024
"""Bytes of the part that names the tensors; the published files have less than 100 kB."""

DTYPES = (torch.float32, torch.float16, torch.bfloat16)
MEAN, DEVIATION = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
BROKEN = (RuntimeError, ValueError, TypeError, LookupError, AttributeError, EOFError, OSError, ArithmeticError)

Tensors = dict[str, Tensor]


@dataclass
class Loaded:
    """``sam`` is a ``segment_anything.modeling.Sam`` in float32, its weights mapped from the file where they are."""

    sam: Any
    family: Family
    dimensions: Dimensions


def load(path: Path, sha256: str = "") -> Loaded:
    """The model of a checkpoint. Raises WrongFamily, DamagedFile, UnsafeFile, NoTorch, ModelMissing."""
    tensors = read_tensors(path, sha256)
    dimensions = read_dimensions({name: tuple(tensor.shape) for name, tensor in tensors.items()})
    sam = build(dimensions)
    fill(sam, tensors)
    sam.pixel_mean, sam.pixel_std = _column(MEAN), _column(DEVIATION)
    return Loaded(sam.eval(), family(dimensions), dimensions)


def load_decoder(sam: Any, path: Path, sha256: str = "") -> None:
    """Puts a tuned decoder (a saved ``sam.mask_decoder.state_dict()``) into ``sam``, checked like a checkpoint."""
    tensors = read_tensors(path, sha256)
    prefix = "mask_decoder."
    if all(name.startswith(prefix) for name in tensors):
        tensors = {name.removeprefix(prefix): tensor for name, tensor in tensors.items()}
    fill(sam.mask_decoder, tensors)


def inspect(path: Path, sha256: str = "") -> InspectAnswer:
    """What a checkpoint is. Reads it whole; meant for a process of its own (children.py)."""
    loaded = load(path, sha256)
    size = loaded.dimensions
    facts = {
        "image_size": size.image_size,
        "embedding": (size.channels, size.grid, size.grid),
        "parameters": sum(parameter.numel() for parameter in loaded.sam.parameters()),
    }
    return InspectAnswer(family=loaded.family, facts=facts)


def inspect_decoder(base: Path, base_sha256: str, path: Path, sha256: str = "") -> InspectAnswer:
    """Whether ``path`` is a tuned decoder for the checkpoint ``base``."""
    loaded = load(base, base_sha256)
    load_decoder(loaded.sam, path, sha256)
    parameters = sum(parameter.numel() for parameter in loaded.sam.mask_decoder.parameters())
    return InspectAnswer(family=loaded.family, facts={"parameters": parameters})


def build(dimensions: Dimensions) -> Any:
    """A SAM of these sizes without weights (on the meta device)."""
    stand_in.install()
    from segment_anything import modeling

    size = dimensions
    try:
        with torch.device("meta"):
            return modeling.Sam(
                image_encoder=modeling.ImageEncoderViT(
                    img_size=size.image_size,
                    patch_size=size.patch,
                    embed_dim=size.width,
                    depth=size.depth,
                    num_heads=size.heads,
                    mlp_ratio=size.hidden / size.width,
                    out_chans=size.channels,
                    norm_layer=partial(nn.LayerNorm, eps=1e-6),
                    use_rel_pos=True,
                    window_size=size.window,
                    global_attn_indexes=size.whole,
                ),
                prompt_encoder=modeling.PromptEncoder(
                    embed_dim=size.channels,
                    image_embedding_size=(size.grid, size.grid),
                    input_image_size=(size.image_size, size.image_size),
                    mask_in_chans=size.mask_channels,
                ),
                mask_decoder=_mask_decoder(modeling, size),
            )
    except (AssertionError, ValueError, ZeroDivisionError) as error:
        raise WrongFamily("No SAM has these sizes.") from error


def _mask_decoder(modeling: Any, size: Dimensions) -> Any:
    return modeling.MaskDecoder(
        transformer_dim=size.channels,
        transformer=modeling.TwoWayTransformer(
            depth=size.decoder_depth,
            embedding_dim=size.channels,
            num_heads=size.decoder_heads,
            mlp_dim=size.decoder_hidden,
        ),
        num_multimask_outputs=size.masks - 1,
        iou_head_depth=size.score_depth,
        iou_head_hidden_dim=size.score_hidden,
    )


def _column(values: tuple[float, ...]) -> Tensor:
    return torch.tensor(values).view(-1, 1, 1)


def fill(module: nn.Module, tensors: Tensors) -> None:
    """Every weight, and no other, in the shape that the model has."""
    wanted = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
    found = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    if wanted != found:
        names = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
        raise WrongFamily(f"{len(names)} weights do not fit the model, the first is {names[0][:100]}.")
    module.load_state_dict({name: tensor.detach().float() for name, tensor in tensors.items()}, assign=True)


def read_tensors(path: Path, sha256: str = "", *, within: str = "") -> Tensors:
    """The flat dict of tensors in a file that ``torch.save`` wrote, or the one that is all it has, named ``within``."""
    if tuple(int(part) for part in torch.__version__.split("+")[0].split(".")[:2]) < OLDEST_TORCH:
        raise NoTorch(f"torch {torch.__version__} does not open checkpoints safely.")
    if not path.is_file():
        raise ModelMissing("The model's file is not there.")
    _look(path)
    if sha256 and digest(path) != sha256:
        raise DamagedFile("The file is not the one whose sha256 was named.")
    content = _open(path)
    if within:
        content = content[within] if isinstance(content, dict) and list(content) == [within] else None
    return _flat(content, path.stat().st_size)


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _look(path: Path) -> None:
    """Refuses what is not a plain zip of tensors before torch sees it."""
    with path.open("rb") as file:
        head = file.read(4)
    if head[:1] == b"\x80":
        raise UnsafeFile(
            "This is an old pickle file, which cannot be opened safely; torch 1.6 and later write zip files."
        )
    if head != b"PK\x03\x04":
        raise DamagedFile("This is not a file that torch.save writes.")
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, *BROKEN) as error:
        raise DamagedFile("The file is damaged or ends too early.") from error
    if any(Path(entry.filename).name == "constants.pkl" or "/code/" in entry.filename for entry in entries):
        raise UnsafeFile("This is a TorchScript program, not a file of weights.")
    tables = [entry for entry in entries if entry.filename.endswith("data.pkl")]
    packed = any(entry.compress_type != zipfile.ZIP_STORED for entry in entries)
    if packed or len(tables) != 1 or tables[0].file_size > MOST_PICKLE:
        raise DamagedFile("This is not a file that torch.save writes.")


def _open(path: Path) -> object:
    try:
        return torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except pickle.UnpicklingError as error:
        raise UnsafeFile("The file asks for more than weights; nothing of it was run.") from error
    except (*BROKEN, MemoryError) as error:
        raise DamagedFile("The file is damaged or ends too early.") from error


def _flat(content: object, most_bytes: int) -> Tensors:
    if not isinstance(content, Mapping) or not content:
        raise WrongFamily("The file holds no weights by name.")
    size = 0
    for name, tensor in content.items():
        if not isinstance(name, str) or not isinstance(tensor, Tensor):
            raise WrongFamily("The file holds other things than weights by name, as training checkpoints do.")
        if tensor.layout != torch.strided or tensor.dtype not in DTYPES or tensor.device.type != "cpu":
            raise WrongFamily(f"{name[:100]} is not a plain tensor of floating point numbers.")
        size += tensor.numel() * tensor.element_size()
    # A tensor may claim to repeat a few bytes without end.
    if size > most_bytes:
        raise DamagedFile("The weights claim to be larger than their file.")
    return cast(Tensors, dict(content))
