# Lapidary. `make run` starts it, `make test` proves it, `make check` reads it.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.SILENT:
.PHONY: help setup setup-models setup-dev front run test check format lock clean \
	bench bench-engine bench-web bench-quality bench-inference

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
VENV := .venv/bin

help:
	echo "make run     start Lapidary here (PORT, HOST and LAPIDARY_HOME are honoured)"
	echo "make test    run every test; sets up PostgreSQL, Redis and Chromium where they are missing"
	echo "make check   format, lint, types, import contracts, migrations, line budgets, deployment files"
	echo "make bench   measure; make bench-engine, bench-web, bench-quality, bench-inference for the parts"
	echo "make setup-models   add torch and ONNX to .venv, for Segment Anything and predictors"
	echo "make setup   only make .venv    make front   only build the pages    make format   format the code"

setup:
	test -n "$(PYTHON)" || { echo "setup: Python 3.11 or later is needed (apt install python3 python3-venv)." >&2; exit 1; }
	$(PYTHON) deploy/dev/setup.py runtime

setup-models:
	test -n "$(PYTHON)" || { echo "setup: Python 3.11 or later is needed (apt install python3 python3-venv)." >&2; exit 1; }
	$(PYTHON) deploy/dev/setup.py models

setup-dev:
	test -n "$(PYTHON)" || { echo "setup: Python 3.11 or later is needed (apt install python3 python3-venv)." >&2; exit 1; }
	$(PYTHON) deploy/dev/setup.py dev

front: setup
	$(VENV)/python deploy/dev/front.py

# Without Node the server still runs, with a page that says what is missing.
run: setup
	$(VENV)/python deploy/dev/front.py || true
	exec $(VENV)/python -m apps.server.supervisor

test: setup-dev
	$(VENV)/python deploy/dev/test.py $(ONLY)

check: setup-dev
	$(VENV)/python deploy/dev/check.py $(ONLY)

format: setup-dev
	$(VENV)/ruff format .
	$(VENV)/ruff check --fix .
	cd frontend && npm run format

lock: setup-dev
	$(VENV)/python deploy/dev/lock.py

bench: bench-engine bench-web bench-quality bench-inference

bench-engine bench-web bench-quality bench-inference: setup-dev
	$(VENV)/python -m tests.bench $(@:bench-%=%)

clean:
	rm -rf .make .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache frontend/dist frontend/notebook/lapidary/static \
		frontend/notebook/build test-results
