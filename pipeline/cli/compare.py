"""The command `offduty compare`: how the same rows fared under two policies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from offduty.analyses.policy_comparison import RecordedLedger, compare_policies, comparison_text
from offduty.cli.console import print_answer, print_lines, say
from offduty.cli.write_file import check_free, put
from offduty.core.errors import UsageError
from offduty.core.locations import ObjectAddress, store_location
from offduty.store.open_store import local_copy
from offduty.store.remote import LOG, ledger_of

AS_JSON, AS_CSV = "comparison.json", "comparison.csv"


def compare(one: Path | str, other: Path | str, output: Path | None, as_json: bool, force: bool) -> int:
    """Compare two ledgers over the same inputs: what a policy would change. No position is read."""
    paths = [] if output is None else [output / name for name in (AS_JSON, AS_CSV)]
    for path in paths:
        check_free(path, force)
    with ExitStack() as end:
        folders = [end.enter_context(_folder(where)) for where in (one, other)]
        found = compare_policies(*map(RecordedLedger.in_folder, folders))
    document = found.document()
    written = (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()
    if paths:
        put(paths[0], written, force)
        put(paths[1], found.table.to_csv(index=False, lineterminator="\n").encode(), force)
        say(f"made {AS_JSON} and {AS_CSV}, for those who are consulted")
    return print_answer(written) if as_json else print_lines(comparison_text(document))


@contextmanager
def _folder(where: Path | str) -> Iterator[Path]:
    """The folder of a run or trial: itself, or a private copy of its ledger and of the log, if it lies in an object
    store.
    """
    location = store_location(where)
    if isinstance(location, Path):
        yield location
        return
    store = location.parent.parent
    if location.parent.name != "runs" or not isinstance(store, ObjectAddress):
        raise UsageError("name the folder of a run or trial, such as s3://bucket/store/runs/ and its id")
    with local_copy(store, (*LOG, ledger_of(location.name))) as root:
        yield root / "runs" / location.name
