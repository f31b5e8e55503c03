"""A predictor behind an address: the image goes there, labels come back, and every one of them is checked.

Only hosts that the instance's admin has listed are reached (LAPIDARY_PREDICTOR_HOSTS), certificates are checked,
redirects are not followed. The image is sent as people see it, upright and at 8 bits, so that the answer's pixels are
ours whatever the other side makes of EXIF.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import cv2
import httpx
import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from apps.inference import wire
from apps.inference.service.predictors.answers import checked
from apps.inference.service.predictors.contract import External, bad_config, read_external
from apps.inference.service.refusals import Refusal

HOSTS = "LAPIDARY_PREDICTOR_HOSTS"
MOST_BYTES = 32 * 2**20
MOST_LABELS = 2_000
CONNECT_SECONDS = 10.0
JPEG_QUALITY = 95


class Unreachable(Exception):
    """The predictor does not answer, or not now."""

    code = "predictor_unavailable"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class Answer(Struct, frozen=True):
    labels: list[msgspec.Raw]


class HttpPredictor:
    """Safe to call from many threads."""

    def __init__(self, config: Mapping[str, Any], transport: httpx.BaseTransport | None = None) -> None:
        """Raises Refusal ``bad_config``, ``host_not_allowed``. ``transport`` is a test's."""
        self.contract = read_external(config)
        self._transport = transport
        require_host(self.contract.url)

    def predict(self, image: NDArray[np.uint8]) -> list[wire.PredictedLabel]:
        """Raises Refusal ``bad_answer``, Unreachable."""
        content = _encoded(image, self.contract)
        answer = self._asked(content)
        try:
            labels = msgspec.json.decode(answer, type=Answer).labels
        except msgspec.MsgspecError as error:
            raise Refusal("bad_answer", f"The predictor's answer is not as agreed: {error}") from None
        if len(labels) > MOST_LABELS:
            raise Refusal("bad_answer", f"The predictor gave {len(labels)} labels; at most {MOST_LABELS} are taken.")
        height, width = image.shape[:2]
        found = checked(labels, self.contract, (height, width))
        return [label for label in found if label.confidence >= self.contract.score_threshold]

    def _asked(self, content: bytes) -> bytes:
        """The body of the answer, read as far as it may go and as long as it may take."""
        seconds = self.contract.timeout_seconds
        end = time.monotonic() + seconds
        timeout = httpx.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds))
        headers = {"Content-Type": f"image/{self.contract.image}", "Accept": "application/json"}
        # No proxies and no .netrc of the environment: the host that was allowed is the host that is reached.
        client = httpx.Client(transport=self._transport, timeout=timeout, trust_env=False, follow_redirects=False)
        try:
            with client, client.stream("POST", self.contract.url, content=content, headers=headers) as response:
                _require_success(response)
                return _body(response, end)
        except httpx.HTTPError as error:
            raise Unreachable(f"The predictor does not answer ({type(error).__name__}).") from None


def require_host(url: str) -> None:
    """Raises Refusal: ``bad_config`` for no address of the web, ``host_not_allowed`` for one that is not listed."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError:
        raise bad_config("This is no address - at `$.url`") from None
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        raise bad_config("An address begins with https:// or http://, without a name and password - at `$.url`")
    listed = {one.strip().lower() for one in os.environ.get(HOSTS, "").split(",") if one.strip()}
    if not {host, f"{host}:{port}"} & listed:
        raise Refusal("host_not_allowed", f"The admin of this instance has not listed {host}:{port} in {HOSTS}.")


def _encoded(image: NDArray[np.uint8], contract: External) -> bytes:
    bgr = np.ascontiguousarray(image[..., ::-1])
    if contract.image == "jpeg":
        return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()
    return cv2.imencode(".png", bgr, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()


def _require_success(response: httpx.Response) -> None:
    status = response.status_code
    if status == 429 or status >= 500:
        raise Unreachable(f"The predictor cannot answer now (HTTP {status}).")
    if status != 200:
        raise Refusal("bad_answer", f"The predictor answered with HTTP {status}.")


def _body(response: httpx.Response, end: float) -> bytes:
    found = bytearray()
    for part in response.iter_bytes():
        found += part
        if len(found) > MOST_BYTES:
            raise Refusal("bad_answer", f"The predictor's answer is larger than {MOST_BYTES} bytes.")
        if time.monotonic() > end:
            raise Unreachable("The predictor did not end its answer in time.")
    return bytes(found)
