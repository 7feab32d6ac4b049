"""The command `offduty compare`: how the same rows fared under two policies."""

from __future__ import annotations

import json
from pathlib import Path

from offduty.analyses.policy_comparison import RecordedLedger, compare_policies, comparison_text
from offduty.cli.console import print_answer, print_lines, say
from offduty.cli.write_file import check_free, put

AS_JSON, AS_CSV = "comparison.json", "comparison.csv"


def compare(one: Path, other: Path, output: Path | None, as_json: bool, force: bool) -> int:
    """Compare two ledgers over the same inputs: what a policy would change. No position is read."""
    paths = [] if output is None else [output / name for name in (AS_JSON, AS_CSV)]
    for path in paths:
        check_free(path, force)
    found = compare_policies(RecordedLedger.in_folder(one), RecordedLedger.in_folder(other))
    document = found.document()
    written = (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()
    if paths:
        put(paths[0], written, force)
        put(paths[1], found.table.to_csv(index=False, lineterminator="\n").encode(), force)
        say(f"made {AS_JSON} and {AS_CSV}, for those who are consulted")
    return print_answer(written) if as_json else print_lines(comparison_text(document))
