"""The web server and the real inference process: what a death in the middle of a click looks like from here."""

from __future__ import annotations

import gc
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.inference import wire
from apps.inference.gateway import PAUSE, Done, Gateway, Refused, Unavailable
from tests.inference.serving import serving
from tests.inference.stand_ins import put_image

# httpx leaves a Unix socket that found nobody to the garbage collector, which comes at the end of each test here.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

BOX = wire.Prompts(box=(10, 6, 44, 36))


@pytest.fixture
def now() -> list[float]:
    return [0.0]


@pytest.fixture
def way(tmp_path: Path, now: list[float]) -> Iterator[Gateway]:
    found = Gateway(f"unix:{tmp_path / 'run' / 'inference.sock'}", clock=lambda: now[0])
    yield found
    found.close()
    gc.collect()


def test_killed_in_the_middle_of_a_click_it_is_away_and_then_there_again(
    tmp_path: Path, way: Gateway, now: list[float]
) -> None:
    ask = wire.AssistAsk(wire.CLASSICAL, put_image(tmp_path / "media"), BOX)
    with serving(tmp_path) as served:
        before = way.assist(ask)
        assert isinstance(before, Done)
        served.process.send_signal(signal.SIGSTOP)
        heard: list[object] = []
        hand = threading.Thread(target=lambda: heard.append(way.assist(ask)))
        hand.start()
        served.process.kill()
        hand.join()
        (away,) = heard
        assert isinstance(away, Unavailable)
        assert away.code == "unreachable"
    with serving(tmp_path):
        assert isinstance(way.assist(ask), Unavailable), "nobody tries again so soon"
        now[0] += PAUSE
        after = way.assist(ask)
        assert isinstance(after, Done)
        assert after.value.answers[0].candidates == before.value.answers[0].candidates


def test_what_the_process_refuses_arrives_with_its_code(tmp_path: Path, way: Gateway) -> None:
    image = put_image(tmp_path / "media")
    gone = wire.ModelSpec(id="a" * 64, family="vit_b", key="models/gone.pth", sha256="a" * 64)
    with serving(tmp_path):
        assert way.ready()
        refused = way.assist(wire.AssistAsk(wire.CLASSICAL, image, wire.Prompts()))
        assert isinstance(refused, Refused)
        assert refused.code == "bad_prompts"
        missing = way.assist(wire.AssistAsk(gone, image, BOX))
        assert isinstance(missing, Unavailable)
        assert missing.code in ("model_missing", "no_torch")
        meanwhile = way.assist(wire.AssistAsk(gone, image, BOX, meanwhile=True))
        assert isinstance(meanwhile, Done)
        assert meanwhile.value.answers[0].model == "classical"
