"""Makes .venv from the lock; runs on a bare Python 3.11, so it may import the standard library only.

python3 deploy/dev/setup.py [runtime | models | dev]
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
# Installed beside the lock, without a hash: which of its builds (CPU, CUDA, which platform) is the machine's to say.
TORCH = "torch==2.13.0"
# Which kinds hold what a kind needs.
HOLDS = {"runtime": ("dev", "models"), "models": ("dev",), "dev": ()}


def main(kind: str) -> int:
    if any(is_done(found, digest(locks(found))) for found in (*HOLDS[kind], kind)):
        return 0
    if sys.version_info < (3, 11):
        return fail(f"Python 3.11 or later is needed; this is {sys.version.split()[0]}.")
    if not usable() and not make_venv():
        return 1
    if not install(locks(kind)) or (kind != "runtime" and not install_torch()):
        return 1
    (VENV / f".{kind}.done").write_text(digest(locks(kind)))
    print(f"setup: .venv is ready ({kind})", flush=True)
    return 0


def locks(kind: str) -> list[Path]:
    """The developers' lock holds everything; who only runs it needs the runtime and the demo's photographs."""
    names = ["dev"] if kind == "dev" else [kind, "demo"]
    return [ROOT / "deploy" / "lock" / f"{name}.txt" for name in names]


def digest(files: list[Path]) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files) + f"{sys.version}{TORCH}".encode()).hexdigest()


def is_done(kind: str, wanted: str) -> bool:
    stamp = VENV / f".{kind}.done"
    return stamp.is_file() and stamp.read_text() == wanted and PYTHON.exists()


def usable() -> bool:
    """Whether .venv has a Python of this version that runs, with pip."""
    if not PYTHON.exists():
        return False
    code = "import sys, pip; print(sys.version)"
    asked = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, check=False)
    return asked.stdout.strip() == sys.version


def make_venv() -> bool:
    print("setup: making .venv", flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    made = subprocess.run([sys.executable, "-m", "venv", VENV], capture_output=True, text=True, check=False)
    if made.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        fail("Python's venv is missing or broken: on Debian and Ubuntu, apt install python3-venv.")
    return made.returncode == 0


def install(files: list[Path]) -> bool:
    """pip with hashes; the locks are complete, so nothing is resolved anew. Its many lines become one bar.

    Nothing is compiled ahead: most modules are never imported, and the others are compiled when they first are.
    """
    lines = [line for file in files for line in file.read_text().splitlines()]
    total = sum(1 for line in lines if "==" in line and not line.startswith(" "))
    print(f"setup: installing {total} packages, the versions and hashes in deploy/lock/", flush=True)
    command = [
        *(PYTHON, "-m", "pip", "install", "--no-deps", "--require-hashes", "--disable-pip-version-check"),
        *("--no-input", "--progress-bar", "off", "--only-binary", ":all:", "--no-compile"),
        *(part for file in files for part in ("-r", str(file))),
    ]
    pip = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert pip.stdout is not None  # noqa: S101 - asked for above
    last = show(pip.stdout, total)
    if pip.wait() == 0:
        return True
    print("\n".join(last), file=sys.stderr)
    fail("pip could not install the packages; its last words are above.")
    return False


def install_torch() -> bool:
    """What is pinned beside it is there already, so only torch comes, and what a CUDA build brings along."""
    print(f"setup: installing {TORCH}", flush=True)
    options = ["--disable-pip-version-check", "--no-input", "--quiet", "--only-binary", ":all:", "--no-compile"]
    if subprocess.run([PYTHON, "-m", "pip", "install", *options, TORCH], check=False).returncode:
        fail(f"pip could not install {TORCH}; its words are above.")
        return False
    return True


def show(lines: Iterable[str], total: int) -> list[str]:
    """Draws the bar as pip speaks. Returns its last lines, for when it fails."""
    seen, last = 0, []
    for line in lines:
        last = [*last[-14:], line.rstrip()]
        if line.startswith(("Collecting", "Requirement already satisfied")):
            seen += 1
            bar(seen, total, line.split()[1].split("==")[0])
        elif line.startswith("Installing collected"):
            bar(total, total, "unpacking")
    if sys.stdout.isatty():
        print(flush=True)
    return last


def bar(done: int, total: int, what: str) -> None:
    done = min(done, total)
    if sys.stdout.isatty():
        filled = 30 * done // total
        print(f"\r  [{'#' * filled}{'.' * (30 - filled)}] {done}/{total} {what[:30]:30}", end="", flush=True)
    elif done % 20 == 0 or done == total:
        print(f"  {done}/{total} {what}", flush=True)


def fail(text: str) -> int:
    print(f"setup: {text}", file=sys.stderr, flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "runtime"))
