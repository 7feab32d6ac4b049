"""Checks 2: the files of the store are those that the log names, byte for byte, and no others (specification#log)."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from offduty.verify.checks.current_file import CURRENT_FILE, CurrentFileState, current_file_state
from offduty.verify.entries import AuditedEntry, AuditedLog
from offduty.verify.output_files import is_plain, output_path, where
from offduty.verify.sealed_tables import sealed_files
from offduty.verify.verdict import Check, CheckBuilder, Count, EntryNumber, Unit, explain

_RUN_ID = re.compile(r"[0-9a-f]{32}")


def check_files(store: Path, log: AuditedLog, runs: list[AuditedEntry]) -> list[Check]:
    """2.1 every file that the log names, 2.2 no file that the log does not name, and no link."""
    return [_named(store, log, runs), _unnamed(store, log)]


def _named(store: Path, log: AuditedLog, runs: list[AuditedEntry]) -> Check:
    check = CheckBuilder(
        "2.1", "every file is the one that was published", "files named by the log, by size and hash", Unit.FILES
    )
    expired, withdrawn = log.expired(), log.withdrawn()
    for entry in log.unlawful():
        check.wrong(
            f"{where(entry)}: it deletes what it may not: a ledger, a file that is not old enough, or one that no run"
            " published so"
        )
    for run in runs:
        of_run, superseded = expired.get(run.run_id, set()), withdrawn.get(run.run_id, set())
        _outputs(check, store, run, of_run)
        if of_run - superseded:
            check.not_done(
                explain(
                    "entry {entry}: expired files: {expired}",
                    entry=EntryNumber(run.number),
                    expired=Count(len(of_run - superseded), Unit.FILES),
                )
            )
    beside_withdrawn(check, log, runs)
    return check.result("each has the size and the hash that its entry gives", "the log has no run")


def beside_withdrawn(check: CheckBuilder, log: AuditedLog, runs: list[AuditedEntry]) -> None:
    """Say beside a check how many files were withdrawn: nobody can read them, so nothing need be true of them."""
    withdrawn = log.withdrawn()
    files = sum(len(withdrawn.get(run.run_id, ())) for run in runs)
    if files:
        check.does_not_apply(
            explain(
                "files of releases that were withdrawn when another run took their place: {files}",
                files=Count(files, Unit.FILES),
            )
        )


def _outputs(check: CheckBuilder, store: Path, run: AuditedEntry, expired: set[str]) -> None:
    for output in run.document["outputs"]:
        name, path = output["name"], output_path(store, run, output["name"])
        if name in expired and not os.path.lexists(path):
            continue
        check.add()
        if name in expired:
            check.wrong(f"{where(run, name)}: the log says that it expired, and it is still there")
        elif wrong := difference(store, path, output["sha256"], output["bytes"]):
            check.wrong(f"{where(run, name)}: {wrong}")


def difference(store: Path, path: Path, sha256: str, size: int) -> str | None:
    """What is wrong with a file, or None; no link is followed, and nothing is opened that is not a plain file."""
    if not is_plain(store, path):
        return "it is missing, or is not a plain file"
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size != size:
                return "it has another size than its entry says"
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return "it cannot be read"
    return None if digest == sha256 else "its bytes are not those that were published"


def _unnamed(store: Path, log: AuditedLog) -> Check:
    check = CheckBuilder(
        "2.2", "there is no file that the log does not name", "names in the store's folders", Unit.NAMES
    )
    runs = [*log.runs(), *log.trials()]
    files = ((run, file["name"]) for run in runs for file in (*run.document["outputs"], *sealed_files(run)))
    named = {output_path(store, run, name) for run, name in files}
    folders = {parent for path in named for parent in path.parents} | {store / name for name in ("log", "runs", "work")}
    printable = {"log", "runs", "work", *(run.run_id for run in runs)}
    private = 0
    reported: set[Path] = set()
    lost, unknown_runs = _lost_entries(log), 0
    for path in _below(store):
        check.add()
        if path.parent in reported:  # a folder above it is one that nothing names
            reported.add(path)
            continue
        try:
            mode = path.lstat().st_mode
        except OSError:
            check.wrong(f"{_place(path.relative_to(store), printable)}: its kind cannot be read")
            continue
        if stat.S_ISLNK(mode):
            check.wrong(f"{_place(path.relative_to(store), printable)}: a link")
        elif path == store / CURRENT_FILE and stat.S_ISREG(mode):
            _current_file(check, path, log)
        elif store / "work" in path.parents:
            private += 1
        elif not _may_be_there(store, path, named, folders):
            reported.add(path)
            whole = ", with all that is in it" if stat.S_ISDIR(mode) else ""
            unknown_runs += _may_be_a_run(store, path)
            with check.of_file(partial(_may_follow, store, path, unknown_runs <= lost)):
                check.wrong(f"{_place(path.relative_to(store), printable)}: no entry names it{whole}")
    _not_known(check, log, private)
    return check.result("each belongs to a run of the log, or to the log itself; no links", "the store is empty")


def _lost_entries(log: AuditedLog) -> int:
    """How many entries are missing before the newest one, or cannot be read."""
    newest = max((entry.number for entry in log.entries), default=-1)
    return newest + 1 - len(log.entries) + sum(bool(entry.faults) for entry in log.entries)


def _may_follow(store: Path, path: Path, is_lost: bool) -> bool:
    """Whether what no entry names may be that of a lost one: an entry names the files of one run, in its own folder."""
    return is_lost and _may_be_a_run(store, path)


def _may_be_a_run(store: Path, path: Path) -> bool:
    return path.parent == store / "runs" and _RUN_ID.fullmatch(path.name) is not None and path.is_dir()


def _not_known(check: CheckBuilder, log: AuditedLog, private: int) -> None:
    """What cannot be judged: the work folder of a run, and files of which an entry is missing or cannot be read."""
    if private:
        check.not_done(
            explain(
                "names in work/: {private}; a run is at work, or was killed; they are private, and the next run deletes"
                " them",
                private=Count(private, Unit.NAMES),
            )
        )
    if any(entry.faults for entry in log.entries):
        check.not_done("an entry cannot be read, and may name some of the files that are there")
    if [entry.number for entry in log.entries] != list(range(len(log.entries))):
        check.not_done("an entry is missing, and may have named some of the files that are there: a consequence")


def _current_file(check: CheckBuilder, path: Path, log: AuditedLog) -> None:
    """The file for engineers must follow from the log; that it follows from an older one is only said."""
    state = current_file_state(path, log)
    if state is CurrentFileState.FOREIGN:
        check.wrong(f"{CURRENT_FILE}: {state.value}. Delete it; the next run writes it again")
    elif state is not CurrentFileState.NEWEST:
        check.does_not_apply(f"{CURRENT_FILE} is for engineers, and is stale or cannot be compared: {state.value}")


def _may_be_there(store: Path, path: Path, named: set[Path], folders: set[Path]) -> bool:
    """Whether the log names it, or it is in the log's folder (check 1.1 is about those), or it is the empty lock."""
    status = path.lstat()
    if stat.S_ISDIR(status.st_mode):
        return path in folders
    empty_lock = path == store / "lock" and stat.S_ISREG(status.st_mode) and status.st_size == 0
    return path in named or path.parent == store / "log" or empty_lock


def _place(path: Path, printable: set[str]) -> str:
    """Where an unknown file is. Its name is not printed: somebody may have chosen it to say something."""
    known = [part if part in printable else "(a folder)" for part in path.parts[:-1][:2]]
    return "/".join([*known, "(a file or folder)"])


def _below(folder: Path) -> Iterator[Path]:
    """Everything below a folder, links not followed; without recursion, for somebody may have made it very deep."""
    left = [folder]
    while left:
        for path in sorted(left.pop().iterdir()):
            yield path
            if path.is_dir() and not path.is_symlink():
                left.append(path)
