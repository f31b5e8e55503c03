"""Everything that can be said about the code without running it: ``make check``. ONLY=name runs one step.

Each step is named with its time; all run, and the exit status says whether all passed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
CODE = ["apps", "workflows", "tests", "deploy", "manage.py", "frontend/notebook"]
SETTINGS = {"DJANGO_SETTINGS_MODULE": "apps.server.settings.test", "LAPIDARY_TEST_DB_SUFFIX": "check"}


def run(*command: str, cwd: Path = ROOT, extra: dict[str, str] | None = None) -> bool:
    return subprocess.run(command, cwd=cwd, env={**os.environ, **(extra or {})}, check=False).returncode == 0


def formatted() -> bool:
    return run(str(BIN / "ruff"), "format", "--check", *CODE)


def linted() -> bool:
    return run(str(BIN / "ruff"), "check", *CODE)


def typed() -> bool:
    return run(str(BIN / "mypy"))


def imports() -> bool:
    return run(str(BIN / "lint-imports"), "--no-logo")


def migrations() -> bool:
    return run(sys.executable, "manage.py", "makemigrations", "--check", "--dry-run", extra=SETTINGS)


def django() -> bool:
    return run(sys.executable, "manage.py", "check", extra=SETTINGS)


def deployable() -> bool:
    """Django's own list for production, on settings as they would be there. It connects to nothing."""
    environment = {
        "DJANGO_SETTINGS_MODULE": "apps.server.settings.production",
        "LAPIDARY_SECRET_KEY": "".join(chr(33 + 7 * i % 90) for i in range(60)),
        "LAPIDARY_URL": "https://labels.example.org",
        "LAPIDARY_DATABASE_URL": "postgresql://lapidary@database/lapidary",
        "LAPIDARY_REDIS_URL": "redis://redis:6379/0",
        "LAPIDARY_HSTS_SUBDOMAINS": "1",
        "LAPIDARY_HSTS_PRELOAD": "1",
    }
    return run(sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING", extra=environment)


def budgets() -> bool:
    return run(sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "tests/contracts/test_house.py")


def front_end() -> bool:
    if not run(sys.executable, "deploy/dev/front.py", "--packages"):
        return False
    sys.path.insert(0, str(ROOT / "deploy" / "dev"))
    import front

    environment = front.node_environment()
    if environment is None:
        return False
    # The schema is read from the code, without a home of its own.
    asked = environment | {"DJANGO_SETTINGS_MODULE": "apps.server.settings.test"}
    steps = ("check", "api:check")
    return all(run("npm", "run", "--silent", step, cwd=ROOT / "frontend", extra=asked) for step in steps)


def dockerfile() -> bool:
    return run(str(BIN / "hadolint"), "--config", "deploy/hadolint.yaml", "deploy/Dockerfile")


def compose() -> bool:
    """docker-compose reads the file, with made-up secrets. Nothing is started."""
    command = compose_command()
    if command is None:
        print("SKIPPED: no docker-compose here, and none can be installed", flush=True)
        return True
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "deploy")
        shutil.copytree(ROOT / "deploy", copy)
        shutil.copy(copy / "env.example", copy / ".env")
        return run(*command, "-f", str(copy / "compose.yaml"), "config", "--quiet", cwd=copy)


def compose_command() -> list[str] | None:
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    if shutil.which("docker") and run("docker", "compose", "version"):
        return ["docker", "compose"]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "docker-compose")
    return ["docker-compose"] if shutil.which("docker-compose") else None


STEPS: dict[str, Callable[[], bool]] = {
    "format": formatted,
    "lint": linted,
    "types": typed,
    "imports": imports,
    "migrations": migrations,
    "django": django,
    "deployable": deployable,
    "budgets": budgets,
    "front-end": front_end,
    "dockerfile": dockerfile,
    "compose": compose,
}


def main(names: list[str]) -> int:
    failed = []
    for name in names or list(STEPS):
        print(f"check: {name}", flush=True)
        began = time.monotonic()
        passed = STEPS[name]()
        print(f"check: {name} {'passed' if passed else 'FAILED'} in {time.monotonic() - began:.1f} s", flush=True)
        if not passed:
            failed.append(name)
    print(f"check: {'FAILED: ' + ', '.join(failed) if failed else 'all passed'}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
