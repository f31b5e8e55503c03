"""Datasets, and image files of every kind, made in memory."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from itertools import count
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from apps.accounts.models import Organization
from apps.datasets.models import Dataset, DataUnit
from apps.datasets.operations import Incoming, add_data_units, create_dataset
from tests.factories.people import Caller

_shades = count(1)


def image_bytes(kind: str = "PNG", size: tuple[int, int] = (40, 30), *, mode: str = "RGB", **options: Any) -> bytes:
    """An image file; each has a colour of its own, so that no two are the same bytes."""
    shade = next(_shades)
    image = Image.new("RGB", size, (shade % 256, shade // 256 % 256, 90)).convert(mode)
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def turned_jpeg(orientation: int, **options: Any) -> bytes:
    """A JPEG of 40 x 20 stored pixels, red in its stored top left corner, with this EXIF orientation."""
    return turned("JPEG", orientation, quality=95, **options)


def turned(kind: str, orientation: int, **options: Any) -> bytes:
    image = Image.new("RGB", (40, 20), "white")
    image.paste((255, 0, 0), (0, 0, 12, 8))
    exif = Image.Exif()
    exif[0x0112] = orientation
    out = BytesIO()
    image.save(out, kind, exif=exif.tobytes(), **options)
    return out.getvalue()


def png_claiming(width: int, height: int) -> bytes:
    """A PNG whose header claims any size, over a few bytes of data: a decompression bomb."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(100_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def make_dataset(organization: Organization, name: str = "Slides") -> Dataset:
    return create_dataset(organization=organization, name=name, created_by=None)


def make_units(dataset: Dataset, number: int = 1, size: tuple[int, int] = (40, 30)) -> list[DataUnit]:
    """New data units with real media."""
    incoming = [Incoming(f"slide{i}.png", BytesIO(image_bytes(size=size))) for i in range(number)]
    return [unit for unit, _ in add_data_units(dataset=dataset, incoming=incoming, now=timezone.now()).units]


def upload(caller: Caller, dataset: Dataset, files: dict[str, bytes], **parts: Any) -> Any:
    """POSTs the files, by name, as one form."""
    sent = [SimpleUploadedFile(name, content) for name, content in files.items()]
    return caller.client.post(f"/api/v1/datasets/{dataset.pk}/data-units/", {"files": sent, **parts})
