"""What names one state of something that JSON can say."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def digest_of(said: Any) -> str:
    """SHA-256 (64 hex digits) of ``said`` as canonical JSON: keys in order, no spaces. Equal for what says the same.
    Raises TypeError for what is no JSON."""
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
