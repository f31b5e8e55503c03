"""Predictors behind an address: who is asked, what is sent, and that every label is looked at."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest

from apps.inference import wire
from apps.inference.service.masks import encode_mask
from apps.inference.service.predictors import inspect, load
from apps.inference.service.predictors.external import HOSTS, MOST_BYTES, HttpPredictor, Unreachable
from apps.inference.service.refusals import Refusal
from apps.inference.service.store import FileStore

URL = "https://predictor.example:8443/predict"
IMAGE = np.arange(20 * 30 * 3, dtype=np.uint8).reshape(20, 30, 3)
BOX = {"name": "cat", "confidence": 0.5, "shape": "bounding_box", "bbox": [1, 2, 3, 4]}


@pytest.fixture(autouse=True)
def listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOSTS, " other.example, Predictor.Example:8443 ")


def asking(answer: Callable[[httpx.Request], httpx.Response], **config: Any) -> HttpPredictor:
    return HttpPredictor({"url": URL, **config}, httpx.MockTransport(answer))


def saying(*labels: Any, **config: Any) -> HttpPredictor:
    return asking(lambda request: httpx.Response(200, json={"labels": list(labels)}), **config)


def mask_of(size: tuple[int, int] = (20, 30)) -> dict[str, Any]:
    mask = np.zeros(size, np.bool_)
    mask[5:9, 10:20] = True
    packed = encode_mask(mask)
    return {"size": list(packed.size), "counts": packed.counts}


def test_the_picture_goes_there_as_it_is_seen_and_labels_come_back() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"labels": [BOX]})

    assert asking(answer).predict(IMAGE) == [wire.PredictedLabel("cat", 0.5, "bounding_box", (1, 2, 3, 4))]
    (request,) = seen
    assert (request.method, str(request.url), request.headers["content-type"]) == ("POST", URL, "image/png")
    sent = cv2.imdecode(np.frombuffer(request.content, np.uint8), cv2.IMREAD_COLOR)
    assert sent is not None
    assert np.array_equal(sent[..., ::-1], IMAGE)


def test_every_shape_comes_through() -> None:
    bitmask = {"name": "cat", "confidence": 1, "shape": "bitmask", "mask": mask_of()}
    answer = {"name": "day", "confidence": 0.7, "shape": "classification", "probabilities": {"day": 0.7, "night": 0.3}}
    drawn, said = saying(bitmask, answer, of="time").predict(IMAGE)
    assert drawn.bbox == (10.0, 5.0, 10.0, 4.0)
    assert said.of == "time"
    assert said.probabilities == {"day": 0.7, "night": 0.3}


def test_a_box_that_overshoots_by_rounding_is_cut() -> None:
    (label,) = saying({**BOX, "bbox": [-0.4, 0, 30.8, 20.2]}).predict(IMAGE)
    assert label.bbox == (0.0, 0.0, 30.0, 20.0)


def test_labels_below_the_threshold_are_left_out() -> None:
    assert saying(BOX, {**BOX, "confidence": 0.2}, score_threshold=0.4).predict(IMAGE) == saying(BOX).predict(IMAGE)


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ({**BOX, "confidence": 1.5}, "confidence is a number from 0 to 1"),
        ({**BOX, "confidence": "high"}, "confidence"),
        ({**BOX, "bbox": None}, "has a bbox"),
        ({**BOX, "bbox": [0, 0, 0, 5]}, "with an area"),
        ({**BOX, "bbox": [0, 0, 300, 5]}, "outside the image of 30 x 20"),
        ({**BOX, "bbox": [1, 2, 3]}, "bbox"),
        ({**BOX, "name": ""}, "name has"),
        ({**BOX, "name": "dog"}, "'dog' is not one of"),
        ({**BOX, "shape": "star"}, "shape"),
        ({**BOX, "probabilities": {"cat": 0.4}}, "sum to 1"),
        ({**BOX, "shape": "classification"}, "which one in `of`"),
        ({**BOX, "shape": "bitmask"}, "has a mask"),
        ({**BOX, "shape": "bitmask", "mask": mask_of((10, 10))}, "the image is"),
        ({**BOX, "shape": "bitmask", "mask": {"size": [20, 30], "counts": "ooooo"}}, "mask: counts"),
        ({**BOX, "shape": "bitmask", "mask": {"size": [20, 30], "counts": "hb0"}}, "covers no pixel"),
        (17, "Expected `object`"),
    ],
)
def test_a_wrong_label_is_named_and_nothing_is_taken(label: Any, words: str) -> None:
    with pytest.raises(Refusal) as refused:
        saying(BOX, label, classes=["cat"]).predict(IMAGE)
    assert refused.value.code == "bad_answer"
    assert "labels/1: " in refused.value.detail
    assert words in refused.value.detail


def test_a_label_of_another_kind_than_agreed_is_wrong() -> None:
    with pytest.raises(Refusal, match="the contract says bitmask"):
        saying(BOX, kind="instance_segmentation").predict(IMAGE)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"labels": 5}', b'{"label": []}'])
def test_an_answer_that_is_no_list_of_labels_is_refused(body: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        asking(lambda request: httpx.Response(200, content=body)).predict(IMAGE)
    assert refused.value.code == "bad_answer"


@pytest.mark.parametrize("status", [302, 400, 404])
def test_redirects_and_refusals_are_not_followed(status: int) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(status, headers={"Location": "http://169.254.169.254/"})

    with pytest.raises(Refusal, match=f"HTTP {status}"):
        asking(answer).predict(IMAGE)
    assert asked == [URL]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_predictor_in_trouble_is_unavailable(status: int) -> None:
    with pytest.raises(Unreachable) as caught:
        asking(lambda request: httpx.Response(status)).predict(IMAGE)
    assert caught.value.code == "predictor_unavailable"


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError])
def test_a_predictor_that_does_not_answer_is_unavailable(error: type[httpx.TransportError]) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error("no")

    with pytest.raises(Unreachable, match=error.__name__):
        asking(answer).predict(IMAGE)


def test_an_answer_without_end_is_not_read_to_its_end() -> None:
    read: list[int] = []

    def endless() -> Any:
        while True:
            read.append(2**20)
            yield b" " * 2**20

    with pytest.raises(Refusal, match="larger than"):
        asking(lambda request: httpx.Response(200, content=endless())).predict(IMAGE)
    assert sum(read) <= MOST_BYTES + 2 * 2**20


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://elsewhere.example/", "host_not_allowed"),
        ("https://predictor.example/", "host_not_allowed"),  # another port
        ("http://127.0.0.1:8443/", "host_not_allowed"),
        ("https://predictor.example:8443@evil.example/", "bad_config"),
        ("https://user:secret@other.example/", "bad_config"),
        ("file:///etc/passwd", "bad_config"),
        ("ftp://other.example/", "bad_config"),
        ("https://other.example:port/", "bad_config"),
        ("", "bad_config"),
    ],
)
def test_only_listed_hosts_are_reached(url: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        HttpPredictor({"url": url})
    assert refused.value.code == code


def test_a_host_without_a_port_is_listed_for_all_of_them() -> None:
    for url in ("https://other.example/a", "http://other.example:9000/b", "https://OTHER.example/"):
        assert HttpPredictor({"url": url}).contract.url == url


def test_nobody_is_reached_where_nobody_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(HOSTS)
    with pytest.raises(Refusal) as refused:
        HttpPredictor({"url": URL})
    assert refused.value.code == "host_not_allowed"


def test_it_is_loaded_and_inspected_by_its_contract(tmp_path: Path) -> None:
    config = {"url": URL, "classes": ["cat"], "kind": "detection"}
    assert inspect(None, config).facts == {"kind": "detection", "classes": 1}
    assert inspect(None, config).family == "http"
    spec = wire.ModelSpec("x", "http", config=config)
    assert isinstance(load(spec, FileStore(tmp_path), tmp_path), HttpPredictor)
    with pytest.raises(Refusal, match=r"\$.timeout_seconds"):
        inspect(None, {**config, "timeout_seconds": 0})
    json.dumps(config)
