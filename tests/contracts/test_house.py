"""What the house asks of every file: its size, its words, its place."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILE_LINES = 400
FUNCTION_LINES = 40
TOP = {"apps", "deploy", "frontend", "tests", "workflows"}
TOP_FILES = {"CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "README.md", "manage.py", "pyproject.toml"}
# Spelled in two halves, so that this file passes its own test.
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b|for " + r"now\b")


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True)
    return [ROOT / name for name in listed.stdout.decode().splitlines() if (ROOT / name).is_file()]


def python_files() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".py" and "migrations" not in path.parts]


def front_end_files() -> list[Path]:
    return [path for path in tracked() if path.suffix in (".ts", ".tsx") and path.name != "schema.d.ts"]


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Names and lengths of bodies: a long list of named parameters or a full docstring is no complexity."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            has_docstring = ast.get_docstring(node) is not None and len(node.body) > 1
            yield node.name, (node.end_lineno or node.lineno) - node.body[has_docstring].lineno + 1


def test_no_file_is_longer_than_its_budget() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in [*python_files(), *front_end_files()]}
    assert {str(path.relative_to(ROOT)): n for path, n in lengths.items() if n > FILE_LINES} == {}


def test_no_function_is_longer_than_its_budget() -> None:
    long = {
        f"{path.relative_to(ROOT)}:{name}": lines
        for path in python_files()
        for name, lines in functions(path)
        if lines > FUNCTION_LINES
    }
    assert long == {}


def test_every_module_postpones_annotations() -> None:
    missing = [
        str(path.relative_to(ROOT))
        for path in python_files()
        if path.read_text().strip()
        and any(not isinstance(node, ast.Expr) for node in ast.parse(path.read_text()).body)
        and "from __future__ import annotations" not in path.read_text()
    ]
    assert missing == []


def test_the_top_level_holds_only_what_the_design_names() -> None:
    names = {path.relative_to(ROOT).parts for path in tracked()}
    folders = {parts[0] for parts in names if len(parts) > 1 and not parts[0].startswith(".")}
    files = {parts[0] for parts in names if len(parts) == 1 and not parts[0].startswith(".")}
    assert folders <= TOP
    assert files <= TOP_FILES


def test_nothing_is_left_unfinished() -> None:
    suffixes = {".py", ".ts", ".tsx", ".md", ".yaml", ".yml", ".toml", ".sh", ".css", ".html"}
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked()
        if path.suffix in suffixes or path.name in ("Makefile", "Dockerfile")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if UNFINISHED.search(line)
    ]
    assert found == []


# Real images with labels that lie beside the project on some machines and are no part of it: these say so and skip.
NEED_PHOTOGRAPHS = {"tests/walks/test_bccd.py", "tests/walks/test_quality.py", "tests/apps/labels/test_formats.py"}


def test_no_test_is_skipped_or_expected_to_fail() -> None:
    marks = re.compile(r"pytest\.(skip|xfail|importorskip)\b|mark\.(skip|skipif|xfail)\b")
    found = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "tests").rglob("*.py")
        if path != Path(__file__) and marks.search(path.read_text())
    }
    assert found <= NEED_PHOTOGRAPHS


@pytest.mark.parametrize("name", ["runtime", "models", "demo", "dev", "node"])
def test_locks_have_hashes_and_name_no_place(name: str) -> None:
    lines = (ROOT / "deploy" / "lock" / f"{name}.txt").read_text().splitlines()
    assert [line for line in lines if re.search(r"://|\s@\s|^-|^--(?!hash)|/(opt|home|tmp|work)/", line)] == []
    pinned = [line for line in lines if line and not line.startswith(" ")]
    assert pinned
    assert [line for line in pinned if not re.fullmatch(r"[A-Za-z0-9._-]+==\S+ \\", line)] == []


def test_the_runtime_stays_small() -> None:
    lines = [
        line
        for name in ("runtime", "demo")
        for line in (ROOT / "deploy" / "lock" / f"{name}.txt").read_text().splitlines()
    ]
    names = {line.split("==")[0].lower() for line in lines if "==" in line}
    assert len(names) <= 80
    assert names.isdisjoint({"torch", "onnx", "onnxruntime", "segment-anything", "opencv-python", "datumaro", "pandas"})
