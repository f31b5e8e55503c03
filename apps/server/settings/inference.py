"""Where the inference process is reached; the same variables tell the process itself where to listen."""

from __future__ import annotations

import os
from pathlib import Path


def _secret(name: str) -> str:
    """From the variable, or from the file that NAME_FILE names."""
    path = os.environ.get(f"{name}_FILE", "").strip()
    return os.environ.get(name, "").strip() or (Path(path).read_text().strip() if path else "")


# unix:/path/to/socket or http://host:port; empty: there is none, and nothing assists.
INFERENCE_URL = os.environ.get("LAPIDARY_INFERENCE", "")
INFERENCE_TOKEN = _secret("LAPIDARY_INFERENCE_TOKEN")

# Embeddings beyond this are forgotten, those that nobody used for the longest time first; they can be made again.
EMBEDDINGS_MAX_BYTES = int(os.environ.get("LAPIDARY_EMBEDDINGS_GB") or 20) * 2**30
