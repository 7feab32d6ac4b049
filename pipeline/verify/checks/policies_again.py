"""What check 8.2 makes again of questions about policies: the tables of a comparison, and the hashes of a pack.

Neither needs a key or a table of the auditor's: both ledgers are in the store, or in one beside it, and the log has the
rest. Only what a comparison says of a made-up force needs its roster and sites (`made_up_again`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from offduty.verify.answers_again.comparison import comparison_tables, fates, read_ledger
from offduty.verify.checks.made_up_again import Stored, is_of_made_up, lacking, made_up_again
from offduty.verify.checks.tables_again import check_size, compare_tables
from offduty.verify.entries import AuditedEntry, AuditedLog
from offduty.verify.evidence import Evidence, sha256_of
from offduty.verify.manifest_analysis import LIFTS_TABLE, MADE_UP_TABLE
from offduty.verify.output_files import is_plain, output_path, where
from offduty.verify.verdict import CheckBuilder, EntryNumber, Explanation, Label, explain

PACK_LIST = "SHA256SUMS"
SAME = ("interval", "as_of", "declarations")
ELSEWHERE = "one of the two lies in another store: give that, too (--compared STORE), and verify it by itself"
GONE = "a file of a ledger that it read is not there, or was changed"
CHANGED = "a file of a release of the made-up force was changed"
LIFTS_NOT_AGAIN = (
    "of the red team's lifts nothing, because a second hand would be a whole red team: measure them again (offduty"
    " compare --truth, or offduty attack for each store), and compare bytes"
)
NOT_AGAIN = "of a pack only its list of hashes: make it again from a copy of the log (offduty consult), compare bytes"


def comparison_again(
    check: CheckBuilder, stores: Sequence[tuple[Path, AuditedLog]], entry: AuditedEntry, given: Evidence | None
) -> None:
    """The tables of ``compare``, from both ledgers. ``stores`` is the one whose log has the entry, and those that the
    auditor has beside it; ``given`` are the auditor's files, for what it says of a made-up force.
    """
    sides = {side: _side(stores, entry, side) for side in ("one", "other")}
    one, other = sides["one"], sides["other"]
    if one is None or other is None:
        check.not_done(_why(entry, ELSEWHERE))
        return
    files = [_ledger(store, run) for store, run in (one, other)]
    if not all(files):
        check.not_done(_why(entry, GONE))
        return
    check.add()
    first, second = one[1].document, other[1].document
    if entry.document["policy_sha256"] != second["policy_sha256"]:
        check.wrong(f"{where(entry)}: its policy is another than that of entry {other[1].number}, which it weighed")
    found = None
    if all(first.get(key) == second.get(key) for key in SAME):
        with check.reading(f"{where(entry)}: a ledger that it read cannot be read"):
            found = fates(first, second, (read_ledger(files[0]), read_ledger(files[1])))
    if found is None:
        check.wrong(f"{where(entry)}: it compares two that did not decide the same rows as of the same instant")
        return
    compare_tables(check, entry, comparison_tables(found), "the ledgers give")
    _made_up(check, entry, {"one": one, "other": other}, given)


def _made_up(check: CheckBuilder, entry: AuditedEntry, sides: Mapping[str, Stored], given: Evidence | None) -> None:
    """What a comparison says of a made-up force, where it says anything of one."""
    named = {output["name"] for output in entry.document["outputs"]}
    if MADE_UP_TABLE not in named:
        return
    if not all(is_of_made_up(run) for _, run in sides.values()):
        check.wrong(f"{where(entry)}: it says what releases of people confirm who are not made up")
        check.tell("a question was asked about the workforce that it had not agreed to")
        return
    why = lacking(sides, given)
    if given is None or why:
        check.not_done(_why(entry, why))
    elif any(_unchanged(store, run, "release/") is None for store, run in sides.values()):
        check.not_done(_why(entry, CHANGED))
    else:
        with check.reading(f"{where(entry)}: a release that it read cannot be read"):
            compare_tables(check, entry, {MADE_UP_TABLE: made_up_again(sides, given)}, "the releases give")
    if LIFTS_TABLE in named:
        check.not_done(_why(entry, LIFTS_NOT_AGAIN))


def _side(stores: Sequence[tuple[Path, AuditedLog]], entry: AuditedEntry, side: str) -> Stored | None:
    """The run or trial of one side, and its store: the entry's own store first, and there only what was before it."""
    wanted = entry.document["parameters"].get(side, "")
    for place, (store, log) in enumerate(stores):
        for each in log.with_files():
            if each.run_id == wanted and (place > 0 or each.number < entry.number):
                return store, each
    return None


def pack_again(check: CheckBuilder, log: AuditedLog, entry: AuditedEntry) -> None:
    """The list of a pack, from the hashes of its files; and the runs whose figures are in it. The pages are not made
    again, and that is said.
    """
    listed = {output["name"]: output for output in entry.document["outputs"]}
    lines = "".join(f"{each['sha256']}  {name}\n" for name, each in sorted(listed.items()) if name != PACK_LIST)
    check.add()
    if listed[PACK_LIST]["sha256"] != hashlib.sha256(lines.encode()).hexdigest():
        check.wrong(f"{where(entry)}: {PACK_LIST}, whose hash is signed, does not list the files of the pack")
    else:
        check_size(check, entry, PACK_LIST, listed[PACK_LIST]["bytes"], len(lines))
    if entry.document["runs"] != [run.run_id for run in log.runs() if run.number < entry.number]:
        check.wrong(f"{where(entry)}: the pack is not about the runs that were in the log by then")
    check.not_done(_why(entry, NOT_AGAIN))


def _ledger(store: Path, run: AuditedEntry) -> list[Path]:
    """The files of a ledger in order; none where one of them is not there, or was changed."""
    return _unchanged(store, run, "ledger/") or []


def _unchanged(store: Path, run: AuditedEntry, part: str) -> list[Path] | None:
    """The files of a part of a run in order; None where one of them is not there, or was changed."""
    names = [output for output in run.document["outputs"] if output["name"].startswith(part)]
    paths = [output_path(store, run, output["name"]) for output in names]
    found = zip(paths, names, strict=True)
    same = all(is_plain(store, path) and sha256_of(path) == output["sha256"] for path, output in found)
    return paths if same else None


def _why(entry: AuditedEntry, why: str) -> Explanation:
    return explain("entry {entry}: {why}", entry=EntryNumber(entry.number), why=Label(why))
