"""A model in use: the encoder in its own process, what happens when that is killed, and the file of the decoder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from apps.inference.service.sam import engine as module
from apps.inference.service.sam import export, inspection, trouble, worker
from apps.inference.service.sam.engine import SamEngine, load
from apps.inference.service.sam.trouble import EncoderDied, NoTorch, UnsafeFile, WrongFamily
from apps.inference.service.sam.worker import EncoderProcess
from apps.inference.service.segmenter import DecodeAsk
from apps.inference.wire import ModelSpec
from tests.inference.sam import dying
from tests.inference.sam_models import Folder, build_sam, picture, sha256_of

POINT = np.array([[30, 20]], np.float32), np.array([1], np.int32)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return Folder(tmp_path_factory.mktemp("media"))


@pytest.fixture(scope="module")
def spec(files: Folder) -> ModelSpec:
    return files.add_sam(build_sam())


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def engine(spec: ModelSpec, files: Folder, cache: Path) -> Iterator[SamEngine]:
    engine = load(spec, files, cache)
    yield engine
    engine.close()


def process(engine: SamEngine) -> EncoderProcess:
    assert isinstance(engine.encoder, EncoderProcess)
    return engine.encoder


def test_what_the_service_asks_of_it(engine: SamEngine, spec: ModelSpec) -> None:
    assert (engine.id, engine.base_sha256, engine.device) == (spec.id, spec.sha256, "cpu")
    assert (engine.encode_workers, engine.max_batch) == (1, 1)
    assert engine.decode_workers == len(os.sched_getaffinity(0))


def test_answers_like_the_library(engine: SamEngine) -> None:
    from segment_anything import SamPredictor

    predictor = SamPredictor(build_sam())
    predictor.set_image(picture())
    embedding = engine.encode(picture())
    assert np.abs(embedding.dense() - predictor.features[0].numpy()).mean() < 0.02
    predictor.features = torch.from_numpy(embedding.dense())[None]
    logits = predictor.predict(*POINT)[2]
    assert np.abs(engine.decode([DecodeAsk(embedding, *POINT)])[0].logits - logits).max() < 1e-4


def test_process_killed_over_an_image_is_started_again_and_the_image_encoded(engine: SamEngine) -> None:
    before = engine.encode(picture(seed=1))
    pid = process(engine).pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    answers: list[Any] = []
    asking = threading.Thread(target=lambda: answers.append(engine.encode(picture(seed=1))))
    asking.start()
    # It cannot have answered: it is stopped.
    os.kill(pid, signal.SIGKILL)
    asking.join()
    assert np.array_equal(answers[0].data, before.data)
    assert process(engine).pid not in (None, pid)


def test_clicks_do_not_wait_for_the_encoder(engine: SamEngine) -> None:
    embedding = engine.encode(picture())
    pid = process(engine).pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    asking = threading.Thread(target=engine.encode, args=(picture(seed=2),))
    asking.start()
    try:
        assert len(engine.decode([DecodeAsk(embedding, *POINT)])) == 1
        assert asking.is_alive()
    finally:
        os.kill(pid, signal.SIGCONT)
        asking.join()


def test_encoder_stands_behind(engine: SamEngine) -> None:
    engine.encode(picture())
    pid = process(engine).pid
    assert pid is not None
    assert os.getpriority(os.PRIO_PROCESS, pid) == min(19, os.getpriority(os.PRIO_PROCESS, 0) + 10)


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What would have been done in processes of their own is done here, and counted: it takes seconds to start one."""
    calls: list[Any] = []

    def call(function: Any, *arguments: Any) -> Any:
        calls.append(arguments)
        return function(*arguments)

    monkeypatch.setattr(export, "call", call)
    monkeypatch.setattr(inspection, "call", call)
    return calls


def test_tuned_decoder_shares_the_encoder(
    engine: SamEngine, spec: ModelSpec, files: Folder, cache: Path, called: list[Any]
) -> None:
    tuned = load(files.add_decoder(build_sam(seed=1), spec), files, cache)
    embedding = engine.encode(picture())
    assert tuned.encoder is engine.encoder
    assert tuned.base_sha256 == engine.base_sha256
    one, other = (model.decode([DecodeAsk(embedding, *POINT)])[0].logits for model in (engine, tuned))
    assert np.abs(one - other).max() > 1e-3
    tuned.close()
    assert process(engine).pid is not None
    assert engine.encode(picture()).size == (48, 80)


