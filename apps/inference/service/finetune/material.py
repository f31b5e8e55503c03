"""What a run works on: the objects on the decoder's grid and the embeddings of their images, encoded where missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from apps.inference.service.embeddings import DamagedEmbedding, Embedding, storage_key
from apps.inference.service.finetune.samples import Sample, sample_of
from apps.inference.service.pictures import read_picture
from apps.inference.service.refusals import Refusal
from apps.inference.service.sam import loading
from apps.inference.service.sam.encoder import Encoder
from apps.inference.service.store import MissingFile, Store
from apps.inference.wire import ImageRef, ModelSpec, TrainingObject

MOST_PIXELS = 10**9
"""The web server has refused larger images long ago."""


@dataclass(frozen=True, slots=True)
class Material:
    """``samples`` and ``pictures`` by object; None where an object cannot be used (too small, its image gone)."""

    objects: Sequence[TrainingObject]
    samples: Sequence[Sample | None]
    pictures: Sequence[Embedding | None]

    def of(self, numbers: Sequence[int]) -> tuple[list[Sample], list[Embedding], list[TrainingObject]]:
        """The usable ones of these objects."""
        samples, pictures, objects = [], [], []
        for number in numbers:
            sample, picture = self.samples[number], self.pictures[number]
            if sample is not None and picture is not None:
                samples.append(sample)
                pictures.append(picture)
                objects.append(self.objects[number])
        return samples, pictures, objects


def gather(
    objects: Sequence[TrainingObject], base: ModelSpec, store: Store, tell: Callable[[int, int], None]
) -> Material:
    """``tell(done, of)`` hears of every image."""
    images = {one.image.sha256: one.image for one in objects}
    embeddings: dict[str, Embedding | None] = {}
    encode = Encoding(base, store)
    for number, (sha256, image) in enumerate(images.items()):
        tell(number, len(images))
        embeddings[sha256] = _found(base, store, sha256) or encode(image)
    pictures = [embeddings[one.image.sha256] for one in objects]
    samples = [
        sample_of(one, picture) if picture is not None else None for one, picture in zip(objects, pictures, strict=True)
    ]
    return Material(objects, samples, pictures)


def _found(base: ModelSpec, store: Store, sha256: str) -> Embedding | None:
    try:
        return Embedding.unpack(store.read(storage_key(base.sha256, sha256)))
    except (MissingFile, DamagedEmbedding):
        return None


class Encoding:
    """Encodes what is missing; the encoder is loaded at the first such image."""

    def __init__(self, base: ModelSpec, store: Store) -> None:
        self._base, self._store = base, store
        self._encoder: Encoder | None = None

    def __call__(self, image: ImageRef) -> Embedding | None:
        try:
            picture = read_picture(self._store, image, MOST_PIXELS)
        except Refusal:
            return None
        if self._encoder is None:
            path = self._store.local_path(self._base.key, self._base.sha256)
            self._encoder = Encoder(loading.load(path, self._base.sha256).sam)
        embedding = self._encoder.encode(picture)
        self._store.write(storage_key(self._base.sha256, image.sha256), embedding.pack())
        return embedding
