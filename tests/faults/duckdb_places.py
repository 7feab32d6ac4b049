"""Makes DuckDB fail at one place of the code, and says at which places the code asks it.

A place is ``module.function``, from the folder on: the innermost function of the project that asks something. Nothing
here depends on a clock or on a signal: the error is raised where DuckDB would raise it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb

from offduty.duty import timeline
from tests.paths import ROOT

PIPELINE = ROOT / "pipeline"
ASKING = "core/duckdb_connection.py"
"""Passes on what it is asked: the place is the function that asked it."""
ASKED = ("execute", "sql", "ask", "showing", "register")
MADE_OF_AN_INTERRUPT: dict[str, Callable[[], Exception]] = {
    "a query": lambda: RuntimeError("Query interrupted"),
    "a query on another thread": lambda: duckdb.InterruptException("INTERRUPT Error: Interrupted!"),
    "a table of Arrow": lambda: duckdb.InvalidInputException(
        "Invalid Input Error: counting the rows of the object registered as 'x' failed: KeyboardInterrupt: "
    ),
    "a stream of Arrow": lambda: duckdb.InvalidInputException(
        "Invalid Input Error: reading the stream registered as 'x' failed: Unknown error: . Detail: Python exception:"
        ' Traceback (most recent call last):\n  File "reader.py", line 1, in batches\nKeyboardInterrupt\n'
    ),
}
"""What DuckDB (2.0) makes of an interrupt, by what it is doing; each was seen."""


def places_in_code() -> set[str]:
    """The places at which the code asks a connection something: every function with such a call."""
    return {place for file in sorted(PIPELINE.rglob("*.py")) if "verify" not in file.parts for place in _places(file)}


def _places(file: Path) -> Iterator[str]:
    name = file.relative_to(PIPELINE).as_posix()
    text = file.read_text(encoding="utf-8")
    if name == ASKING or "duckdb" not in text.lower():
        return
    for function in ast.walk(ast.parse(text)):
        calls = (node for node in ast.walk(function) if isinstance(node, ast.Call))
        if isinstance(function, ast.FunctionDef) and any(_asks(call.func) for call in calls):
            yield f"{name.removesuffix('.py').replace('/', '.')}.{function.name}"


def _asks(called: ast.expr) -> bool:
    """Whether ``con.ask`` and the like is called; `atexit.register` is not about a database."""
    if not isinstance(called, ast.Attribute) or called.attr not in ASKED:
        return False
    return ast.unparse(called.value).split(".")[-1] in ("con", "own")


def _place() -> str:
    frame = sys._getframe(2)
    while frame is not None:
        path = frame.f_code.co_filename
        _, inside, file = path.replace("/offduty/", "/pipeline/").rpartition("/pipeline/")
        function = frame.f_code.co_name
        if inside and (PIPELINE / file).is_file() and file != ASKING and not function.startswith("<"):
            return f"{file.removesuffix('.py').replace('/', '.')}.{function}"
        frame = frame.f_back
    return ""


class _Failing:
    """A connection that fails at a place; else it does what it is told."""

    def __init__(self, con: Any, asked_at: Callable[[str], None]) -> None:
        self._con, self._asked_at = con, asked_at

    def cursor(self) -> _Failing:
        return _Failing(self._con.cursor(), self._asked_at)

    def __enter__(self) -> _Failing:
        return self

    def __exit__(self, *_: object) -> None:
        self._con.close()

    def __getattr__(self, name: str) -> Any:
        asked = getattr(self._con, name)
        if name not in ASKED:
            return asked

        def asking(*arguments: Any, **options: Any) -> Any:
            self._asked_at(_place())
            return asked(*arguments, **options)

        return asking


@contextmanager
def failing_at(place: str, error: Callable[[], Exception]) -> Iterator[set[str]]:
    """Every database that is opened meanwhile fails each time that it is asked at this place. Gives the places at which
    one was asked.
    """
    seen: set[str] = set()
    connect = duckdb.connect

    def asked_at(here: str) -> None:
        seen.add(here)
        if here == place:
            raise error()

    timeline._database.cache_clear()  # one for the whole process
    try:
        with mock.patch.object(duckdb, "connect", lambda *a, **o: _Failing(connect(*a, **o), asked_at)):
            yield seen
    finally:
        timeline._database.cache_clear()
