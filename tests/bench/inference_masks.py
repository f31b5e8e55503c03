"""Whether speed costs anything that one could see: our masks beside the library's, on a model that was trained."""

from __future__ import annotations

import copy
import tempfile
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from apps.inference.service.embeddings import Embedding
from apps.inference.service.masks import candidates, decode_mask
from apps.inference.service.sam import loading, stand_in
from apps.inference.service.sam.decoder_onnx import OnnxDecoder
from apps.inference.service.sam.encoder import Encoder
from apps.inference.service.sam.export import decoder_file
from apps.inference.service.sam.loading import digest
from apps.inference.service.segmenter import DecodeAsk
from tests.bench.report import Report, Row
from tests.bench.small_sam.scenes import Scene, scene
from tests.bench.small_sam.training import QUICK, SIDE, trained


def run(report: Report, *, quick: bool, full: bool) -> None:
    """Row mask-iou: what int8 embeddings and ONNX cost; beside it all that is shipped, the encoder's bf16 too."""
    stand_in.install()
    from segment_anything import SamPredictor

    torch.set_num_threads(1)
    path = trained(QUICK)
    sam = loading.load(path).sam
    with tempfile.TemporaryDirectory(prefix="lapidary-bench-") as place:
        decoder = OnnxDecoder(decoder_file(Path(place), path, digest(path), None, ""))
    predictor = SamPredictor(copy.deepcopy(sam))
    shipped, plain = Encoder(copy.deepcopy(sam)), Encoder(copy.deepcopy(sam), dtype=torch.float32)
    overlaps: dict[str, list[float]] = {"shipped": [], "float32": []}
    truths: dict[str, list[float]] = {"theirs": [], "shipped": []}
    for number in range(10 if quick else 40):
        found = scene(50_000 + number, side=2 * SIDE)
        predictor.set_image(found.image)
        made = {"shipped": shipped.encode(found.image), "float32": plain.encode(found.image)}
        for box, truth in boxes(found):
            theirs = predictor.predict(box=box, multimask_output=False)[0][0]
            masks = {name: masked(decoder, Embedding.unpack(one.pack()), box) for name, one in made.items()}
            for name, mask in masks.items():
                overlaps[name].append(iou(mask, theirs))
            truths["theirs"].append(iou(theirs, truth))
            truths["shipped"].append(iou(masks["shipped"], truth))
    report.add(
        Row(
            "mask-iou",
            mean(overlaps["float32"]),
            "ratio",
            0.995,
            "as shipped",
            mean(overlaps["shipped"]),
            at_least=True,
        )
    )
    report.add(
        Row(
            "mask-truth", mean(truths["shipped"]), "IoU", baseline="SamPredictor", baseline_value=mean(truths["theirs"])
        )
    )


def boxes(found: Scene) -> list[tuple[NDArray[np.float32], NDArray[np.bool_]]]:
    out = []
    for mask in found.masks:
        rows, columns = np.nonzero(mask)
        edges = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        out.append((np.array(edges, np.float32), mask))
    return out


def masked(decoder: OnnxDecoder, embedding: Embedding, box: NDArray[np.float32]) -> NDArray[np.bool_]:
    nothing = np.zeros((0, 2), np.float32), np.zeros(0, np.int32)
    found = candidates(decoder.decode([DecodeAsk(embedding, *nothing, box=box, multimask=False)])[0], embedding)
    return decode_mask(found[0].mask) if found else np.zeros(embedding.size, bool)


def iou(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """1 where both are empty: they agree."""
    union = int((one | other).sum())
    return int((one & other).sum()) / union if union else 1.0


def mean(values: list[float]) -> float:
    return float(np.mean(values))
