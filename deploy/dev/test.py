"""Every test: ``make test``. ONLY=engine (or inference, sqlite, postgres, redis, front, browser) runs one part.

All parts run, also after a failure; the exit status says whether all passed. Two lanes of parts run beside each other,
then the browser alone: a page that waits for a busy processor would be measured, not tested.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from importlib.metadata import distribution
from pathlib import Path
from typing import IO

sys.path.insert(0, str(Path(__file__).parent))

import front
from services import Missing, Services, chromium

ROOT = Path(__file__).resolve().parents[2]
# What pytest and hypothesis need themselves: with these on the path and nothing else, no engine test can reach Django.
ENGINE_NEEDS = ("pytest", "hypothesis", "iniconfig", "pluggy", "packaging", "pygments", "sortedcontainers", "attrs")
SERVER = ["tests", *(f"--ignore=tests/{name}" for name in ("engine", "inference", "e2e", "bench"))]


# Where a part of a lane writes, so that two of them do not mix their words; None: to the terminal.
words: ContextVar[IO[bytes] | None] = ContextVar("words", default=None)
said = threading.Lock()


def run(*command: str, cwd: Path = ROOT, extra: dict[str, str] | None = None) -> bool:
    out = words.get()
    environment = {**os.environ, **(extra or {})}
    return subprocess.run(command, cwd=cwd, env=environment, stdout=out, stderr=out, check=False).returncode == 0


def pytest(*arguments: str, **extra: str) -> bool:
    return run(sys.executable, "-m", "pytest", "-q", *arguments, extra=extra)


def engine(services: Services) -> bool:
    """Isolated (-I -S), with a path that holds links to pytest and hypothesis only."""
    with tempfile.TemporaryDirectory(prefix="lapidary-engine-") as folder:
        for name in ENGINE_NEEDS:
            link(name, Path(folder))
        code = (
            f"import sys; sys.path[:0] = [{folder!r}, {str(ROOT)!r}]\n"
            "import importlib.util; assert importlib.util.find_spec('django') is None\n"
            "import pytest; sys.exit(pytest.main(sys.argv[1:]))"
        )
        options = [
            "-q",
            "-c",
            "deploy/dev/engine.ini",
            "--rootdir",
            str(ROOT),
            "--confcutdir",
            "tests/engine",
            "tests/engine",
        ]
        return run(sys.executable, "-I", "-S", "-B", "-c", code, *options)


def link(name: str, folder: Path) -> None:
    """Links the top-level files of an installed distribution into ``folder``."""
    found = distribution(name)
    for top in {Path(file).parts[0] for file in found.files or [] if not str(file).startswith("..")}:
        target = folder / top
        if top != "__pycache__" and not target.exists():
            target.symlink_to(Path(str(found.locate_file(top))))


def inference(services: Services) -> bool:
    """Without Django; one thread, because two on two busy cores take ten times as long as one."""
    return pytest("tests/inference", "-p", "no:django", "-c", "deploy/dev/inference.ini", OMP_NUM_THREADS="1")


def sqlite(services: Services) -> bool:
    return pytest(*SERVER, LAPIDARY_TEST_DB="sqlite")


def postgres(services: Services) -> bool:
    return pytest(*SERVER, LAPIDARY_TEST_DB="postgres", LAPIDARY_TEST_DATABASE_URL=services.postgresql())


def redis(services: Services) -> bool:
    return pytest(
        *SERVER,
        *("-m", "redis"),
        LAPIDARY_TEST_DB="postgres",
        LAPIDARY_TEST_DATABASE_URL=services.postgresql(),
        LAPIDARY_TEST_REDIS_URL=services.redis(),
    )


def front_end(services: Services) -> bool:
    if front.main(packages_only=True):
        return False
    environment = front.node_environment()
    return environment is not None and run("npm", "test", "--silent", cwd=ROOT / "frontend", extra=environment)


def browser(services: Services) -> bool:
    """The pages as they are built, in a real Chromium."""
    found = chromium()
    return front.main(packages_only=False) == 0 and pytest("tests/e2e", LAPIDARY_CHROMIUM=found)


PARTS: dict[str, tuple[str, Callable[[Services], bool]]] = {
    "engine": ("the engine, without Django", engine),
    "inference": ("the inference process, without Django", inference),
    "sqlite": ("the server on SQLite", sqlite),
    "postgres": ("the server on PostgreSQL", postgres),
    "redis": ("Celery against Redis", redis),
    "front": ("the front end's units", front_end),
    "browser": ("the pages in Chromium", browser),
}


LANES = (("engine", "inference", "sqlite"), ("front", "postgres", "redis"))


def one(name: str, services: Services) -> bool:
    """Runs a part and says how it went."""
    title, part = PARTS[name]
    print(f"\ntest: {title}", flush=True)
    began = time.monotonic()
    try:
        passed = part(services)
    except Missing as error:
        print(f"test: {error}", file=sys.stderr, flush=True)
        passed = False
    seconds = time.monotonic() - began
    with said:
        if (out := words.get()) is not None:
            out.seek(0)
            sys.stdout.flush()
            shutil.copyfileobj(out, sys.stdout.buffer)
        print(f"test: {title}: {'passed' if passed else 'FAILED'} in {seconds:.0f} s", flush=True)
    return passed


def lane(names: tuple[str, ...], services: Services) -> list[str]:
    """Runs parts one after the other, each with a file for its words; the names of those that failed."""
    failed = []
    for name in names:
        with tempfile.TemporaryFile() as out:
            words.set(out)
            failed += [] if one(name, services) else [name]
    return failed


def main(names: list[str]) -> int:
    with Services() as services:
        if names:
            failed = [name for name in names if not one(name, services)]
        else:
            with ThreadPoolExecutor(len(LANES)) as threads:
                lanes = [threads.submit(lane, names, services) for names in LANES]
                failed = [name for found in lanes for name in found.result()]
            failed += [] if one("browser", services) else ["browser"]
    print(f"\ntest: {'FAILED: ' + ', '.join(failed) if failed else 'all passed'}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
