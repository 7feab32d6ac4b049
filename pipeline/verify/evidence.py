"""Finds the inputs of a run, by the names in its manifest or by their bytes, among the files of a job that the auditor
gives.

Manifests have no absolute paths (specification#canonical-json): names are relative to the folder of the job that was
run, and an auditor's copy of the files may lie in another way beside the auditor's job.
"""

from __future__ import annotations

import glob
import hashlib
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from offduty.config.job import Job
from offduty.config.job_paths import SELECTED, JobPath
from offduty.config.key_files import fingerprint, load_pseudonym_key
from offduty.core.errors import UsageError
from offduty.verify.entries import AuditedEntry

BY_HASH = "sha256-"
"""How the name of an input begins that is not its own."""


@dataclass(frozen=True)
class Evidence:
    """What the auditor has besides the store: the files of each table by name, and the pseudonym key, or None."""

    named: Mapping[str, Mapping[str, Path]]
    key: bytes | None
    register: Path | None = None
    """The register of interests, which is no input of a run."""
    people: Path | None = None
    """The table of recorders, which is none either."""
    unsealed: Mapping[str, Path] = field(default_factory=dict)
    """Reference tables that runs kept and that were opened, by the SHA-256 of what is in them."""
    _digests: dict[Path, str] = field(default_factory=dict, compare=False, repr=False)
    """The SHA-256 of the files that were looked at so far: many runs may ask for the bytes of one file."""

    @classmethod
    def by(cls, job: Path | Job, register: Path | None = None, people: Path | None = None) -> Evidence:
        """The inputs that a job names. A missing key file is no error: an auditor need not have the key.

        ``register`` is the register of interests and ``people`` the table of recorders, which no job names. Raises
        `UsageError` where one of them is not there.
        """
        loaded = Job.of(job)
        named = {table: _files(where) for table, where in loaded.inputs.tables.items()}
        if register is not None and not register.is_file():
            raise UsageError("the register is not there: name its file with --register")
        if people is not None and not people.is_file():
            raise UsageError("the table of recorders is not there: name its file with --people")
        path = loaded.keys.pseudonym.path
        return cls(named, load_pseudonym_key(path) if path.is_file() else None, register, people)

    def key_of(self, run: AuditedEntry) -> bytes | None:
        """The key if it is the one that the run used, else None: later runs may use another key."""
        mine = self.key is not None and fingerprint(self.key) == run.document["keys"].get("pseudonym")
        return self.key if mine else None

    def path(self, source: Mapping[str, Any]) -> Path | None:
        """The input that a manifest names, among the job's files for the same table; None where it is not there.

        A file of that name is the one. Where there is none, a file with the same bytes is: the auditor's job may name
        another folder, and a file whose name held an id is called by its hash in the manifest (specification#silence).
        """
        if source["table"] != "pings" and source["sha256"] in self.unsealed:
            return self.unsealed[source["sha256"]]
        files = self.named.get(source["table"], {})
        if source["name"] in files:
            return files[source["name"]]
        alike = (path for path in files.values() if path.stat().st_size == source["bytes"])
        return next((path for path in alike if self._digest(path) == source["sha256"]), None)

    def _digest(self, path: Path) -> str:
        if path not in self._digests:
            self._digests[path] = sha256_of(path)
        return self._digests[path]

    def not_among(self, table: str, hashes: Set[str]) -> int:
        """How many files the job names for a table whose bytes have none of these SHA-256."""
        return sum(self._digest(path) not in hashes for path in self.named.get(table, {}).values())

    def not_read_by(self, run: AuditedEntry, grown: frozenset[str] = frozenset()) -> int:
        """How many files the job names that the run did not read, but for the tables that have ``grown`` since."""
        read = {(source["table"], source["name"]) for source in run.document["inputs"]}
        found = {self.path(source) for source in run.document["inputs"]}
        return sum(
            (table, name) not in read and path not in found
            for table, files in self.named.items()
            if table not in grown
            for name, path in files.items()
        )


def _files(where: JobPath) -> dict[str, Path]:
    """The files that a job names for a table, by the names that a manifest gives them.

    The job names a file, a folder (names that begin with a dot or an underscore are left out), or a pattern
    (specification#file-names).
    """
    path = where.path
    if path.is_dir():
        base, found = path, [each for each in path.rglob("*") if not _is_left_out(each.relative_to(path))]
    elif path.exists():
        base, found = path.parent, [path]
    else:
        # Path.glob would read a star in the name of the job's own folder as a pattern.
        matches = glob.glob(where.raw, root_dir=where.folder, recursive=True)  # noqa: PTH207
        base, found = _fixed(where), [where.folder / match for match in matches]
    return {_in_manifest(_name(each, (where.folder, base))): each for each in found if each.is_file()}


def _in_manifest(name: str) -> str:
    """A table of a database has no file ending in a manifest; the copy of it that is read here ends in .csv."""
    folder, _, file = name.partition("/")
    return file.removesuffix(".csv") if folder == SELECTED else name


def _is_left_out(relative: Path) -> bool:
    return any(part.startswith((".", "_")) for part in relative.parts)


def _fixed(where: JobPath) -> Path:
    """The folder before the first star of a pattern."""
    fixed = Path(where.raw)
    while glob.has_magic(str(fixed)):
        fixed = fixed.parent
    return where.folder / fixed


def _name(path: Path, folders: tuple[Path, ...]) -> str:
    """The path relative to the first of the folders that it is in: the job's own, else the one that the job names."""
    for folder in folders:
        if path.is_relative_to(folder) and ".." not in path.relative_to(folder).parts:
            return path.relative_to(folder).as_posix()
    return path.name


def same_bytes(path: Path, source: Mapping[str, Any]) -> bool:
    """Whether a file has the size and the SHA-256 that a manifest gives for it."""
    return bool(path.stat().st_size == source["bytes"]) and sha256_of(path) == str(source["sha256"])


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hex. Raises `OSError` where it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def quiet_name(path: Path) -> str:
    """What a file is called that no entry names: by its hash, and by the ending that says how it is written."""
    return f"{BY_HASH}{sha256_of(path)[:16]}{path.suffix}"
