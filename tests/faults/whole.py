"""What must be true of a store after any disturbance, and whether a repeated command has ended where it must."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from tests.faults.stores import BESIDE, tree

EXPIRY = "expiry"
MARK = "/work/unpublished"
OUTPUTS, WORK = "/work/run/", "/work/"
"""Folders that no command reads: a run's outputs before they are published, and all that a run keeps meanwhile."""
State = tuple[tuple[str, bytes | None], ...]
"""All that is in a folder: paths, with the bytes of files and None for folders."""


def documents(store: Path) -> list[dict[str, Any]]:
    """The manifests of the log, in order."""
    entries = sorted((store / "log").glob("*.entry"))
    return [json.loads(entry.read_bytes().partition(b"\n\n")[0]) for entry in entries]


def wrong_with(store: Path, base: Path, wanted: Path) -> list[str]:
    """What is wrong with a store, for a command that adds one entry to ``base`` and so makes ``wanted``.

    The log must be a beginning of that of ``wanted``, byte for byte. Every file that an entry names must be complete,
    unless another entry says that it has expired. Every published file of ``base`` must be there until then.
    """
    if not store.exists():
        return []
    there, before, after = tree(store), tree(base), tree(wanted)
    names = [name for name in there if name.startswith("log/")]
    other = [f"another entry: {name}" for name in names if there[name] != after.get(name)]
    gap = [] if names == [f"log/{number:012}.entry" for number in range(len(names))] else ["the log has a gap"]
    if other or gap:
        return other + gap
    went = going(store)
    required = [name for name in before if not set(Path(name).parts) & unnamed(base) and name not in went]
    lost = [f"lost: {name}" for name in required if there.get(name) != before[name]]
    return lost + [f"named, and not there: {name}" for name in broken(store, went)]


def going(store: Path) -> set[str]:
    """The files that have expired according to the log."""
    expiries = [document for document in documents(store) if document["kind"] == EXPIRY]
    return {f"runs/{file['run_id']}/{file['name']}" for document in expiries for file in document["files"]}


def broken(store: Path, went: set[str]) -> list[str]:
    """The files that an entry names, that have not expired, and that are missing or different."""
    named = {
        f"runs/{document['run_id']}/{output['name']}": output["sha256"]
        for document in documents(store)
        if "outputs" in document
        for output in document["outputs"]
    }
    return [name for name, sha256 in named.items() if name not in went and _sha256(store / name) != sha256]


def _sha256(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def unnamed(store: Path) -> set[str]:
    """What is in a store and belongs to no run of its log: a work folder, and runs that were never published."""
    runs = {document.get("run_id") for document in documents(store)}
    inside = {path.name for path in (store / "runs").iterdir()} if (store / "runs").is_dir() else set()
    beside = {path.name for path in store.iterdir()} if store.is_dir() else set()
    return (inside - runs) | (beside - {*BESIDE, "log", "runs"})


def state_of(store: Path) -> State:
    """All that is in a store, each path with its mode."""
    found = ((path, path.relative_to(store).as_posix()) for path in sorted(store.rglob("*")))
    return tuple(
        (f"{path.stat().st_mode:o} /{name}", path.read_bytes() if path.is_file() else None) for path, name in found
    )


def but_for(unread: str, state: State) -> State:
    """A state in which it does not matter what the files of a folder hold that no command reads, nor, in the work
    folder, what its folders have in them: it is deleted whole. The mark stays, because every command reads it.
    """
    kept = [(name, raw) for name, raw in state if unread != WORK or "/" not in name.partition(WORK)[2]]
    return tuple(
        (name, b"" if raw and unread and unread in name and not name.endswith(MARK) else raw) for name, raw in kept
    )


def converged(store: Path, wanted: Path) -> bool:
    """Whether the store is, byte for byte, what the command makes without disturbance, with nothing left over."""
    return tree(store) == tree(wanted) and not unnamed(store)
