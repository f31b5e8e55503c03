"""setuptools, after a look at whether the page is built: a package without it would install, and then show nothing."""

from __future__ import annotations

from pathlib import Path

from setuptools import build_meta
from setuptools.build_meta import get_requires_for_build_editable as get_requires_for_build_editable
from setuptools.build_meta import get_requires_for_build_sdist as get_requires_for_build_sdist
from setuptools.build_meta import get_requires_for_build_wheel as get_requires_for_build_wheel
from setuptools.build_meta import prepare_metadata_for_build_editable as prepare_metadata_for_build_editable
from setuptools.build_meta import prepare_metadata_for_build_wheel as prepare_metadata_for_build_wheel

STATIC = Path(__file__).parent / "lapidary" / "static"
Settings = dict[str, str | list[str] | None] | None


def insist() -> None:
    if not all((STATIC / name).is_file() for name in ("grid.js", "grid.css")):
        raise SystemExit(
            "lapidary/static/ is not built. Run `make front` in the repository, or in its frontend/ "
            "`npm ci --ignore-scripts && npm run build:notebook`, and install again."
        )


def build_wheel(folder: str, settings: Settings = None, metadata: str | None = None) -> str:
    insist()
    return str(build_meta.build_wheel(folder, settings, metadata))


def build_sdist(folder: str, settings: Settings = None) -> str:
    insist()
    return str(build_meta.build_sdist(folder, settings))


def build_editable(folder: str, settings: Settings = None, metadata: str | None = None) -> str:
    """From a checkout that somebody works in, where the page may be built later."""
    return str(build_meta.build_editable(folder, settings, metadata))
