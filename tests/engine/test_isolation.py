from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

ENGINE = Path(__file__).resolve().parents[2] / "workflows"
FORBIDDEN = {"time", "datetime", "random", "secrets", "os", "io", "socket", "uuid", "pathlib", "threading"}


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").split(".")[0])
    return found


def test_engine_imports_only_the_standard_library_without_clock_or_chance() -> None:
    for path in ENGINE.glob("*.py"):
        names = imports(path) - {"workflows"}
        assert names <= set(sys.stdlib_module_names) - FORBIDDEN, path.name


def test_engine_loads_where_no_other_package_can_be_found() -> None:
    """`-S -I` leaves the standard library only; loading the whole engine must not need more."""
    names = ", ".join(sorted(path.stem for path in ENGINE.glob("*.py") if path.stem != "__init__"))
    code = (
        f"import sys; sys.path.insert(0, {str(ENGINE.parent)!r})\n"
        f"from workflows import {names}\n"
        "assert not any(name.split('.')[0] == 'django' for name in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-S", "-I", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
