"""Checks 2: the files of the store are those that the log names, byte for byte, and no others (SPEC 8)."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from pipeline.verify.checks import Check, Look
from pipeline.verify.trail import Entry, Trail


def check_files(store: Path, trail: Trail, runs: list[Entry]) -> list[Check]:
    """2.1 every file that is named, 2.2 no file without a name, and no link."""
    return [_named(store, trail, runs), _nameless(store, trail)]


def output_path(store: Path, run: Entry, name: str) -> Path:
    """Where an output lies."""
    return store / "runs" / run.run_id / name


def where(run: Entry, name: str = "") -> str:
    """How a finding names a run and a file of it."""
    return f"entry {run.number}" + (f", {name}" if name else "")


def _named(store: Path, trail: Trail, runs: list[Entry]) -> Check:
    look = Look("2.1", "every file is the one that was published", "files named by the log, by size and SHA-256")
    expired = trail.expired()
    for run in runs:
        for output in run.document["outputs"]:
            path = output_path(store, run, output["name"])
            gone = output["name"] in expired.get(run.run_id, ())
            look.at()
            if gone and not os.path.lexists(path):
                continue
            if gone:
                look.wrong(f"{where(run, output['name'])}: the log says that it expired, and it is still there")
            elif wrong := _differs(store, path, output["sha256"], output["bytes"]):
                look.wrong(f"{where(run, output['name'])}: {wrong}")
    return look.over("each has the size and the hash that its entry says", "the log names no run")


def _differs(store: Path, path: Path, sha256: str, size: int) -> str | None:
    """What is wrong with a file, without following a link."""
    if not _plainly_inside(store, path):
        return "it is not there, or is no plain file"
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        same_size = os.fstat(file.fileno()).st_size == size
    if not same_size:
        return "it has another size than its entry says"
    return None if digest == sha256 else "it has other bytes than those that were published"


def _plainly_inside(store: Path, path: Path) -> bool:
    """A plain file, reached by plain folders."""
    for part in (*reversed(path.relative_to(store).parents[:-1]), path.relative_to(store)):
        try:
            mode = (store / part).lstat().st_mode
        except OSError:
            return False
        if not stat.S_ISDIR(mode) and not (stat.S_ISREG(mode) and store / part == path):
            return False
    return path.is_file()


def _nameless(store: Path, trail: Trail) -> Check:
    look = Look("2.2", "no file is without a name", "names in the store's folders")
    named = {output_path(store, run, output["name"]) for run in trail.runs() for output in run.document["outputs"]}
    folders = {parent for path in named for parent in path.parents} | {store / name for name in ("log", "runs", "work")}
    for path in _below(store):
        look.at()
        if path.is_symlink():
            look.wrong(f"{_silent(path.relative_to(store))}: a link")
        elif store / "work" in path.parents:
            look.undone("a run is at work, or was killed: what lies in work/ is private, and goes with the next run")
        elif not _has_name(store, path, named, folders):
            look.wrong(f"{_silent(path.relative_to(store))}: no entry names it")
    if any(entry.faults for entry in trail.entries):
        look.undone("an entry cannot be read, and may name some of what is there")
    return look.over("each belongs to a run of the log, or is the log's own; no links", "the store is empty")


def _has_name(store: Path, path: Path, named: set[Path], folders: set[Path]) -> bool:
    """What is in the log's folder and is no entry is the concern of check 1.1; the lock holds nothing."""
    if path.is_dir():
        return path in folders
    return path in named or path.parent == store / "log" or (path == store / "lock" and path.stat().st_size == 0)


def _silent(path: Path) -> str:
    """A name that nobody gave a meaning may say anything: only its place is told."""
    return "/".join([*path.parts[:-1][:2], "(a file or folder)"])


def _below(folder: Path) -> Iterator[Path]:
    """Everything below a folder, links not followed, in order."""
    for path in sorted(folder.iterdir()):
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from _below(path)
