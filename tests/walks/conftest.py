"""What several walks need."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from apps.inference.gateway import hang_up
from tests.factories.inference_live import LiveInference
from tests.factories.walkers import Walker, walkers


@pytest.fixture(scope="session")
def live_inference(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveInference]:
    """Models take seconds to load: one process for all walks."""
    with LiveInference(tmp_path_factory.mktemp("inference")) as found:
        yield found


@pytest.fixture
def process(live_inference: LiveInference, own_media: None, settings: Any) -> Iterator[LiveInference]:
    """The inference process, which reads the test's media."""
    live_inference.start()
    settings.MEDIA_ROOT, settings.INFERENCE_URL = live_inference.media, live_inference.url
    yield live_inference
    hang_up()


@pytest.fixture
def walking(transactional_db: None) -> dict[str, Walker]:
    """Everybody by name; see ``tests.factories.walkers``."""
    return walkers()
