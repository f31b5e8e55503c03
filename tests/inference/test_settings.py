"""What the process is told by its environment, and what it does not start with."""

from __future__ import annotations

from pathlib import Path

import pytest

from apps.inference.service.settings import CannotStart, read
from apps.inference.service.store import FileStore

TOKEN = "t" * 20
LOCAL = {"LAPIDARY_INFERENCE": "unix:/run/lapidary/inference", "LAPIDARY_MEDIA_ROOT": "/media"}


def test_a_socket_needs_no_token() -> None:
    found = read(LOCAL)
    assert found.socket == Path("/run/lapidary/inference")
    assert isinstance(found.store(), FileStore)
    assert found.most_pixels == 64_000_000


def test_over_tcp_the_token_may_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    found = read(
        LOCAL
        | {
            "LAPIDARY_INFERENCE": "http://inference:8100",
            "LAPIDARY_INFERENCE_TOKEN_FILE": str(tmp_path / "token"),
            "LAPIDARY_INFERENCE_HOST": "0.0.0.0",
            "LAPIDARY_MAX_MEGAPIXELS": "5",
        }
    )
    assert (found.socket, found.host, found.port, found.token) == (None, "0.0.0.0", 8100, TOKEN)
    assert found.most_pixels == 5_000_000


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"LAPIDARY_INFERENCE": ""}, "LAPIDARY_INFERENCE"),
        ({"LAPIDARY_INFERENCE": "unix:relative"}, "LAPIDARY_INFERENCE"),
        ({"LAPIDARY_INFERENCE": "http://host"}, "http://host:8100"),
        ({"LAPIDARY_INFERENCE": "http://host:99999999"}, "http://host:8100"),
        ({"LAPIDARY_INFERENCE": "http://host:8100"}, "LAPIDARY_INFERENCE_TOKEN"),
        ({"LAPIDARY_INFERENCE": "http://host:8100", "LAPIDARY_INFERENCE_TOKEN": "short"}, "20 characters"),
        ({"LAPIDARY_MEDIA_ROOT": ""}, "LAPIDARY_MEDIA_ROOT"),
        ({"LAPIDARY_MAX_MEGAPIXELS": "many"}, "LAPIDARY_MAX_MEGAPIXELS"),
        ({"LAPIDARY_INFERENCE_MODELS": "0"}, "LAPIDARY_INFERENCE_MODELS"),
    ],
)
def test_what_it_does_not_start_with_is_named(changes: dict[str, str], word: str) -> None:
    with pytest.raises(CannotStart, match=word):
        read(LOCAL | changes)
