"""gunicorn's configuration, for one machine and for a team: ``gunicorn -c python:apps.server.gunicorn``."""

from __future__ import annotations

import os
from typing import Any

wsgi_app = "apps.server.wsgi"
bind = f"{os.environ.get('HOST') or '127.0.0.1'}:{os.environ.get('PORT') or '8000'}"
worker_class = "gthread"
workers = int(os.environ.get("LAPIDARY_WEB_PROCESSES") or 1)
threads = int(os.environ.get("LAPIDARY_WEB_THREADS") or 8)
timeout = 120
graceful_timeout = 15
keepalive = 30
max_requests = int(os.environ.get("LAPIDARY_WEB_MAX_REQUESTS") or 0)
max_requests_jitter = max_requests // 10
# Our own middleware writes the line of each request.
accesslog = None
control_socket_disable = True
loglevel = "warning"
limit_request_line = 8190
forwarded_allow_ips = os.environ.get("LAPIDARY_PROXIES") or "127.0.0.1"


def post_worker_init(worker: Any) -> None:
    """The application is loaded."""
    from apps.server.memory import settle

    settle()


def child_exit(server: Any, worker: Any) -> None:
    """The counters of a process that ended stay; its gauges go."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
