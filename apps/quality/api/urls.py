"""Routes of quality, below ``/api/v1/``, by area."""

from __future__ import annotations

from apps.quality.api import (
    calibration_urls,
    certificates_urls,
    curation_urls,
    evaluation_urls,
    grid_urls,
    routing_urls,
    scores_urls,
)

urlpatterns = [
    *scores_urls.urlpatterns,
    *calibration_urls.urlpatterns,
    *routing_urls.urlpatterns,
    *certificates_urls.urlpatterns,
    *evaluation_urls.urlpatterns,
    *curation_urls.urlpatterns,
    *grid_urls.urlpatterns,
]
