"""Checks what import contracts and ruff cannot say of the layout; `make lint` runs it: `python -m tools.check_layout`.

Each finding is one line on standard output; the exit code is 1 if there is any.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TypeGuard

import grimp

import offduty

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "pipeline"
SPECIFICATION = ROOT / "docs" / "explanation" / "specification.md"
THREAT_MODEL = ROOT / "docs" / "explanation" / "threat-model.md"
FLAT = {"__init__.py", "__main__.py", "py.typed"}
LONGEST_CHAIN = 17
"""Modules that import each other in a row, from the command line down."""
MOST_FUNCTION_IMPORTS = 20
OPTIONAL = {
    "adbc_driver_manager",
    "adbc_driver_postgresql",
    "bokeh",
    "botocore",
    "dagster",
    "geopandas",
    "google",
    "obstore",
    "openlineage",
    "pyrage",
    "pyspark",
    "matplotlib",
    "scipy",
    "sklearn",
    "threadpoolctl",
}
"""Heavy libraries of extras: only these, and modules of ours that need them, may be imported within a function."""
MOST_FMT_SKIPS = 10


def main() -> int:
    """Print every finding; 1 if there is any."""
    checks = (
        flat_files,
        chains,
        function_imports,
        format_exceptions,
        class_names,
        public_names,
        folder_name,
        citations,
    )
    found = [finding for check in checks for finding in check()]
    for finding in found:
        print(finding)
    print(f"{len(checks)} checks of the layout, {len(found)} findings")
    return 1 if found else 0


def flat_files() -> Iterator[str]:
    """Every module stands in a folder, and every folder is a package."""
    for path in sorted(PACKAGE.iterdir()):
        if path.is_file() and path.name not in FLAT:
            yield f"{path.relative_to(ROOT)}: lies flat in the package; put it into a folder"
    for folder in sorted({path.parent for path in PACKAGE.rglob("*.py")}):
        if not (folder / "__init__.py").exists():
            yield f"{folder.relative_to(ROOT)}: has no __init__.py that says what the folder is for"


def chains() -> Iterator[str]:
    """No two modules import each other, not even through others, and no chain of imports is too long."""
    graph = grimp.build_graph("offduty", exclude_type_checking_imports=False, cache_dir=None)
    imports = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}

    @cache
    def longest(name: str) -> tuple[str, ...]:
        below = [longest(other) for other in sorted(imports[name])]
        return (name, *max(below, key=len, default=()))

    try:
        chain = max((longest(name) for name in sorted(imports)), key=len)
    except RecursionError:
        yield "a circle of imports: `lint-imports` names it where folders are concerned"
        return
    if len(chain) > LONGEST_CHAIN:
        yield f"a chain of {len(chain)} imports ({LONGEST_CHAIN} at most): {' -> '.join(chain)}"


def function_imports() -> Iterator[str]:
    """An import within a function costs the reader a surprise; it is for heavy libraries that may be missing."""
    found = list(_function_imports())
    for path, line, name in found:
        if name.split(".")[0] not in OPTIONAL and not _needs_an_extra(name):
            yield f"{path.relative_to(ROOT)}:{line}: imports {name} within a function, and it is no optional library"
    places = {(path, line) for path, line, _ in found}
    if len(places) > MOST_FUNCTION_IMPORTS:
        yield f"{len(places)} imports within functions ({MOST_FUNCTION_IMPORTS} at most)"


def _function_imports() -> Iterator[tuple[Path, int, str]]:
    for path, tree in _modules():
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        found = {node.lineno: node for function in functions for node in ast.walk(function) if _is_import(node)}
        for line, node in sorted(found.items()):
            yield from ((path, line, name) for name in _imported(node))


def _is_import(node: ast.AST) -> TypeGuard[ast.Import | ast.ImportFrom]:
    return isinstance(node, ast.Import | ast.ImportFrom)


def _imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]


def _needs_an_extra(module: str) -> bool:
    """Whether a module of ours imports an optional library at its top, and so may be imported where it is wanted."""
    path = PACKAGE.joinpath(*module.split(".")[1:]).with_suffix(".py")
    if not module.startswith("offduty.") or not path.exists():
        return False
    tops = [name for node in ast.parse(_read(path)).body if _is_import(node) for name in _imported(node)]
    return any(name.split(".")[0] in OPTIONAL for name in tops)


def format_exceptions() -> Iterator[str]:
    """The formatter lays the code out."""
    files = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    sign = "fmt: " + "skip"
    found = sum(
        _read(ROOT / name).count(sign) for name in files.split("\n") if name and name != "tools/check_layout.py"
    )
    if found > MOST_FMT_SKIPS:
        yield f"`{sign}` stands {found} times ({MOST_FMT_SKIPS} at most)"


def class_names() -> Iterator[str]:
    """One class name, one thing."""
    places: dict[str, list[str]] = defaultdict(list)
    for path, tree in _modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(str(path.relative_to(ROOT)))
    for name, files in sorted(places.items()):
        if len(files) > 1:
            yield f"class {name} is the name of {len(files)} things: {', '.join(files)}"


def public_names() -> Iterator[str]:
    """A name that `offduty` gives to library users is not the name of a folder, which would take its place (ADR 8)."""
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    for name in sorted(set(offduty.__all__) & folders):
        yield f"offduty.{name} is a public name, and a folder of the package"


def folder_name() -> Iterator[str]:
    """The code is imported as offduty, and under no other name (ADR 8)."""
    sign = re.compile(r"^\s*(from|import)\s+pipeline\b", re.MULTILINE)
    for folder in ("pipeline", "tests", "benchmarks", "tools", "docs", "examples"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "node_modules" not in path.parts and sign.search(_read(path)):
                yield f"{path.relative_to(ROOT)}: imports pipeline; the code is imported as offduty"


def citations() -> Iterator[str]:
    """What cites the specification or the threat model leads to an anchor that is there."""
    pages = {"specification": _anchors(SPECIFICATION), "threat-model": _anchors(THREAT_MODEL)}
    sources = [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.sql"), *(ROOT / "schemas").iterdir()]
    for path in sorted(sources):
        text = _read(path)
        for page, anchor in re.findall(r"\b(specification|threat-model)#([a-z0-9-]+)", text):
            if anchor not in pages[page]:
                yield f"{path.relative_to(ROOT)}: cites {page}#{anchor}, which is not there"
        for old in re.findall(r"\b(?:SPEC|THREATS|LAYOUT|ANALYSES) \d+", text):
            yield f"{path.relative_to(ROOT)}: cites {old}; name the anchor, such as specification#duty-rule"


def _anchors(page: Path) -> set[str]:
    return set(re.findall(r'<a id="([^"]+)"', _read(page)))


@cache
def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def _modules() -> tuple[tuple[Path, ast.Module], ...]:
    return tuple((path, ast.parse(_read(path))) for path in sorted(PACKAGE.rglob("*.py")))


if __name__ == "__main__":
    sys.exit(main())
