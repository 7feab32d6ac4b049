"""Finds the inputs of a run by the names in its manifest, beside the job that the auditor gives (SPEC 8: relative names)."""

from __future__ import annotations

import glob
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.job import Job, Where, load_pseudonym_key
from pipeline.pseudonym import fingerprint
from pipeline.verify.trail import Entry


@dataclass(frozen=True)
class Given:
    """What the auditor has besides the store: where inputs lie, by table, and the pseudonym key (None where there is none)."""

    wheres: dict[str, Where]
    key: bytes | None

    @classmethod
    def by(cls, job: Path) -> Given:
        """The inputs that a job names. A key file that is not there is no fault: an auditor need not hold the key."""
        loaded = Job.load(job)
        wheres = {name: where for name, where in vars(loaded.inputs).items() if where is not None}
        path = loaded.keys.pseudonym.path
        return cls(wheres, load_pseudonym_key(path) if path.is_file() else None)

    def key_of(self, run: Entry) -> bytes | None:
        """The key, where it is the one that the run used; keys may have changed in the course of a log."""
        mine = self.key is not None and fingerprint(self.key) == run.document["keys"].get("pseudonym")
        return self.key if mine else None

    def path(self, source: dict[str, Any]) -> Path | None:
        """Where the input that a manifest names lies; None where it is not there."""
        where = self.wheres.get(source["table"])
        if where is None:
            return None
        found = [folder / source["name"] for folder in _folders(where)]
        found += [where.path] if where.path.is_file() and where.path.name == source["name"] else []
        return next((path for path in found if path.is_file()), None)


def _folders(where: Where) -> list[Path]:
    """The job's own folder, and the folder that the job names outside of it, in the order of a manifest's names."""
    fixed = Path(where.raw)
    while glob.has_magic(str(fixed)):
        fixed = fixed.parent
    base = where.folder / fixed
    return [where.folder, base if base.is_dir() else base.parent]


def same_bytes(path: Path, source: dict[str, Any]) -> bool:
    """Whether a file is the very one that was hashed."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == str(source["sha256"])
