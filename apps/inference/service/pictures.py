"""Images as arrays, read once while people work on them."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from apps.inference.service.images import read_rgb
from apps.inference.service.kept import Kept
from apps.inference.service.refusals import Refusal
from apps.inference.service.store import MissingFile, Store
from apps.inference.wire import ImageRef

Picture = NDArray[np.uint8]
READERS = 2


def read_picture(store: Store, image: ImageRef, most_pixels: int) -> Picture:
    """The image (h, w, 3) as seen. Raises Refusal ``bad_image``."""
    try:
        content = store.read(image.key)
    except MissingFile:
        raise Refusal("bad_image", "The image is not in the media storage.") from None
    picture = read_rgb(content, most_pixels)
    if picture.shape[:2] != (image.height, image.width):
        seen = f"{picture.shape[1]} × {picture.shape[0]}"
        raise Refusal("bad_image", f"The image is {seen}, not {image.width} × {image.height} as was said.")
    return picture


class Pictures:
    """Of one event loop; whoever asks for a picture that is being read waits for the same reading."""

    def __init__(self, store: Store, *, most_pixels: int, limit: int) -> None:
        self._store, self._most_pixels = store, most_pixels
        self._kept: Kept[Picture] = Kept(limit, lambda picture: picture.nbytes)
        self._reading: dict[str, asyncio.Future[Picture]] = {}
        self._threads = ThreadPoolExecutor(READERS, "pictures")

    async def get(self, image: ImageRef) -> Picture:
        """Raises Refusal."""
        found = self._kept.get(image.key)
        if found is not None:
            return found
        reading = self._reading.get(image.key)
        if reading is None:
            loop = asyncio.get_running_loop()
            reading = loop.run_in_executor(self._threads, read_picture, self._store, image, self._most_pixels)
            self._reading[image.key] = reading
            reading.add_done_callback(lambda done: self._read(image.key, done))
        return await asyncio.shield(reading)

    def _read(self, key: str, done: asyncio.Future[Picture]) -> None:
        self._reading.pop(key, None)
        if not done.cancelled() and done.exception() is None:
            self._kept.put(key, done.result())

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
