#!/bin/sh
# What the image does: lapidary web | worker | inference-worker | beat | inference | migrate | manage COMMAND…
set -eu

what="${1:-web}"
[ "$#" -gt 0 ] && shift

case "$what" in
  web)
    # The counters of the web processes, in a folder that is empty at every start.
    export LAPIDARY_PROCESS=web PROMETHEUS_MULTIPROC_DIR="${PROMETHEUS_MULTIPROC_DIR:-/tmp/metrics}"
    rm -rf "$PROMETHEUS_MULTIPROC_DIR"
    mkdir -p "$PROMETHEUS_MULTIPROC_DIR"
    exec gunicorn -c python:apps.server.gunicorn "$@"
    ;;
  worker)
    export LAPIDARY_PROCESS=worker
    exec celery --quiet -A apps.server worker -Q celery --pool prefork \
      --concurrency "${LAPIDARY_WORKER_PROCESSES:-2}" --loglevel WARNING --without-gossip --without-mingle "$@"
    ;;
  inference-worker)
    # Jobs that wait for the inference process, for hours where there is no GPU: threads, since they compute nothing.
    export LAPIDARY_PROCESS=worker
    exec celery --quiet -A apps.server worker -Q inference --pool threads --concurrency 8 -n inference@%h \
      --loglevel WARNING --without-gossip --without-mingle "$@"
    ;;
  beat)
    export LAPIDARY_PROCESS=worker
    exec celery --quiet -A apps.server beat --schedule "${TMPDIR:-/tmp}/beat" --pidfile= --loglevel WARNING "$@"
    ;;
  inference)
    # It listens on the port of the address by which the others reach it, on every interface of its container.
    export LAPIDARY_MEDIA_ROOT="${LAPIDARY_MEDIA_ROOT:-${LAPIDARY_HOME:-/var/lib/lapidary}/media}"
    export LAPIDARY_INFERENCE_CACHE="${LAPIDARY_INFERENCE_CACHE:-/var/cache/lapidary}"
    exec python -m apps.inference.service "$@"
    ;;
  migrate)
    exec python manage.py migrate --noinput "$@"
    ;;
  manage)
    exec python manage.py "$@"
    ;;
  *)
    echo "lapidary: unknown command $what (web, worker, inference-worker, beat, inference, migrate, manage)" >&2
    exit 2
    ;;
esac
