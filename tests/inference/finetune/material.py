"""Approved objects on drawn pictures, put into a folder as the web server would."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from apps.inference import wire
from apps.inference.service.masks import encode_mask
from apps.inference.service.store import FileStore
from tests.bench.small_sam.scenes import Domain, scene
from tests.inference.sam_models import Folder

NO_IMAGE = wire.ImageRef("", "", 1, 1)
BOX = (0.0, 0.0, 1.0, 1.0)


def plain(class_name: str, group: str) -> wire.TrainingObject:
    """One that nobody looks at."""
    return wire.TrainingObject(NO_IMAGE, BOX, None, class_name, group)


def drawn(
    store: FileStore, seeds: Iterable[int], *, side: int = 128, domain: Domain = "shifted"
) -> list[wire.TrainingObject]:
    """Every object of some scenes, grouped by image."""
    objects = []
    for seed in seeds:
        found = scene(seed, side=side, domain=domain)
        file = BytesIO()
        Image.fromarray(found.image).save(file, "PNG")
        key = f"units/{domain}-{seed}.png"
        store.write(key, file.getvalue())
        image = wire.ImageRef(key, hashlib.sha256(file.getvalue()).hexdigest(), side, side)
        for mask, kind in zip(found.masks, found.kinds, strict=True):
            x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
            box = (float(x), float(y), float(width), float(height))
            objects.append(wire.TrainingObject(image, box, encode_mask(mask), kind, key))
    return objects


def media(home: Path, sam: Any) -> tuple[FileStore, wire.ModelSpec]:
    """A media storage with one model in it."""
    (home / "models").mkdir(parents=True)
    return FileStore(home), Folder(home).add_sam(sam, "models/sam.pth")
