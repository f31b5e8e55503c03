"""The messages between the web tier and the inference process: typed, checked on arrival, JSON over HTTP on a socket.

Both sides import this module and nothing else of each other, so it knows the standard library and msgspec only.
Coordinates are pixels of the image as seen (EXIF orientation applied), floats, origin top left. Boxes are
``(x, y, width, height)``. Masks are COCO RLE of the whole image: ``size`` (height, width), ``counts`` compressed.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct, field

Priority = Literal["interactive", "claim", "prefetch", "batch"]
"""Who goes first: a hand that waits, the image just claimed, the next ones of a queue, bulk work."""

Family = Literal["classical", "vit_b", "vit_l", "vit_h", "sam_small", "sam2", "onnx", "http"]


class ModelSpec(Struct, frozen=True):
    """A model version as the process needs it; the files lie in the media storage under their keys.

    ``id`` names the version everywhere (cache keys too): "classical", the checkpoint's sha256, or for a tuned decoder
    "<base sha256>.<decoder sha256>". ``config`` is a predictor's contract (see service/predictors).
    """

    id: str
    family: Family
    key: str = ""
    sha256: str = ""
    decoder_key: str = ""
    decoder_sha256: str = ""
    config: dict[str, Any] = field(default_factory=dict)


CLASSICAL = ModelSpec(id="classical", family="classical")


class ImageRef(Struct, frozen=True):
    """An image in the media storage; ``sha256`` is of the original's bytes, width and height as seen."""

    key: str
    sha256: str
    width: int
    height: int


class Mask(Struct, frozen=True):
    size: tuple[int, int]
    counts: str


class Point(Struct, frozen=True):
    """``label`` 1 adds, 0 subtracts."""

    x: float
    y: float
    label: Literal[0, 1]


class Prompts(Struct, frozen=True):
    """What the hand says. Any mixture of points, one box and one previous mask gives one answer with candidates.

    ``boxes`` instead gives one answer per box. ``token`` names the low-resolution logits that an earlier answer left
    in the process; ``mask`` is a saved mask, polygon (rasterised by the web tier) or brush stroke to be refined.
    ``anchors`` asks for an outline that snaps to edges between the given points (live-wire), closed or still open.
    """

    points: tuple[Point, ...] = ()
    box: tuple[float, float, float, float] | None = None
    boxes: tuple[tuple[float, float, float, float], ...] = ()
    mask: Mask | None = None
    token: str = ""
    anchors: tuple[tuple[float, float], ...] = ()
    closed: bool = True


class AssistAsk(Struct, frozen=True):
    """POST /assist. A newer ask of the same ``session`` supersedes an older one that still waits (409 to the older).

    ``meanwhile``: when the image is not encoded yet, answer at once with the classical assistant and go on encoding.
    """

    model: ModelSpec
    image: ImageRef
    prompts: Prompts
    session: str = ""
    deadline_ms: int = 30_000
    meanwhile: bool = False


class Candidate(Struct, frozen=True):
    """One mask: ``polygons`` are parts of (outer ring, holes…); ``score`` is the model's own IoU estimate, or none."""

    mask: Mask
    bbox: tuple[float, float, float, float]
    polygons: list[list[list[tuple[float, float]]]]
    area: int
    score: float | None = None


class Assist(Struct, frozen=True):
    """The answer to one set of prompts; ``candidates`` best first, never empty unless nothing was found.

    ``path`` is the snapped outline for ``anchors``. ``warming``: the model's own answer is not ready yet, the
    candidates are the classical ones. ``model`` is the id of what really answered.
    """

    candidates: list[Candidate]
    model: str
    token: str = ""
    warming: bool = False
    path: list[tuple[float, float]] = field(default_factory=list)
    encode_ms: float = 0.0
    decode_ms: float = 0.0
    note: str = ""


class AssistAnswer(Struct, frozen=True):
    """One ``Assist``; one per box where ``boxes`` was asked."""

    answers: list[Assist]
    encoded: bool = False
    """Whether this ask, or one it joined, has just put a new embedding into the media storage."""
    embedding_bytes: int = 0


class EncodeAsk(Struct, frozen=True):
    """POST /encode: waits until the embedding is stored. POST /warm takes a list and answers 202 at once."""

    model: ModelSpec
    image: ImageRef
    priority: Priority = "batch"
    deadline_ms: int = 120_000


class EncodeAnswer(Struct, frozen=True):
    """``created`` is false where the embedding was there already."""

    key: str
    bytes: int
    created: bool
    milliseconds: float


class WarmAsk(Struct, frozen=True):
    asks: list[EncodeAsk]
    session: str = ""
    """A later warm of the same session drops what an earlier one has still waiting."""


class WarmAnswer(Struct, frozen=True):
    """Per image in order: ready, queued, running, or dropped (the queue is full)."""

    states: list[Literal["ready", "queued", "running", "dropped"]]


class EverythingAsk(Struct, frozen=True):
    """POST /everything: all objects of an image, non-maximum suppressed. A batch agent's call."""

    model: ModelSpec
    image: ImageRef
    points_per_side: int = 16
    iou: float = 0.7
    min_score: float = 0.88
    min_stability: float = 0.9
    min_area: int = 64
    most: int = 200
    deadline_ms: int = 300_000


