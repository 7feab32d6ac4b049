"""Tells addresses in object stores (``s3://bucket/folder``) from paths, and takes them apart. Nothing is opened here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from offduty.core.errors import UsageError

SCHEMES = ("s3", "gs", "az")
"""S3 and what speaks like it; Google Cloud Storage; Azure Blob Storage."""
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_QUERY = re.compile(r"[?&][\w.-]+=")


@dataclass(frozen=True)
class ObjectAddress:
    """A place in an object store: a bucket (on Azure a container) and what its objects' names begin with.

    >>> str(Address("s3", "force", "offduty") / "log"), Address("s3", "force", "offduty/runs").name
    ('s3://force/offduty/log', 'runs')
    """

    scheme: str
    bucket: str
    key: str

    def __str__(self) -> str:
        return f"{self.scheme}://{self.bucket}/{self.key}".rstrip("/")

    def __truediv__(self, name: str) -> ObjectAddress:
        return ObjectAddress(self.scheme, self.bucket, f"{self.key}/{name}" if self.key else name)

    @property
    def name(self) -> str:
        """The last part of the key; of a whole bucket, its name."""
        return self.key.rpartition("/")[2] or self.bucket

    @property
    def parent(self) -> ObjectAddress:
        """What holds it; a bucket holds itself."""
        return ObjectAddress(self.scheme, self.bucket, self.key.rpartition("/")[0])


Location = Path | ObjectAddress
"""Where something lies: in a file system, or in an object store."""


def is_object(raw: str) -> bool:
    """Whether a text is an address in an object store, well written or not.

    >>> is_object("s3://force/pings"), is_object("pings/*.csv"), is_object("postgresql://db/force")
    (True, False, False)
    """
    found = _SCHEME.match(raw)
    return found is not None and found[1].lower() in SCHEMES


def read_address(raw: str, what: str) -> ObjectAddress:
    """The address in a text; a slash at its end stays out, and a pattern stays in.

    ``what`` names it in errors, which repeat nothing of it: `UsageError` where it names no bucket, holds a query (which
    may be a secret), or a name and password.
    """
    scheme, _, rest = raw.partition("://")
    bucket, _, key = rest.partition("/")
    if _QUERY.search(raw):
        raise UsageError(
            f"{what} holds a query: name the bucket and the object alone; who may read it is not said here"
        )
    if not _BUCKET.fullmatch(bucket):
        raise UsageError(
            f"{what} names no bucket (as {scheme.lower()}://bucket/folder does); names and passwords stay out of it, they"
            " come from the environment"
        )
    key = key.rstrip("/")
    if "\0" in key or any(part in ("", ".", "..") for part in key.split("/") if key):
        raise UsageError(f"{what} has an empty part, or one of dots alone, between its slashes")
    return ObjectAddress(scheme.lower(), bucket, key)


def store_address(raw: str) -> ObjectAddress:
    """The address of a store: without a pattern. Raises `UsageError`."""
    found = read_address(raw, "the store")
    if not found.key:
        raise UsageError(
            "the store is a whole bucket: name a folder in it, for nothing else may lie where a store does"
        )
    if any(letter in found.key for letter in "*?["):
        raise UsageError("the store is one folder, not a pattern: name it without *, ? and [")
    return found


def store_location(raw: str | Path) -> Location:
    """Where a store lies, as a command names it. `UsageError` for an address as a path, which has swallowed a slash."""
    if isinstance(raw, Path) and is_object(str(raw).replace(":/", "://", 1)):
        raise UsageError("an address in an object store is a text, and no path: give it as it is written")
    if isinstance(raw, str) and is_object(raw):
        return store_address(raw)
    if re.match(r"\s*[A-Za-z][A-Za-z0-9+.-]*:/", str(raw)):
        known = ", ".join(f"{scheme}://" for scheme in SCHEMES)
        raise UsageError(f"the store begins as an address does, and is none of those that are known: {known}")
    return Path(raw)
