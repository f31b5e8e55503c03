"""What the instance's admin may widen or narrow, by environment, however the server runs."""

from __future__ import annotations

import os

DATA_UNIT_MAX_BYTES = int(os.environ.get("LAPIDARY_MAX_FILE_MB") or 100) * 2**20
DATA_UNIT_MAX_PIXELS = int(os.environ.get("LAPIDARY_MAX_MEGAPIXELS") or 64) * 1_000_000

# Imports by URL reach public addresses only. Exceptions are the admin's: networks such as 10.1.0.0/16, and ports.
SAFE_HTTP_NETWORKS = tuple(filter(None, os.environ.get("LAPIDARY_FETCH_NETWORKS", "").split(",")))
SAFE_HTTP_PORTS = tuple(int(port) for port in (os.environ.get("LAPIDARY_FETCH_PORTS") or "80,443").split(","))

# Who sends media: this process (stream), the proxy by X-Accel-Redirect (accel), or the bucket (redirect).
MEDIA_DELIVERY = os.environ.get("LAPIDARY_MEDIA_DELIVERY") or "stream"
MEDIA_SOURCE = os.environ.get("LAPIDARY_MEDIA_SOURCE", "")
