"""Ctrl-C and TERM reach Python, whichever library is at work."""

from __future__ import annotations

import pyarrow as pa

from offduty.ingest.duckdb_session import open_engine


def test_arrow_takes_no_signals_for_itself(tmp_path, monkeypatch):
    """It loses one that comes after its last look (Arrow 26): Ctrl-C would not stop a run."""
    said: list[bool] = []
    monkeypatch.setattr(pa, "enable_signal_handlers", said.append)
    with open_engine([], tmp_path, 1, 300):
        assert said == [False]
