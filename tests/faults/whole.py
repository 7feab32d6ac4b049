"""What must hold of a store after anything that happened to it, and when a command tried again has come to its end."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from tests.faults.stores import tree

EXPIRY = "expiry"


def documents(store: Path) -> list[dict[str, Any]]:
    """The manifests of the log, in order; an entry that was not wholly written is not read."""
    entries = sorted((store / "log").glob("*.entry"))
    return [json.loads(entry.read_bytes().partition(b"\n\n")[0]) for entry in entries]


def wrong_with(store: Path, base: Path, wanted: Path) -> list[str]:
    """What is not as it may be, for a command that adds one entry to ``base`` and so makes ``wanted`` of it.

    The log is a beginning of that of ``wanted``, byte for byte. All that an entry names is there, whole, unless another
    entry says that it goes. What ``base`` held and ``wanted`` holds is there; what is to go is there as long as no
    entry says so.
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
    kept = [name for name in before if not set(Path(name).parts) & unnamed(base) and name not in went]
    lost = [f"lost: {name}" for name in kept if there.get(name) != before[name]]
    return lost + [f"named, and not there: {name}" for name in broken(store, went)]


def going(store: Path) -> set[str]:
    """The files of which the log says that they go."""
    expiries = [document for document in documents(store) if document["kind"] == EXPIRY]
    return {f"runs/{file['run_id']}/{file['name']}" for document in expiries for file in document["files"]}


def broken(store: Path, went: set[str]) -> list[str]:
    """What an entry names and is not there as it says, but for what goes."""
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
    """What lies in a store and belongs to no run of its log: a work folder, and runs that were never published."""
    runs = {document.get("run_id") for document in documents(store)}
    inside = {path.name for path in (store / "runs").iterdir()} if (store / "runs").is_dir() else set()
    beside = {path.name for path in store.iterdir()} if store.is_dir() else set()
    return (inside - runs) | (beside - {"lock", "log", "runs"})


def converged(store: Path, wanted: Path) -> bool:
    """Byte for byte what an undisturbed command makes, with nothing left over."""
    return tree(store) == tree(wanted) and not unnamed(store)
