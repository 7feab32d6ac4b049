"""Keeps the rooms apart: who may import whom, and which library has its door where."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import pipeline

HOME = Path(pipeline.__file__).parent
ROOMS = {path.stem: path for path in HOME.glob("*.py")} | {
    path.name: path / "__init__.py" for path in HOME.iterdir() if (path / "__init__.py").exists()
}
FLOORS = [
    {
        "errors",
        "reasons",
        "refusal",
        "degrees",
        "documents",
        "columns",
        "files",
        "addresses",
        "merkle",
        "keys",
        "notes",
    },
    {"instants", "coded", "sweep", "contracts", "policy", "pseudonym", "grid", "legs", "areas", "entries"},
    {"roster", "custody", "duty", "fences", "timeline", "decide", "job"},
    {
        "ping_columns",
        "settling",
        "databases",
        "objects",
        "scratch",
        "copies",
        "sources",
        "engine",
        "log",
        "signing",
        "spool",
        "texts",
        "references",
        "ping_files",
        "release",
    },
    {
        "extras",
        "ledger",
        "quarantine",
        "retention",
        "store",
        "mirror",
        "proofs",
        "flow",
        "days",
        "lineage_columns",
        "manifest",
        "changes",
        "superseding",
        "invariants",
        "outputs",
        "init",
        "synth",
        "engines",
    },
    {
        "run_job",
        "follow",
        "lineage",
        "backfill",
        "plan",
        "on_dagster",
        "expire",
        "rotate",
        "verify",
        "report",
        "write_schemas",
    },
    {"attack"},
    {"cli", "__main__", "__init__"},
]
PURE = {"sweep", "coded", "instants", "grid", "legs", "roster", "custody", "duty", "fences", "timeline", "decide", "ping_columns",
        "settling"}  # fmt: skip
DOORS = {
    "shapely": {"areas", "manifest", "verify"},
    "pyproj": {"areas", "manifest", "verify"},
    "click": {"cli"},
    "cryptography": {"keys"},
    "yaml": {"contracts"},
    "openlineage": {"lineage"},
    "adbc_driver_postgresql": {"databases"},
    "adbc_driver_manager": {"databases"},
    "obstore": {"objects"},
    "botocore": {"objects"},
    "google": {"objects"},
    "dagster": {"on_dagster"},
    "pyspark": {"engines"},
    "duckdb": {
        "engine",
        "timeline",
        "ping_columns",
        "ping_files",
        "references",
        "settling",
        "texts",
        "flow",
        "superseding",
    },
}


def _imports(room: str) -> set[str]:
    """The modules a room imports, by their full names; what is imported for types alone counts too."""
    files = (
        [ROOMS[room]]
        if ROOMS[room].name != "__init__.py" or room == "__init__"
        else list(ROOMS[room].parent.rglob("*.py"))
    )
    found: set[str] = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _rooms(room: str) -> set[str]:
    parts = {name.split(".")[1] for name in _imports(room) if name.startswith("pipeline.")}
    return {part for part in parts if part in ROOMS and part != room}


def _floor(room: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if room in rooms)


def test_every_room_has_a_floor() -> None:
    """A new module must be given its place here."""
    assert set(ROOMS) == set().union(*FLOORS)


@pytest.mark.parametrize("room", sorted(set(ROOMS) - {"__init__"}))
def test_imports_go_down_or_along(room: str) -> None:
    """Nothing imports a floor above its own."""
    assert {other for other in _rooms(room) if _floor(other) > _floor(room)} == set()


def test_no_two_rooms_import_each_other() -> None:
    """Along a floor there is an order: the imports have no cycle."""
    left = {room: _rooms(room) for room in ROOMS if room != "__init__"}
    while left:
        free = {room for room, others in left.items() if not others & set(left)}
        assert free, f"a cycle among {sorted(left)}"
        left = {room: others for room, others in left.items() if room not in free}


@pytest.mark.parametrize("room", sorted(PURE))
def test_deciding_rooms_see_no_file_and_no_store(room: str) -> None:
    """What decides takes tables and gives tables."""
    doors = {
        "engine",
        "sources",
        "texts",
        "references",
        "ping_files",
        "spool",
        "release",
        "ledger",
        "quarantine",
        "store",
        "log",
        "signing",
        "retention",
        "proofs",
        "files",
        "objects",
        "scratch",
        "copies",
        "mirror",
    }
    assert _rooms(room) & doors == set()


@pytest.mark.parametrize("room", ["merkle", "keys", "notes"])
def test_what_the_auditor_builds_on_knows_nothing_of_the_filter(room: str) -> None:
    """Trees and notes are for both sides, so they lean on neither."""
    assert _rooms(room) <= {"errors", "keys"}


@pytest.mark.parametrize("library", sorted(DOORS))
def test_a_library_has_its_doors(library: str) -> None:
    """Where a library is used can be read off here."""
    users = {room for room in ROOMS if any(name.split(".")[0] == library for name in _imports(room))}
    assert users <= DOORS[library]


def test_verify_is_a_second_pair_of_hands() -> None:
    """It may know the documents, the words and the formats that are published; nothing that reads, decides or writes."""
    assert _rooms("verify") <= {"errors", "reasons", "job", "policy", "pseudonym", "merkle", "notes"}
    assert not any(name.startswith(("duckdb", "pandas")) for name in _imports("verify"))
