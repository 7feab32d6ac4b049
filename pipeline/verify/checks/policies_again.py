"""What check 8.2 makes again of questions about policies: the tables of a comparison, and the hashes of a pack.

Neither needs a key or a table of the auditor's: both ledgers are in the store, and the log has the rest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from offduty.verify.answers_again.comparison import comparison_tables, fates, read_ledger
from offduty.verify.entries import AuditedEntry, AuditedLog
from offduty.verify.output_files import is_plain, output_path, where
from offduty.verify.verdict import CheckBuilder, EntryNumber, Explanation, Label, explain

PACK_LIST = "SHA256SUMS"
SAME = ("interval", "as_of", "declarations")
ELSEWHERE = "one of the two lies in another store: compare them again (offduty compare), and the files by their bytes"
GONE = "a file of a ledger that it read is not there, or was changed"
NOT_AGAIN = "of a pack only its list of hashes: make it again from a copy of the log (offduty consult), compare bytes"


def comparison_again(check: CheckBuilder, store: Path, log: AuditedLog, entry: AuditedEntry) -> None:
    """The tables of ``compare``, from both ledgers."""
    known = {each.run_id: each for each in log.with_files() if each.number < entry.number}
    both = [known.get(entry.document["parameters"].get(side, "")) for side in ("one", "other")]
    one, other = both
    if one is None or other is None:
        check.not_done(_why(entry, ELSEWHERE))
        return
    files = [_ledger(store, each) for each in (one, other)]
    if not all(files):
        check.not_done(_why(entry, GONE))
        return
    check.add()
    if entry.document["policy_sha256"] != other.document["policy_sha256"]:
        check.wrong(f"{where(entry)}: its policy is another than that of entry {other.number}, which it weighed")
    found = None
    if all(one.document.get(key) == other.document.get(key) for key in SAME):
        with check.reading(f"{where(entry)}: a ledger that it read cannot be read"):
            first, second = (read_ledger(paths) for paths in files)
            found = fates(one.document, other.document, (first, second))
    if found is None:
        check.wrong(f"{where(entry)}: it compares two that did not decide the same rows as of the same instant")
        return
    compare_tables(check, entry, comparison_tables(found), "the ledgers give")


def pack_again(check: CheckBuilder, log: AuditedLog, entry: AuditedEntry) -> None:
    """The list of a pack, from the hashes of its files; and the runs whose figures are in it. The pages are not made
    again, and that is said.
    """
    listed = {output["name"]: output["sha256"] for output in entry.document["outputs"]}
    lines = "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(listed.items()) if name != PACK_LIST)
    check.add()
    if listed[PACK_LIST] != hashlib.sha256(lines.encode()).hexdigest():
        check.wrong(f"{where(entry)}: {PACK_LIST}, whose hash is signed, does not list the files of the pack")
    if entry.document["runs"] != [run.run_id for run in log.runs() if run.number < entry.number]:
        check.wrong(f"{where(entry)}: the pack is not about the runs that were in the log by then")
    check.not_done(_why(entry, NOT_AGAIN))


def compare_tables(check: CheckBuilder, entry: AuditedEntry, made: Mapping[str, bytes], what_gives: str) -> None:
    """Whether the tables that an entry names have the hashes of those that were made again."""
    named = {output["name"]: output["sha256"] for output in entry.document["outputs"]}
    for name, content in made.items():
        if named.get(name) != hashlib.sha256(content).hexdigest():
            check.wrong(f"{where(entry)}: {name} is not what {what_gives}")
            check.tell(f"a figure about the workforce is not what {what_gives}")


def _ledger(store: Path, run: AuditedEntry) -> list[Path]:
    """The files of a ledger in order; none where one of them is not there, or was changed."""
    names = [output for output in run.document["outputs"] if output["name"].startswith("ledger/")]
    paths = [output_path(store, run, output["name"]) for output in names]
    same = all(is_plain(store, path) and _sha256(path) == out["sha256"] for path, out in zip(paths, names, strict=True))
    return paths if same else []


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _why(entry: AuditedEntry, why: str) -> Explanation:
    return explain("entry {entry}: {why}", entry=EntryNumber(entry.number), why=Label(why))
