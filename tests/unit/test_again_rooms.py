"""The second implementation is other hands: it imports nothing of the filter but words, and asks no database."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import offduty.verify.redecide as again

HERE = Path(again.__file__).parent
WORDS = {"offduty.core.errors", "offduty.core.reasons"}
FORBIDDEN = {"duckdb", "pandas", "polars", "geopandas", "sedonadb"}


def imported(path: Path) -> set[str]:
    """Full names of all modules that a file imports, inside functions too, and what stands in calls that import."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            found.add(node.module or "")
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("__import__", "import_module", "exec", "eval"):
            found.add("what nobody can read off")
    return found


@pytest.mark.parametrize("path", sorted(HERE.glob("*.py")), ids=lambda path: path.stem)
def test_it_shares_no_code_with_the_filter(path):
    """Of `pipeline` it imports the words for errors and reasons, and itself."""
    names = imported(path)
    assert "what nobody can read off" not in names
    ours = {name for name in names if name.split(".")[0] == "pipeline"}
    assert {name for name in ours if name not in WORDS and not name.startswith("offduty.verify.redecide")} == set()
    assert {name.split(".")[0] for name in names} & FORBIDDEN == set()


def test_the_filter_does_not_import_it():
    """Nor does it lean on it: no room outside `verify` and the command line knows of it."""
    package = HERE.parents[1]
    users = {
        path.relative_to(package).parts[0]
        for path in package.rglob("*.py")
        if any(name.startswith("offduty.verify.redecide") for name in imported(path))
    }
    assert users <= {"verify", "report", "cli"}
