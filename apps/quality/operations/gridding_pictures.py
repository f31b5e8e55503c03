"""Pictures of labels: off a sheet where one shows them, else cut from their images, each of which is read once."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PIL import Image

from apps.datasets.store import open_key
from apps.quality.atlases.crops import BROKEN, cut
from apps.quality.atlases.sheets import tiles_on
from apps.quality.models import Tile
from apps.quality.queries.crops import Crop
from apps.quality.queries.tiles import Subject

log = logging.getLogger(__name__)

Pictures = dict[Subject, Image.Image]
Pause = Callable[[], Any]


def cut_all(crops: Sequence[Crop], tile: int, pause: Pause = lambda: None) -> Pictures:
    """Those whose images can be read, at ``tile`` pixels. ``pause`` is called between images, and may raise."""
    by_image: dict[str, list[Crop]] = defaultdict(list)
    for crop in crops:
        by_image[crop.key].append(crop)
    found: Pictures = {}
    for key, wanted in by_image.items():
        pause()
        try:
            with open_key(key) as file:
                pictures = cut(file, wanted[0].size, [crop.box for crop in wanted], tile)
        except BROKEN as error:
            log.warning("an image has no tiles", extra={"key": key, "error": repr(error)})
            continue
        found |= {crop.subject: picture for crop, picture in zip(wanted, pictures, strict=True)}
    return found


def taken_off(tiles: Mapping[Subject, Tile]) -> Pictures:
    """The tiles' pictures; a sheet that cannot be read has none."""
    by_sheet: dict[str, list[tuple[Subject, Tile]]] = defaultdict(list)
    for subject, tile in tiles.items():
        by_sheet[tile.atlas.key].append((subject, tile))
    found: Pictures = {}
    for key, rows in by_sheet.items():
        try:
            with open_key(key) as file:
                pictures = tiles_on(file, [(tile.x, tile.y) for _, tile in rows], rows[0][1].size)
        except BROKEN as error:
            log.warning("a sheet cannot be read", extra={"key": key, "error": repr(error)})
            continue
        found |= {subject: picture for (subject, _), picture in zip(rows, pictures, strict=True)}
    return found
