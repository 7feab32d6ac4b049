"""Writes small exports for the tests of proposals, and proposes declarations for them."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from offduty.admin.proposals.look import look
from offduty.admin.proposals.propose import ProposalContext, TableProposal, propose

ON_CODES = ("duty", "overtime", "court", "training")


def csv_text(columns: dict[str, Sequence[str]], delimiter: str = ",") -> str:
    """Columns of texts as CSV; no value of them needs quotes."""
    rows = zip(*columns.values(), strict=True)
    return "".join(f"{delimiter.join(row)}\n" for row in (list(columns), *rows))


def proposed(
    table: str, path: Path, content: str | bytes, time_zone: str | None = None, encoding: str = "utf-8"
) -> TableProposal:
    """What is proposed for a table that is in one file."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return propose(look(table, path.name, [path]), ProposalContext(time_zone, ON_CODES))


def declared(proposal: TableProposal) -> dict[str, Any]:
    """What the section of a proposal declares as it stands, without its path."""
    section = tomllib.loads(proposal.section)["inputs"][proposal.sample.table]
    return {key: value for key, value in section.items() if key != "path"}


def left_open(proposal: TableProposal) -> dict[str, tuple[str, ...]]:
    """The open lines of a proposal, with their values as TOML."""
    return {line.key: line.values for line in proposal.lines if line.state == "open"}


def reason(proposal: TableProposal, key: str) -> str:
    """Why a line is proposed."""
    return next(line.why for line in proposal.lines if line.key == key)


def pings(**columns: Sequence[str]) -> dict[str, Sequence[str]]:
    """Two good pings; ``columns`` replace theirs, or are added."""
    return {
        "device_id": ["d1", "d2"],
        "observed_at": ["2026-06-02T08:00:00Z", "2026-06-02T08:01:00Z"],
        "lon": ["-0.1", "-0.2"],
        "lat": ["51.5", "51.6"],
        "accuracy_m": ["5", "10"],
        **columns,
    }


def roster(rows: int = 30, **columns: Sequence[str]) -> dict[str, Sequence[str]]:
    """As many good entries of different officers; ``columns`` replace theirs, or are added."""
    return {
        "shift_id": [f"s{number}" for number in range(rows)],
        "officer_id": [f"o{number}" for number in range(rows)],
        "starts_at": ["2026-06-02T08:00"] * rows,
        "ends_at": ["2026-06-02T16:00"] * rows,
        "duty_code": ["duty"] * rows,
        "status": ["active"] * rows,
        "recorded_at": ["2026-05-01T00:00:00Z"] * rows,
        **columns,
    }


def renamed(columns: dict[str, Sequence[str]], **names: str) -> dict[str, Sequence[str]]:
    """The same columns, some of them under other names."""
    return {names.get(name, name): values for name, values in columns.items()}