class EverythingAnswer(Struct, frozen=True):
    candidates: list[Candidate]
    model: str
    milliseconds: float


class PredictAsk(Struct, frozen=True):
    """POST /predict: a predictor over one image."""

    model: ModelSpec
    image: ImageRef
    deadline_ms: int = 120_000
    priority: Priority = "batch"


class PredictedLabel(Struct, frozen=True):
    """``shape`` bounding_box (bbox set), bitmask (mask and bbox set) or classification (neither).

    ``name`` is the class in the predictor's map; for a classification the answer, of the classification ``of``.
    """

    name: str
    confidence: float
    shape: Literal["bounding_box", "bitmask", "classification"]
    bbox: tuple[float, float, float, float] | None = None
    mask: Mask | None = None
    of: str = ""
    probabilities: dict[str, float] = field(default_factory=dict)


class PredictAnswer(Struct, frozen=True):
    labels: list[PredictedLabel]
    model: str
    milliseconds: float


class DescribeAsk(Struct, frozen=True):
    """POST /describe: what an image and parts of it look like, as vectors.

    A segmenter's embedding is averaged over each box's cells, so that one encoding serves all of them; an embedder is
    given each part of the image by itself. ``whole`` asks for the image as a whole too.
    """

    model: ModelSpec
    image: ImageRef
    boxes: tuple[tuple[float, float, float, float], ...] = ()
    whole: bool = True
    priority: Priority = "batch"
    deadline_ms: int = 120_000


class DescribeAnswer(Struct, frozen=True):
    """``vectors``: rows of ``width`` little-endian float16, of unit length: the whole image first where it was asked
    for, then the boxes in order. ``encoded`` and ``embedding_bytes`` as of ``AssistAnswer``; an embedder stores
    nothing."""

    width: int
    vectors: bytes
    model: str
    encoded: bool = False
    embedding_bytes: int = 0


class InspectAsk(Struct, frozen=True):
    """POST /inspect: opens a file of the media storage with the greatest care and says what it is.

    ``kind`` segmenter (a SAM checkpoint), decoder (a tuned one, ``base`` given), predictor or embedder (ONNX).
    """

    key: str
    sha256: str
    kind: Literal["segmenter", "decoder", "predictor", "embedder"]
    base: ModelSpec | None = None
    config: dict[str, Any] = field(default_factory=dict)


class InspectAnswer(Struct, frozen=True):
    """``facts``: for a segmenter image_size, embedding (c, h, w), parameters; for a predictor inputs, outputs;
    for an embedder the width of its vectors too."""

    family: Family
    facts: dict[str, Any] = field(default_factory=dict)


class TrainingObject(Struct, frozen=True):
    """One approved object. ``group`` keeps objects of one image (or metadata group) on one side of the split."""

    image: ImageRef
    bbox: tuple[float, float, float, float]
    mask: Mask | None
    class_name: str
    group: str


class FinetuneAsk(Struct, frozen=True):
    """POST /finetune/{run}: begins, or goes on after the last checkpoint of, a training run.

    ``run`` is the job's id. ``folder`` is a prefix in the media storage for checkpoints and the result.
    """

    run: str
    base: ModelSpec
    objects: list[TrainingObject]
    folder: str
    seed: int = 0
    steps: int = 400
    batch: int = 8
    learning_rate: float = 6e-4
    replay: float = 0.5


class CurvePoint(Struct, frozen=True):
    """Held-out mean IoU, by click and by box, and the training loss, at a step."""

    step: int
    loss: float
    click_iou: float
    box_iou: float


class Interval(Struct, frozen=True):
    """A paired gain: mean, and the bootstrap's 5 % and 95 % points."""

    mean: float
    low: float
    high: float


class ClassGain(Struct, frozen=True):
    class_name: str
    n: int
    click_before: float
    click_after: float
    box_before: float
    box_after: float


class Example(Struct, frozen=True):
    """One held-out object, for side by side: truth, and the mask before and after."""

    image: ImageRef
    class_name: str
    bbox: tuple[float, float, float, float]
    truth: Mask
    before: Mask
    after: Mask
    iou_before: float
    iou_after: float


class FinetuneState(Struct, frozen=True):
    """GET /finetune/{run}. DELETE cancels. ``decoder_key`` and ``decoder_sha256`` are set when accepted."""

    state: Literal["unknown", "preparing", "training", "evaluating", "done", "failed", "cancelled"]
    fraction: float = 0.0
    detail: str = ""
    curve: list[CurvePoint] = field(default_factory=list)
    accepted: bool = False
    reason: str = ""
    held_out: int = 0
    trained_on: int = 0
    click_gain: Interval | None = None
    box_gain: Interval | None = None
    classes: list[ClassGain] = field(default_factory=list)
    examples: list[Example] = field(default_factory=list)
    decoder_key: str = ""
    decoder_sha256: str = ""


class Trouble(Struct, frozen=True):
    """The body of every answer that is not 2xx.

    400 refused (it cannot be carried out as it is: bad_prompts, bad_image, wrong_family, damaged_file, unsafe_file),
    409 superseded, 429 busy (Retry-After), 503 unavailable (Retry-After; model_missing, no_torch), 504 late.
    """

    code: str
    detail: str
