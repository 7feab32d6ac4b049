"""Checks 2: the files of the store are those that the log names, byte for byte, and no others (SPEC 8)."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from offduty.verify.entries import AuditedEntry, AuditedLog
from offduty.verify.verdict import Check, CheckBuilder


def check_files(store: Path, trail: AuditedLog, runs: list[AuditedEntry]) -> list[Check]:
    """2.1 every file that is named, 2.2 no file without a name, and no link."""
    return [_named(store, trail, runs), _nameless(store, trail)]


def output_path(store: Path, run: AuditedEntry, name: str) -> Path:
    """Where an output lies."""
    return store / "runs" / run.run_id / name


def where(run: AuditedEntry, name: str = "") -> str:
    """How a finding names a run and a file of it."""
    return f"entry {run.number}" + (f", {name}" if name else "")


def _named(store: Path, trail: AuditedLog, runs: list[AuditedEntry]) -> Check:
    look = CheckBuilder(
        "2.1", "every file is the one that was published", "files named by the log, by size and SHA-256"
    )
    expired = trail.expired()
    for entry in trail.unlawful():
        look.wrong(f"{where(entry)}: it lets a file go that is not a run's own, not named as it was, or not yet so old")
    for run in runs:
        gone = expired.get(run.run_id, set())
        for output in run.document["outputs"]:
            path = output_path(store, run, output["name"])
            if output["name"] in gone and not os.path.lexists(path):
                continue
            look.at()
            if output["name"] in gone:
                look.wrong(f"{where(run, output['name'])}: the log says that it expired, and it is still there")
            elif wrong := _differs(store, path, output["sha256"], output["bytes"]):
                look.wrong(f"{where(run, output['name'])}: {wrong}")
        if gone:
            look.undone(f"{where(run)}: {len(gone):,} files have expired")
    return look.over("each has the size and the hash that its entry says", "the log names no run")


def _differs(store: Path, path: Path, sha256: str, size: int) -> str | None:
    """What is wrong with a file, without following a link or opening what is no plain file."""
    if not is_plain(store, path):
        return "it is not there, or is no plain file"
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size != size:
                return "it has another size than its entry says"
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return "it cannot be read"
    return None if digest == sha256 else "it has other bytes than those that were published"


def is_plain(store: Path, path: Path) -> bool:
    """Whether this is a plain file, reached by plain folders from the store on."""
    for part in (*reversed(path.relative_to(store).parents[:-1]), path.relative_to(store)):
        try:
            mode = (store / part).lstat().st_mode
        except OSError:
            return False
        if not (stat.S_ISREG(mode) if store / part == path else stat.S_ISDIR(mode)):
            return False
    return True


def whole_runs(store: Path, trail: AuditedLog, runs: list[AuditedEntry]) -> list[AuditedEntry]:
    """The runs whose files are all there as plain files, but for those that have expired: only these are opened by
    checks that need a whole run.
    """
    expired = trail.expired()
    return [
        run
        for run in runs
        if all(
            is_plain(store, output_path(store, run, output["name"]))
            for output in run.document["outputs"]
            if output["name"] not in expired.get(run.run_id, ())
        )
    ]


def _nameless(store: Path, trail: AuditedLog) -> Check:
    look = CheckBuilder("2.2", "no file is without a name", "names in the store's folders")
    runs = trail.runs()
    named = {output_path(store, run, output["name"]) for run in runs for output in run.document["outputs"]}
    folders = {parent for path in named for parent in path.parents} | {store / name for name in ("log", "runs", "work")}
    shown = {"log", "runs", "work", *(run.run_id for run in runs)}
    private = 0
    for path in _below(store):
        look.at()
        try:
            mode = path.lstat().st_mode
        except OSError:
            look.wrong(f"{_silent(path.relative_to(store), shown)}: it cannot be looked at")
            continue
        if stat.S_ISLNK(mode):
            look.wrong(f"{_silent(path.relative_to(store), shown)}: a link")
        elif store / "work" in path.parents:
            private += 1
        elif not _has_name(store, path, named, folders):
            look.wrong(f"{_silent(path.relative_to(store), shown)}: no entry names it")
    if private:
        look.undone(
            f"{private:,} names in work/: a run is at work, or was killed; they are private, and go with the next run"
        )
    if any(entry.faults for entry in trail.entries):
        look.undone("an entry cannot be read, and may name some of what is there")
    return look.over("each belongs to a run of the log, or is the log's own; no links", "the store is empty")


def _has_name(store: Path, path: Path, named: set[Path], folders: set[Path]) -> bool:
    """What is in the log's folder and is no entry is the concern of check 1.1; the lock holds nothing."""
    status = path.lstat()
    if stat.S_ISDIR(status.st_mode):
        return path in folders
    empty_lock = path == store / "lock" and stat.S_ISREG(status.st_mode) and status.st_size == 0
    return path in named or path.parent == store / "log" or empty_lock


def _silent(path: Path, shown: set[str]) -> str:
    """A name that nobody gave a meaning may say anything: only its place is told, as far as that has one."""
    known = [part if part in shown else "(a folder)" for part in path.parts[:-1][:2]]
    return "/".join([*known, "(a file or folder)"])


def _below(folder: Path) -> Iterator[Path]:
    """Everything below a folder, links not followed; however deep, for somebody may have made it so."""
    left = [folder]
    while left:
        for path in sorted(left.pop().iterdir()):
            yield path
            if path.is_dir() and not path.is_symlink():
                left.append(path)
