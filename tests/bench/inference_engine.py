"""Encoding and clicking, ours beside the library's, in turn, in CPU time of one thread."""

from __future__ import annotations

import copy
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import torch

from apps.inference.service.embeddings import Embedding
from apps.inference.service.sam import stand_in
from apps.inference.service.sam.decoder_onnx import OnnxDecoder
from apps.inference.service.sam.encoder import Encoder
from apps.inference.service.sam.export import decoder_file
from apps.inference.service.segmenter import DecodeAsk
from tests.bench.inference_models import folder, photograph, save, vit_b
from tests.bench.report import Report, Row


def run(report: Report, *, quick: bool, full: bool) -> None:
    """Rows encode, click-engine, second-click, embedding-bytes."""
    torch.set_num_threads(1)
    stand_in.install()
    from segment_anything import SamPredictor

    sam = vit_b(quick=quick)
    image = photograph(256 if quick else 1024)
    box = np.array([0.2, 0.25, 0.6, 0.7], np.float32) * image.shape[0]
    with tempfile.TemporaryDirectory(prefix="lapidary-bench-") as place:
        store = folder(Path(place))
        spec = save(sam, store, quick=quick)
        decoder = OnnxDecoder(decoder_file(Path(place), store.local_path(spec.key, spec.sha256), spec.sha256, None, ""))
    predictor, encoder = SamPredictor(sam), Encoder(copy.deepcopy(sam))
    made: list[Embedding] = []
    theirs, ours = in_turn(
        5 if quick or full else 3,
        lambda: predictor.set_image(image),
        lambda: made.append(encoder.encode(image)),
    )
    report.add(Row("encode", ours / theirs, "ratio", 0.35, "SamPredictor.set_image, s CPU", theirs))
    packed = made[-1].pack()
    report.add(Row("embedding-bytes", len(packed) / 2**20, "MB", 1.1, "float32", made[-1].data.size * 4 / 2**20))

    embedding = Embedding.unpack(packed)
    ask = DecodeAsk(embedding, np.zeros((0, 2), np.float32), np.zeros(0, np.int32), box=box, multimask=False)

    their_click, our_click = in_turn(
        9 if quick else 25, lambda: predictor.predict(box=box, multimask_output=False), lambda: decoder.decode([ask])
    )
    report.add(
        Row("click-engine", our_click / their_click, "ratio", 0.55, "SamPredictor.predict(box), s CPU", their_click)
    )
    first = theirs + their_click
    report.add(Row("second-click", our_click / first, "ratio", 0.02, "a backend that encodes again, s CPU", first))


def in_turn(rounds: int, *parts: Callable[[], object]) -> list[float]:
    """Median CPU seconds of each part; they take turns, so that what disturbs one disturbs the others."""
    for part in parts:
        part()
    seconds: list[list[float]] = [[] for _ in parts]
    for _ in range(rounds):
        for spent, part in zip(seconds, parts, strict=True):
            began = time.process_time()
            part()
            spent.append(time.process_time() - began)
    return [median(spent) for spent in seconds]