def test_decoder_is_written_once_and_again_if_it_is_broken(
    engine: SamEngine, spec: ModelSpec, files: Folder, cache: Path, called: list[Any]
) -> None:
    load(spec, files, cache).close()
    assert called == []
    path = next(cache.glob(f"{spec.sha256}.base.*"))
    path.write_bytes(path.read_bytes()[:1000])
    again = load(spec, files, cache)
    assert [arguments[-1] for arguments in called] == [path]
    assert len(again.decode([DecodeAsk(again.encode(picture()), *POINT)])) == 1
    again.close()
    assert [left for left in cache.iterdir() if left.name.startswith(".")] == []


NO_TORCH = """
import sys
from pathlib import Path
import numpy as np
from apps.inference.service.embeddings import Embedding
from apps.inference.service.sam.engine import load
from apps.inference.service.segmenter import DecodeAsk
from apps.inference.wire import ModelSpec

class Files:
    def local_path(self, key, sha256):
        return Path(sys.argv[1]) / key

if __name__ == "__main__":
    model = load(ModelSpec(id="a", family="sam_small", key="sam.pth", sha256=sys.argv[2]), Files(), Path(sys.argv[3]))
    embedding = Embedding.of(np.ones((32, 8, 8), np.float32), (48, 80), (38, 64))
    answer = model.decode([DecodeAsk(embedding, np.ones((1, 2), np.float32), np.ones(1, np.int32))])
    model.close()
    sys.exit(len(answer) != 1 or "torch" in sys.modules)
"""


def test_process_of_the_clicks_never_imports_torch(
    spec: ModelSpec, files: Folder, cache: Path, engine: SamEngine
) -> None:
    """Seen from a new one: that of the tests has it already."""
    program = [sys.executable, "-c", NO_TORCH, str(files.root), spec.sha256, str(cache)]
    assert subprocess.run(program, check=False).returncode == 0


def test_bad_checkpoint_is_said_at_loading(files: Folder, tmp_path: Path) -> None:
    torch.save({"image_encoder.pos_embed": torch.nn.Linear(2, 2)}, files.root / "evil.pth")
    digest = sha256_of(files.root / "evil.pth")
    with pytest.raises(UnsafeFile):
        load(ModelSpec(id=digest, family="vit_b", key="evil.pth", sha256=digest), files, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []
    assert digest not in module.SHARED.held()


def test_without_torch_nothing_is_opened(
    spec: ModelSpec, files: Folder, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trouble, "find_spec", lambda name: None)
    with pytest.raises(NoTorch):
        load(spec, files, cache)


def test_old_torch_is_refused_before_it_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", lambda name: "2.9.1+cu126")
    with pytest.raises(NoTorch, match=r"2\.9\.1"):
        trouble.need_torch()


@pytest.mark.parametrize(
    ("serve", "kind"),
    [(dying.at_every_image, EncoderDied), (dying.at_the_start, EncoderDied), (dying.refusing, WrongFamily)],
)
def test_encoder_that_cannot_work_says_why(
    serve: Any, kind: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "serve", serve)
    encoder = EncoderProcess(tmp_path / "sam.pth", "0" * 64)
    with pytest.raises(kind):
        encoder.encode(picture())
    assert encoder.pid is None
    encoder.close()


def test_closed_encoder_gives_up_its_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "serve", dying.at_every_image)
    encoder = EncoderProcess(tmp_path / "sam.pth", "0" * 64)
    encoder.start()
    assert encoder.pid is not None
    os.kill(encoder.pid, signal.SIGSTOP)
    errors: list[Exception] = []

    def ask() -> None:
        try:
            encoder.encode(picture())
        except EncoderDied as error:
            errors.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    encoder.close()
    asking.join()
    assert len(errors) == 1
    assert encoder.pid is None


def test_uploads_are_inspected(spec: ModelSpec, files: Folder, called: list[Any]) -> None:
    path = files.local_path(spec.key, spec.sha256)
    assert inspection.inspect_segmenter(path, spec.sha256).facts["image_size"] == 64
    fits, wide = (files.add_decoder(build_sam(channels=n), spec, f"{n}.pt") for n in (32, 64))
    answer = inspection.inspect_decoder(path, spec.sha256, files.root / fits.decoder_key, fits.decoder_sha256)
    assert answer.family == "sam_small"
    with pytest.raises(WrongFamily):
        inspection.inspect_decoder(path, spec.sha256, files.root / wide.decoder_key, wide.decoder_sha256)
    assert len(called) == 3
