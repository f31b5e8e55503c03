"""A small SAM of the library's own classes, trained here on drawn scenes: a measure, never shipped as an assistant.

A SAM from nothing spends most of a short training on finding out that a prompt says where. This one begins with that
(``_look_where_prompted``), and is in 160 steps where it would be in 320 (mean IoU .8 by click, in place of .57).
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from apps.inference.service.finetune.losses import iou, mask_loss
from apps.inference.service.sam import stand_in
from apps.inference.service.sam.packed import PackedDecoder
from tests.bench.small_sam.scenes import Domain, scene

SIDE, PATCH, CHANNELS = 128, 8, 64
IMAGES = 4
PEAK = 2e-3
QUICK, FULL = 200, 1_000
"""Steps: what tests can have (half a minute of one core), and what the bench may take."""

LOOK, WAVES = 3.0, 0.6


def build(seed: int = 0) -> Any:
    """Untrained: 128 px, patches of 8, 3 blocks of width 96."""
    stand_in.install()
    from segment_anything import modeling

    torch.manual_seed(seed)
    grid = SIDE // PATCH
    sam = modeling.Sam(
        image_encoder=modeling.ImageEncoderViT(
            img_size=SIDE,
            patch_size=PATCH,
            embed_dim=96,
            depth=3,
            num_heads=3,
            out_chans=CHANNELS,
            norm_layer=partial(nn.LayerNorm, eps=1e-6),
            use_rel_pos=True,
            window_size=8,
            global_attn_indexes=(2,),
        ),
        prompt_encoder=modeling.PromptEncoder(
            embed_dim=CHANNELS,
            image_embedding_size=(grid, grid),
            input_image_size=(SIDE, SIDE),
            mask_in_chans=16,
        ),
        mask_decoder=modeling.MaskDecoder(
            transformer_dim=CHANNELS,
            transformer=modeling.TwoWayTransformer(depth=2, embedding_dim=CHANNELS, num_heads=4, mlp_dim=128),
            num_multimask_outputs=3,
            iou_head_depth=3,
            iou_head_hidden_dim=CHANNELS,
        ),
    )
    _look_where_prompted(sam)
    return sam


def _look_where_prompted(sam: Any) -> None:
    """Where prompts and image look at each other, both are projected alike, so that a prompt looks at its own place;
    and places are told in longer waves."""
    transformer = sam.mask_decoder.transformer
    attentions = [transformer.final_attn_token_to_image]
    for layer in transformer.layers:
        attentions += [layer.cross_attn_token_to_image, layer.cross_attn_image_to_token]
    with torch.no_grad():
        sam.prompt_encoder.pe_layer.positional_encoding_gaussian_matrix.mul_(WAVES)
        for attention in attentions:
            attention.q_proj.weight.mul_(LOOK)
            attention.k_proj.weight.copy_(attention.q_proj.weight)


def trained(steps: int = QUICK, folder: Path | None = None) -> Path:
    """The path of a checkpoint; trained once per code and number of steps, and kept in the temporary folder."""
    here = Path(__file__).parent
    sources = [Path(__file__), here / "scenes.py"]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources) + str(steps).encode()).hexdigest()[:16]
    kept = (folder or Path(tempfile.gettempdir()) / f"lapidary-small-sam-{os.getuid()}") / f"{digest}.pth"
    if not kept.exists():
        kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = kept.with_suffix(f".{os.getpid()}")
        torch.save(train(steps).state_dict(), part)
        part.replace(kept)
    return kept


def train(steps: int, seed: int = 0) -> Any:
    """With a click and a box on every object, by dice + BCE and the decoder's own score."""
    sam = build(seed)
    model = PackedDecoder(sam)
    optimizer = torch.optim.AdamW(sam.parameters(), lr=PEAK, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK, total_steps=steps + 1, pct_start=0.2)
    for step in range(steps):
        images, rows, points, labels, targets = batch(np.random.default_rng((seed, step)))
        n = len(rows)
        embeddings = sam.image_encoder(images)[rows]
        logits, scores = model(embeddings, points, labels, torch.zeros(n, 1, SIDE // 2, SIDE // 2), torch.zeros(n))
        loss = _loss(logits, scores, labels, targets)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(sam.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    return sam.eval()


def _loss(logits: Tensor, scores: Tensor, labels: Tensor, targets: Tensor) -> Tensor:
    """The nearest of a click's three masks is taught, and a box's one."""
    wanted = targets[:, None].expand_as(logits).flatten(0, 1)
    found = logits.flatten(0, 1)
    losses = mask_loss(found, wanted).view_as(scores)
    errors = (scores - iou(found, wanted).view_as(scores)).square()
    by_click = labels[:, 0] == 1
    taught = torch.where(by_click, losses[:, 1:].amin(1), losses[:, 0])
    return (taught + torch.where(by_click, errors[:, 1:].mean(1), errors[:, 0])).mean()


def batch(rng: np.random.Generator, domain: Domain = "common") -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Images; per prompt its image, tokens and labels, and the true mask on the decoder's grid."""
    images, rows, points, labels, targets = [], [], [], [], []
    for number in range(IMAGES):
        found = scene(int(rng.integers(2**31)), side=SIDE, domain=domain)
        images.append((found.image.transpose(2, 0, 1) - MEAN) / DEVIATION)
        for mask in found.masks:
            down, across = np.nonzero(mask)
            pick, off = int(rng.integers(len(down))), rng.normal(0, 2, 4)
            x0, x1, y0, y1 = across.min(), across.max() + 1, down.min(), down.max() + 1
            points += [[[across[pick], down[pick]], [0, 0]], [[x0 + off[0], y0 + off[1]], [x1 + off[2], y1 + off[3]]]]
            labels += [[1, -1], [2, 3]]
            rows += [number, number]
            targets += [mask.reshape(SIDE // 2, 2, SIDE // 2, 2).mean((1, 3)) >= 0.5] * 2
    pictures, prompts, kinds, masks = (
        torch.from_numpy(np.array(part, np.float32)) for part in (images, points, labels, targets)
    )
    return pictures, torch.tensor(rows), prompts, kinds, masks


MEAN = np.array([123.675, 116.28, 103.53])[:, None, None]
DEVIATION = np.array([58.395, 57.12, 57.375])[:, None, None]
