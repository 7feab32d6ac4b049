"""The second implementation shares no code with the filter: it imports the words for errors and reasons, no more."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import offduty.verify.redecide as again

HERE = Path(again.__file__).parent
FILES = sorted(HERE.rglob("*.py"))
SHARED = {"offduty.core.errors", "offduty.core.reasons"}
FORBIDDEN = {"duckdb", "pandas", "polars", "geopandas", "sedonadb"}
HIDDEN_IMPORT = "an import that cannot be read from the source"


def imported(path: Path) -> set[str]:
    """Full names of all modules that a file imports, inside functions too; calls that import become `HIDDEN_IMPORT`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            found.add(node.module or "")
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("__import__", "import_module", "exec", "eval"):
            found.add(HIDDEN_IMPORT)
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(HERE).as_posix())
def test_it_shares_no_code_with_the_filter(path):
    """Of `offduty` it imports the words for errors and reasons, and its own modules."""
    names = imported(path)
    assert HIDDEN_IMPORT not in names
    ours = {name for name in names if name.split(".")[0] in ("offduty", "pipeline")}
    assert {name for name in ours - SHARED if not name.startswith("offduty.verify.redecide")} == set()
    assert {name.split(".")[0] for name in names} & FORBIDDEN == set()


def test_the_files_of_every_folder_are_read():
    """Folders too, and imports are found at all."""
    assert {path.parent.name for path in FILES} >= {"redecide", "decision", "duty", "geofence", "ingest", "outputs"}
    assert set().union(*map(imported, FILES)) >= SHARED


def test_the_filter_does_not_import_it():
    """Only `verify`, the report and the command line do."""
    package = HERE.parents[1]
    users = {
        path.relative_to(package).parts[0]
        for path in package.rglob("*.py")
        if any(name.startswith("offduty.verify.redecide") for name in imported(path))
    }
    assert users <= {"verify", "report", "cli"}
