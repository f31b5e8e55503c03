"""The jobs of imports and exports."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import batched
from typing import Any
