"""Makes logs for tests, of entries without outputs, and reads the kinds of entries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from offduty.core.canonical_json import canonical_json
from offduty.transparency.log import entry_bytes, entry_name, read_log
from offduty.transparency.signed_note import SigningKey

RUN: dict[str, Any] = {
    "kind": "run",
    "run_id": "a",
    "question": "0",
    "interval": {"from": "", "to": ""},
    "as_of": "2026-03-09T00:00:00Z",
    "policy": {"policy": {"timezone": "UTC"}},
    "policy_sha256": "0" * 64,
    "keys": {},
    "outputs": [{"name": "ledger/part-00000.parquet", "sha256": "0" * 64, "bytes": 1, "rows": 0}],
    "counts": {"on_duty": 1},
    "quarantined": {"bad_time": 0},
    "refused": [],
    "open_windows": 0,
    "last_recorded_at": "",
}
"""The keys of a run's manifest that a log needs."""


def a_run(name: str, **changes: Any) -> bytes:
    """The manifest of a run with that run id."""
    return canonical_json({**RUN, "run_id": name, **changes})


def add(log: Path, manifest: bytes, *seeds: bytes) -> None:
    """Append an entry, signed by these keys."""
    before = read_log(log)
    keys = [SigningKey("", seed) for seed in seeds]
    (log / entry_name(len(before))).write_bytes(entry_bytes(manifest, before, keys))


def kinds(store: Path) -> list[str]:
    """The kinds of the entries of a store's log."""
    return [entry.kind for entry in read_log(store / "log")]
