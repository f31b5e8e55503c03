"""Where the kinds of model come from. Each is imported when the first of its kind is asked for: without torch or ONNX
installed, the process runs, and says so only to those who want what needs them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from apps.inference import wire
from apps.inference.service.describing import Embedder
from apps.inference.service.embeddings import Embedding
from apps.inference.service.encoding import Engine
from apps.inference.service.library import UNAVAILABLE, NotLoaded, why
from apps.inference.service.pictures import Picture
from apps.inference.service.predicting import Predictor
from apps.inference.service.refusals import Refusal
from apps.inference.service.segmenter import DecodeAsk, Decoded
from apps.inference.service.store import Store

if TYPE_CHECKING:
    from apps.inference.service.finetune.runs import Runs

Decode = Callable[[Sequence[DecodeAsk]], Sequence[Decoded]]


class Loaders:
    def __init__(self, store: Store, cache: Path) -> None:
        self.store, self.cache = store, cache
        self._runs: Runs | None = None

    def segmenter(self, spec: wire.ModelSpec) -> Engine:
        """Raises ModelTrouble, MissingFile, WrongDigest."""
        if spec.family.startswith("sam2"):
            from apps.inference.service.sam import sam2

            return sam2.load(spec, self.store, self.cache)
        if spec.family in ("onnx", "http", "classical"):
            raise NotLoaded("wrong_family", "This model does not answer to clicks.")
        from apps.inference.service.sam import engine

        return engine.load(spec, self.store, self.cache)

    def predictor(self, spec: wire.ModelSpec) -> Predictor:
        from apps.inference.service import predictors

        return predictors.load(spec, self.store, self.cache)

    def embedder(self, spec: wire.ModelSpec) -> Embedder:
        from apps.inference.service import predictors

        return predictors.load_embedder(spec, self.store)

    def classical(self, picture: Picture, prompts: wire.Prompts) -> wire.Assist:
        """Raises Refusal."""
        from apps.inference.service import classical

        return classical.assist(picture, prompts)

    def everything(
        self, ask: wire.EverythingAsk, embedding: Embedding, decode: Decode, at_once: int
    ) -> list[wire.Candidate]:
        from apps.inference.service.sam.everything import find_everything

        return find_everything(ask, embedding, decode, at_once=at_once)

    def inspect(self, ask: wire.InspectAsk) -> wire.InspectAnswer:
        """What a file is. Raises Refusal for a file that is none of ours, NotLoaded where this machine cannot tell."""
        try:
            return self._inspect(ask)
        except Exception as error:
            found = why(error)
            if found.code in UNAVAILABLE and found.code != "model_missing":
                raise found from error
            raise Refusal(found.code, found.detail) from error

    def _inspect(self, ask: wire.InspectAsk) -> wire.InspectAnswer:
        if ask.kind == "predictor":
            from apps.inference.service import predictors

            # One that is an address has no file.
            return predictors.inspect(self.store.local_path(ask.key, ask.sha256) if ask.key else None, ask.config)
        path = self.store.local_path(ask.key, ask.sha256)
        if ask.kind == "embedder":
            from apps.inference.service import predictors

            return predictors.inspect_embedder(path, ask.config)
        from apps.inference.service.sam import inspection

        if ask.kind == "segmenter":
            return inspection.inspect_segmenter(path, ask.sha256)
        if ask.base is None:
            raise Refusal("bad_model", "A tuned decoder needs the base that it was tuned from.")
        base = self.store.local_path(ask.base.key, ask.base.sha256)
        return inspection.inspect_decoder(base, ask.base.sha256, path, ask.sha256)

    @property
    def runs(self) -> Runs:
        """Training runs; they need torch only in their own processes."""
        if self._runs is None:
            from apps.inference.service.finetune.runs import Runs

            self._runs = Runs(self.store, self.cache)
        return self._runs

    def close(self) -> None:
        if self._runs is not None:
            self._runs.close()
