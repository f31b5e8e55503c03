"""What a run works on: the objects on the decoder's grid and the embeddings of their images, encoded where missing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from apps.inference.service.embeddings import DamagedEmbedding, Embedding, storage_key
from apps.inference.service.finetune.samples import Sample, sample_of
from apps.inference.service.kept import Kept
from apps.inference.service.pictures import read_picture
from apps.inference.service.refusals import Refusal
from apps.inference.service.sam import loading
from apps.inference.service.sam.encoder import Encoder
from apps.inference.service.store import MissingFile, Store
from apps.inference.wire import ImageRef, ModelSpec, TrainingObject

MOST_PIXELS = 10**9
"""The web server has refused larger images long ago."""

KEPT_BYTES = 512 * 1024 * 1024
"""Of embeddings; of thousands of images the others are read again when they are wanted, at a millisecond or two."""


class Shelf:
    """Embeddings by image. One that was evicted while a run is under way is made again."""

    def __init__(self, base: ModelSpec, store: Store, most_bytes: int = KEPT_BYTES) -> None:
        self._base, self._store = base, store
        self._kept: Kept[Embedding] = Kept(most_bytes, lambda one: one.nbytes)
        self._encoder: Encoder | None = None

    def get(self, image: ImageRef) -> Embedding:
        """Raises Refusal where the image cannot be read."""
        found = self._kept.get(image.sha256)
        if found is None:
            found = self._read(image) or self._encode(image)
            self._kept.put(image.sha256, found)
        return found

    def rest(self) -> None:
        """Gives the encoder's memory back."""
        self._encoder = None

    def _read(self, image: ImageRef) -> Embedding | None:
        try:
            return Embedding.unpack(self._store.read(storage_key(self._base.sha256, image.sha256)))
        except (MissingFile, DamagedEmbedding):
            return None

    def _encode(self, image: ImageRef) -> Embedding:
        picture = read_picture(self._store, image, MOST_PIXELS)
        if self._encoder is None:  # only a run that needs it has it in memory
            path = self._store.local_path(self._base.key, self._base.sha256)
            self._encoder = Encoder(loading.load(path, self._base.sha256).sam)
        embedding = self._encoder.encode(picture)
        self._store.write(storage_key(self._base.sha256, image.sha256), embedding.pack())
        return embedding


class Pictures(Sequence[Embedding]):
    """The embeddings of some images in their order, each taken from the shelf when it is looked at."""

    def __init__(self, shelf: Shelf, images: Sequence[ImageRef]) -> None:
        self._shelf, self._images = shelf, images

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, number: Any) -> Any:
        if isinstance(number, slice):
            return Pictures(self._shelf, self._images[number])
        return self._shelf.get(self._images[number])


@dataclass(frozen=True, slots=True)
class Material:
    """``samples`` by object; None where one cannot be used (too small, its image gone, its mask not the image's)."""

    objects: Sequence[TrainingObject]
    samples: Sequence[Sample | None]
    shelf: Shelf

    def of(self, numbers: Sequence[int]) -> tuple[list[Sample], Pictures, list[TrainingObject]]:
        """The usable ones of these objects."""
        samples: list[Sample] = []
        objects: list[TrainingObject] = []
        for number in numbers:
            sample = self.samples[number]
            if sample is not None:
                samples.append(sample)
                objects.append(self.objects[number])
        return samples, Pictures(self.shelf, [one.image for one in objects]), objects


def gather(
    objects: Sequence[TrainingObject], base: ModelSpec, store: Store, tell: Callable[[int, int], None]
) -> Material:
    """``tell(done, of)`` hears of every image."""
    shelf = Shelf(base, store)
    of_image: dict[str, list[int]] = defaultdict(list)
    for number, one in enumerate(objects):
        of_image[one.image.sha256].append(number)
    samples: list[Sample | None] = [None] * len(objects)
    for done, numbers in enumerate(of_image.values()):
        tell(done, len(of_image))
        try:
            picture = shelf.get(objects[numbers[0]].image)
        except Refusal:
            continue
        for number in numbers:
            samples[number] = _sample(objects[number], picture)
    shelf.rest()
    return Material(objects, samples, shelf)


def _sample(one: TrainingObject, picture: Embedding) -> Sample | None:
    try:
        return sample_of(one, picture)
    except Refusal:
        return None
