"""Bytes for browsers: by signed link only, and only as what they are."""

from __future__ import annotations

import posixpath
import time
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from apps.common.errors import DomainError, Forbidden, NotFound
from apps.common.problems import CONTENT_TYPE, problem_body
from apps.datasets.logic.images import CONTENT_TYPES
from apps.datasets.logic.links import is_signed
from apps.datasets.queries import media_secret
from apps.datasets.store import open_key

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}


@require_safe
def media(request: HttpRequest, key: str) -> HttpResponseBase:
    """The bytes of a signed key: 404 for a wrong signature, 403 for an old one. The type comes from our own list by the
    suffix that we gave, so nothing is ever served as HTML or SVG, and it is an attachment outside of ``<img>``.

    ``MEDIA_DELIVERY`` says who sends the bytes: ``stream`` (this process, the default), ``accel`` (the proxy, by
    X-Accel-Redirect below ``/protected-media/``) or ``redirect`` (the store, by its own signed URL).
    """
    expires, sent = request.GET.get("expires", ""), request.GET.get("signature", "")
    kind = CONTENT_TYPES.get(key.rpartition(".")[2])
    if kind is None or posixpath.normpath(key) != key or not is_signed(key, expires, sent, secret=media_secret()):
        return _problem(NotFound())
    left = int(expires) - int(time.time())
    if left <= 0:
        return _problem(Forbidden("This link is too old. Ask for a new one.", code="expired"))
    response = _deliver(key, kind)
    if response.status_code == 200:
        response["Content-Disposition"] = f'attachment; filename="{posixpath.basename(key)}"'
        response["Cache-Control"] = f"private, max-age={left}, immutable"
    for name, value in HEADERS.items():
        response[name] = value
    return response


def _deliver(key: str, kind: str) -> HttpResponseBase:
    delivery = getattr(settings, "MEDIA_DELIVERY", "stream")
    if delivery == "accel":
        return HttpResponse(content_type=kind, headers={"X-Accel-Redirect": f"/protected-media/{key}"})
    if delivery == "redirect":
        return HttpResponseRedirect(default_storage.url(key))
    try:
        file: Any = open_key(key)
    except OSError:
        return _problem(NotFound())
    return FileResponse(file, content_type=kind)


def _problem(error: DomainError) -> HttpResponseBase:
    return JsonResponse(problem_body(error), status=error.status, content_type=CONTENT_TYPE)
