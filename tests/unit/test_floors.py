"""Reads the imports and keeps the floors: they only go down, no two rooms import each other, and a library has one door."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import pipeline

HERE = Path(pipeline.__file__).parent

# Rooms of a floor may use each other, as long as there is no circle. A folder is one room.
FLOORS = {
    0: "errors reasons refusal columns documents",
    1: "instants coded sweep contracts policy pseudonym grid areas roster",
    2: "custody duty timeline legs decide fences ping_columns settling",
    3: "job sources engine texts references ping_files extras release ledger quarantine spool flow manifest log store outputs",
    4: "run_job init write_schemas synth",
    5: "cli",
}
FLOOR = {room: floor for floor, rooms in FLOORS.items() for room in rooms.split()}

# Who may import a library. `duckdb` may stand in a room's types without its being used there.
DOORS = {
    "shapely": {"areas", "manifest"},
    "pyproj": {"areas", "manifest"},
    "click": {"cli"},
    "duckdb": {"engine", "timeline", "settling", "texts", "references", "ping_columns", "ping_files", "flow"},
    "pydantic": {"documents", "policy", "job", "init", "write_schemas"},
    "pydantic_core": {"documents", "policy", "job"},
    "yaml": {"contracts", "write_schemas"},
    "hmac": {"pseudonym"},
    "zoneinfo": {"instants", "job", "policy", "synth"},
    "fcntl": {"store"},
    "pandas": set(),
    "polars": set(),
    "geopandas": set(),
}
RULES = "roster areas sweep coded grid custody duty timeline legs decide"
"""The rooms that decide: arrays in, arrays out. They open nothing and know nobody who does."""
FORBIDDEN_TO_RULES = {"pyarrow.parquet", "os", "shutil", "tempfile", "pathlib", "io", "socket", "subprocess", "logging"}


def room_of(path: Path) -> str:
    """The room a file belongs to; the package's own front is none."""
    first = path.relative_to(HERE).parts[0]
    return first.removesuffix(".py")


def files() -> list[Path]:
    """The modules of the package but its front and `python -m`."""
    return [path for path in sorted(HERE.rglob("*.py")) if room_of(path) not in ("__init__", "__main__")]


def imports(path: Path, *, types_too: bool = False) -> set[str]:
    """Full names of the modules that a file imports, inside functions too; those for the type checker alone if asked."""
    found: set[str] = set()
    todo: list[ast.AST] = [ast.parse(path.read_text())]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING" and not types_too:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} has a relative import"
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        todo.extend(ast.iter_child_nodes(node))
    return found


def rooms_used(path: Path, *, types_too: bool = False) -> set[str]:
    """The other rooms that a file imports."""
    names = (name.split(".") for name in imports(path, types_too=types_too))
    return {parts[1] for parts in names if parts[0] == "pipeline" and len(parts) > 1 and parts[1] in FLOOR} - {
        room_of(path)
    }


def libraries_used(path: Path) -> set[str]:
    """The first names of everything else that a file imports."""
    return {name.split(".")[0] for name in imports(path)} - {"pipeline"}


def test_every_room_has_a_floor():
    """And every room of the table is there."""
    assert {room_of(path) for path in files()} == set(FLOOR)


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(HERE)))
def test_imports_go_down_or_sideways(path):
    """Never up; also not for types."""
    up = {room for room in rooms_used(path, types_too=True) if FLOOR[room] > FLOOR[room_of(path)]}
    assert up == set()


def test_no_two_rooms_import_each_other():
    """Nor any circle of rooms; nor any circle of modules within a room of several."""
    for name in (room_of, lambda path: ".".join(path.relative_to(HERE).with_suffix("").parts)):
        graph: dict[str, set[str]] = {}
        known = {name(path) for path in files()}
        for path in files():
            used = {used.removeprefix("pipeline.") for used in imports(path, types_too=True)}
            used |= {used.partition(".")[0] for used in used} if name is room_of else set()
            graph.setdefault(name(path), set()).update((used & known) - {name(path)})
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as circle:
            pytest.fail(f"a circle: {circle.args[1]}")


@pytest.mark.parametrize("library", DOORS)
def test_a_library_has_one_door(library):
    """Who imports it, and nobody else."""
    assert {room_of(path) for path in files() if library in libraries_used(path)} <= DOORS[library]


@pytest.mark.parametrize(
    "path", [p for p in files() if room_of(p) in RULES.split()], ids=lambda p: str(p.relative_to(HERE))
)
def test_rules_know_no_door_to_the_world(path):
    """No file, no store, no job; `timeline` asks an engine in memory, and opens nothing with it."""
    assert {room for room in rooms_used(path) if FLOOR[room] >= 3} == set()
    assert imports(path) & FORBIDDEN_TO_RULES == set()
    called = {node.func.id for node in ast.walk(ast.parse(path.read_text())) if is_call(node)}
    assert called & {"open", "print", "input", "exec", "eval"} == set()


def is_call(node: ast.AST) -> bool:
    """A call of a plain name."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)


@pytest.mark.parametrize("path", [p for p in files() if room_of(p) != "cli"], ids=lambda p: str(p.relative_to(HERE)))
def test_only_the_command_line_prints(path):
    """Nobody else prints, echoes, logs, warns or writes to the standard streams (SPEC 9)."""
    tree = ast.parse(path.read_text())
    assert {node.func.id for node in ast.walk(tree) if is_call(node)} & {"print"} == set()
    attributes = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert attributes & {"sys.stderr", "sys.stdout", "click.echo", "warnings.warn"} == set()
    assert libraries_used(path) & {"logging"} == set()


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(HERE)))
def test_a_file_opens_with_one_sentence(path):
    """What this room is for."""
    docstring = ast.get_docstring(ast.parse(path.read_text())) or ""
    first = docstring.partition("\n\n")[0]
    assert first.endswith((".", ").", ":")), path.name


LOADED = "import sys; from pipeline.cli import cli; cli(['--help'], standalone_mode=False); print(*sys.modules, file=sys.stderr)"


def test_help_loads_nothing_big():
    """Nor does the package itself: a look at the help costs nothing."""
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, timeout=60, check=True)
    assert "Usage:" in done.stdout
    loaded = set(done.stderr.split())
    assert "pipeline.cli" in loaded
    assert (
        loaded & {"pandas", "numpy", "duckdb", "pyarrow", "shapely", "pyproj", "pydantic", "yaml", "cryptography"}
        == set()
    )


RUN = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from world import lay_out, ping, world
job = lay_out(world([ping("08:30"), ping("nonsense"), ping("12:00", "home")]), Path({folder!r}), form={form!r})
from pipeline import run
result = run(job, as_of="2026-12-31")
print(result.counts["on_duty"], *sys.modules)
"""


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_run_does_not_wake_pandas(tmp_path, form):
    """It takes a second to load; duckdb, pyarrow and numpy may all wake it by asking whether it is wanted."""
    code = RUN.format(tests=str(Path(__file__).parent.parent), folder=str(tmp_path / "job"), form=form)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    released, *loaded = done.stdout.split()
    assert released == "1"
    assert "duckdb" in loaded
    assert {"pandas", "geopandas", "polars"} & set(loaded) == set()
