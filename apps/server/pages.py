"""The web app: one page for every address that is not the API's, the admin's or a file's."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

NO_CACHE = {"Cache-Control": "no-cache"}
NOT_BUILT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Lapidary</title>
<h1>The pages are not built yet</h1>
<p>Run <code>make front</code> and start the server again. The <a href="/api/v1/docs/">REST API</a> and the
<a href="/admin/">admin</a> work already.</p>
</html>
"""


@require_safe
@ensure_csrf_cookie
def app(request: HttpRequest) -> HttpResponse:
    """GET of any page: the built ``index.html``, never cached, with the CSRF cookie that its requests need."""
    index = settings.FRONTEND_DIST / "index.html"
    try:
        return HttpResponse(index.read_bytes(), headers=NO_CACHE)
    except FileNotFoundError:
        return HttpResponse(NOT_BUILT, status=503, headers=NO_CACHE)
