"""What is interrupted says so, whichever library was at work."""

from __future__ import annotations

import pyarrow as pa
import pytest

from offduty.ingest.duckdb_session import open_engine
from offduty.runs.resources import interruptible


@pytest.mark.parametrize("words", ["INTERRUPT Error: Interrupted!", "Invalid Input Error: KeyboardInterrupt: <EMPTY>"])
def test_what_duckdb_says_of_an_interrupt_is_one(words):
    """In a query, and while it looks at a table of Arrow's (DuckDB 2.0)."""
    with pytest.raises(KeyboardInterrupt), interruptible():
        raise RuntimeError(words)


def test_any_other_failure_stays_what_it_is():
    """It is a bug, and is to be seen."""
    with pytest.raises(RuntimeError, match="corrupt"), interruptible():
        raise RuntimeError("corrupt")


def test_arrow_takes_no_signals_for_itself(tmp_path, monkeypatch):
    """It loses one that comes after its last look (Arrow 26): Ctrl-C would not stop a run."""
    said: list[bool] = []
    monkeypatch.setattr(pa, "enable_signal_handlers", said.append)
    with open_engine([], tmp_path, 1, 300):
        assert said == [False]
