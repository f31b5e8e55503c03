"""The process in life: what it starts with, what it leaves behind when it is killed, and how it comes back."""

from __future__ import annotations

import signal
import stat
import subprocess
import threading
import time
from pathlib import Path

import httpx
import pytest

from apps.inference import wire
from apps.inference.service.embeddings import Embedding
from tests.inference.sam_models import Folder, build_sam
from tests.inference.serving import COMMAND, PATIENCE, ROOT, Served, answers, environment, serving
from tests.inference.stand_ins import put_image

BOX = wire.Prompts(box=(10, 6, 44, 36))


def asked(home: Path) -> wire.AssistAsk:
    return wire.AssistAsk(wire.CLASSICAL, put_image(home / "media"), BOX)


def click(served: Served, ask: wire.AssistAsk) -> wire.AssistAnswer:
    answer: wire.AssistAnswer = served.post("/assist", ask, wire.AssistAnswer)
    return answer


def test_killed_in_the_middle_of_a_click_it_comes_back_and_answers_the_same(tmp_path: Path) -> None:
    ask = asked(tmp_path)
    heard: list[object] = []

    def in_vain(served: Served) -> None:
        try:
            heard.append(click(served, ask))
        except httpx.TransportError as error:
            heard.append(error)

    with serving(tmp_path) as served:
        before = click(served, ask).answers[0].candidates
        assert before
        served.process.send_signal(signal.SIGSTOP)
        hand = threading.Thread(target=in_vain, args=(served,))
        hand.start()
        served.process.kill()
        hand.join(PATIENCE)
        assert isinstance(heard[0], httpx.TransportError)
        assert served.process.wait(PATIENCE) == -signal.SIGKILL
    with serving(tmp_path) as served:
        assert click(served, ask).answers[0].candidates == before


def test_the_socket_is_ours_alone_and_taken_from_the_dead_only(tmp_path: Path) -> None:
    path = tmp_path / "run" / "inference.sock"
    with serving(tmp_path) as served:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        second = subprocess.run(COMMAND, cwd=ROOT, env=environment(tmp_path), capture_output=True, timeout=PATIENCE)
        assert second.returncode == 1
        assert b"Another inference process" in second.stderr
        assert served.client.get("/health").is_success
        # Nothing that needs weights was asked for: neither torch nor ONNX is there.
        maps = Path(f"/proc/{served.process.pid}/maps").read_text()
        assert "libtorch" not in maps
        assert "onnxruntime" not in maps


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"LAPIDARY_INFERENCE": "http://127.0.0.1:8100"}, b"LAPIDARY_INFERENCE_TOKEN"),
        ({"LAPIDARY_MEDIA_ROOT": ""}, b"LAPIDARY_MEDIA_ROOT"),
    ],
)
def test_what_is_missing_is_said_in_a_line(tmp_path: Path, changes: dict[str, str], word: bytes) -> None:
    ended = subprocess.run(
        COMMAND, cwd=ROOT, env=environment(tmp_path, **changes), capture_output=True, timeout=PATIENCE
    )
    assert ended.returncode == 1
    assert word in ended.stderr
    assert b"Traceback" not in ended.stderr


def test_told_to_end_it_ends(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        served.process.terminate()
        assert served.process.wait(PATIENCE) in (0, -signal.SIGTERM)
        assert not answers(tmp_path / "run" / "inference.sock")


def test_killed_in_the_middle_of_a_prefetch_nothing_is_lost_and_nothing_half_done(tmp_path: Path) -> None:
    media = tmp_path / "media"
    (media / "models").mkdir(parents=True)
    spec = Folder(media).add_sam(build_sam(), "models/sam.pth")
    images = [put_image(media, f"{n}.png", shade=60 + n) for n in range(6)]
    warm = wire.WarmAsk([wire.EncodeAsk(spec, image, "prefetch") for image in images], session="anna")

    def ready(served: Served) -> int:
        answer: wire.WarmAnswer = served.post("/warm", warm, wire.WarmAnswer)
        return answer.states.count("ready")

    def wait_for(served: Served, some: int) -> None:
        end = time.monotonic() + PATIENCE
        while ready(served) < some:
            assert time.monotonic() < end
            time.sleep(0.01)

    with serving(tmp_path) as served:
        wait_for(served, 1)
        (encoder, *others) = served.children()
        served.process.kill()
        served.process.wait(PATIENCE)
    made = list((media / "embeddings").rglob("*"))
    whole = [path for path in made if path.suffix == ".i8"]
    assert whole
    assert all(Embedding.unpack(path.read_bytes()).size == (48, 64) for path in whole)
    wait_until_gone([encoder, *others])
    with serving(tmp_path) as served:
        assert ready(served) >= len(whole)
        wait_for(served, len(images))
        ask = wire.AssistAsk(spec, images[0], BOX)
        assert click(served, ask).answers[0].model == spec.id


def wait_until_gone(pids: list[int]) -> None:
    """No child outlives its parent."""
    end = time.monotonic() + PATIENCE
    while any(running(pid) for pid in pids):
        assert time.monotonic() < end
        time.sleep(0.01)


def running(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
