"""Words that the pages and the server both know by heart."""

from __future__ import annotations

import re

from tests.contracts.test_house import ROOT
from workflows.facts import COMPUTED_FACTS


def test_the_builder_knows_the_facts_that_routers_wait_for() -> None:
    text = (ROOT / "frontend" / "src" / "builder" / "preview" / "routers.ts").read_text()
    listed = re.search(r"const COMPUTED = new Set\(\[(.*?)\]\)", text, re.DOTALL)
    assert listed is not None
    assert set(re.findall(r'"(\w+)"', listed.group(1))) == COMPUTED_FACTS
