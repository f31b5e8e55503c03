"""The real cleanlab and fiftyone-brain, in a virtual environment of their own that is thrown away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

PACKAGES = {"cleanlab": ["cleanlab", "pandas"], "fiftyone": ["fiftyone", "fiftyone-brain"]}
INSTALL_SECONDS, RUN_SECONDS = 240, 240
CHILD = Path(__file__).with_name("quality_peer_child.py")


class Peers:
    """Installs a peer when it is first asked; one that cannot be had answers None, and says so once.

    LAPIDARY_BENCH_PEERS names a folder in which environments are kept for the next run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(os.environ.get("LAPIDARY_BENCH_PEERS", folder))
        self.pythons: dict[str, Path | None] = {}

    def ask(self, name: str, task: str, **arrays: Any) -> float | None:
        """CPU seconds that the peer needs for ``arrays``, scaled up where it measured a part."""
        if name not in self.pythons:
            self.pythons[name] = self._install(name)
        python = self.pythons[name]
        if python is None:
            return None
        given = self.folder / f"{name}-{task}.npz"
        np.savez(given, **arrays)
        command = [str(python), str(CHILD), name, task, str(given)]
        kept = {
            key: value for key, value in os.environ.items() if not key.startswith(("LAPIDARY_", "DJANGO_", "PYTHON"))
        }
        try:
            done = subprocess.run(
                command, env=kept, cwd=self.folder, capture_output=True, text=True, timeout=RUN_SECONDS, check=True
            )
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            print(f"  {name} could not do {task}: {str(error.stderr or error).strip().splitlines()[-1]}")
            return None
        finally:
            given.unlink()
        return float(json.loads(done.stdout.strip().splitlines()[-1])["cpu"])

    def _install(self, name: str) -> Path | None:
        home = self.folder / name
        python = home / "bin" / "python"
        if (home / ".done").exists():
            return python
        print(f"  installing {name} beside", flush=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--only-binary", ":all:", "--disable-pip-version-check"]
        try:
            for command in ([sys.executable, "-m", "venv", str(home)], [*pip, *PACKAGES[name]]):
                subprocess.run(command, capture_output=True, timeout=INSTALL_SECONDS, check=True)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            print(f"  {name} does not install here")
            return None
        (home / ".done").touch()
        return python
