"""What a data unit's metadata may be, and how names of files are cleaned."""

from __future__ import annotations

import json
import re
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from apps.common.errors import Invalid

MAX_KEYS = 200
MAX_KEY = 100
MAX_BYTES = 32_768
MAX_NAME = 500

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029\ud800-\udfff]")


def check_metadata(value: Any, pointer: str) -> dict[str, Any]:
    """An object of at most 200 members and 32 KiB as JSON. Raises Invalid at ``pointer``."""
    if not isinstance(value, dict):
        raise Invalid.at(pointer, "metadata is an object.", code="not_an_object")
    if len(value) > MAX_KEYS or any(not 1 <= len(key) <= MAX_KEY or _UNPRINTABLE.search(key) for key in value):
        detail = f"metadata has at most {MAX_KEYS} members, their names 1 to {MAX_KEY} printable characters."
        raise Invalid.at(pointer, detail, code="bad_metadata")
    if len(json.dumps(value)) > MAX_BYTES:
        raise Invalid.at(pointer, f"metadata has at most {MAX_BYTES} bytes.", code="too_large")
    return value


def clean_name(name: str) -> str:
    """A file's name as it is shown: printable, at most 500 characters (the end is kept), never empty."""
    return _UNPRINTABLE.sub("", name.replace("\\", "/")).strip()[-MAX_NAME:] or "unnamed"


def base_name(name: str) -> str:
    """The last part of a path with either kind of slash."""
    return clean_name(PurePosixPath(name.replace("\\", "/")).name)


def name_of_url(url: str) -> str:
    """The last part of the URL's path, or its host."""
    parts = urlsplit(url)
    return base_name(unquote(parts.path)) if parts.path.strip("/") else clean_name(parts.hostname or url)
