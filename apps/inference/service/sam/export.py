"""The decoder as an ONNX file: written once per model, in a process of its own, and kept in the cache folder."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

from apps.inference.service.sam.children import call

FORMAT = 1
"""Part of the file's name: raise it when what is written changes."""

INPUTS = ("embeddings", "points", "labels", "masks", "has_mask")
OUTPUTS = ("logits", "scores")
OPSET = 18


def decoder_file(
    cache: Path, checkpoint: Path, sha256: str, decoder: Path | None = None, decoder_sha256: str = ""
) -> Path:
    """The file of a model's decoder, written if it is not there. Raises ModelTrouble."""
    path = cache / f"{sha256}.{decoder_sha256 or 'base'}.decoder-{FORMAT}.onnx"
    if not path.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        call(export, checkpoint, sha256, decoder, decoder_sha256, path)
    return path


def export(checkpoint: Path, sha256: str, decoder: Path | None, decoder_sha256: str, to: Path) -> None:
    """Reads the weights and writes the file, whole or not at all. Needs torch."""
    from apps.inference.service.sam.loading import load, load_decoder

    sam = load(checkpoint, sha256).sam
    if decoder is not None:
        load_decoder(sam, decoder, decoder_sha256)
    partial = to.with_name(f".{to.name}.{os.getpid()}")
    try:
        write(sam, partial)
        partial.replace(to)
    finally:
        partial.unlink(missing_ok=True)


def write(sam: object, to: Path) -> None:
    """Any number of prompts of one image, each of any number of points.

    Without constant folding the position of every cell stays a formula of a few numbers instead of 4 MB of them; the
    runtime works it out once, when it reads the file.
    """
    import torch

    from apps.inference.service.sam.packed import PackedDecoder

    model = PackedDecoder(sam).eval()
    encoder = model.prompts
    (height, width), (mask_height, mask_width) = encoder.image_embedding_size, encoder.mask_input_size
    example = (
        torch.randn(1, encoder.embed_dim, height, width),
        torch.rand(2, 3, 2) * height,
        torch.tensor([[1.0, 0.0, -1.0], [1.0, 2.0, 3.0]]),
        torch.zeros(2, 1, mask_height, mask_width),
        torch.zeros(2),
    )
    axes = {name: {0: "prompts"} for name in (*INPUTS[1:], *OUTPUTS)}
    axes["points"][1] = axes["labels"][1] = "count"
    with warnings.catch_warnings(), torch.no_grad():
        # The exporter speaks of its age, and of sizes that are the same for every prompt.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model,
            example,
            to,
            input_names=INPUTS,
            output_names=OUTPUTS,
            dynamic_axes=axes,
            opset_version=OPSET,
            do_constant_folding=False,
            dynamo=False,
        )
