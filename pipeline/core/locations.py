"""Tells addresses in object stores (``s3://bucket/folder``) from paths, and parses them; nothing is opened here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from offduty.core.errors import UsageError

SCHEMES = ("s3", "gs", "az")
"""S3 and compatible stores; Google Cloud Storage; Azure Blob Storage."""
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_QUERY = re.compile(r"[?&][\w.-]+=")


@dataclass(frozen=True)
class ObjectAddress:
    """A location in an object store: a bucket (on Azure a container) and a key, or the prefix of several keys.

    >>> str(ObjectAddress("s3", "force", "offduty") / "log"), ObjectAddress("s3", "force", "offduty/runs").name
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
        """The last part of the key, or the bucket's name where there is no key."""
        return self.key.rpartition("/")[2] or self.bucket

    @property
    def parent(self) -> ObjectAddress:
        """The address one level up; the parent of a bucket is the bucket itself."""
        return ObjectAddress(self.scheme, self.bucket, self.key.rpartition("/")[0])


Location = Path | ObjectAddress
"""A path in a file system, or an address in an object store."""


def is_object(raw: str) -> bool:
    """Whether a text begins like an address in an object store; the rest of it may be wrong.

    >>> is_object("s3://force/pings"), is_object("pings/*.csv"), is_object("postgresql://db/force")
    (True, False, False)
    """
    found = _SCHEME.match(raw)
    return found is not None and found[1].lower() in SCHEMES


def read_address(raw: str, what: str) -> ObjectAddress:
    """Parse an address; a slash at its end is dropped, and a pattern (``*``) is left as it is.

    Raises `UsageError` where the address names no bucket, or contains a query, a user name or a password, which may be
    secrets. The message names the address by ``what`` and repeats nothing of it.
    """
    scheme, _, rest = raw.partition("://")
    bucket, _, key = rest.partition("/")
    if _QUERY.search(raw):
        raise UsageError(
            f"{what} contains a query: name only the bucket and the object; credentials come from the environment"
        )
    if not _BUCKET.fullmatch(bucket):
        raise UsageError(
            f"{what} names no bucket: write {scheme.lower()}://bucket/folder, without a user name or a password;"
            " credentials come from the environment"
        )
    key = key.rstrip("/")
    if "\0" in key or any(part in ("", ".", "..") for part in key.split("/") if key):
        raise UsageError(f"{what} has an empty part, or a part . or .., between its slashes: correct it")
    return ObjectAddress(scheme.lower(), bucket, key)


def store_address(raw: str) -> ObjectAddress:
    """Parse the address of a store: one folder, not a whole bucket and not a pattern. Raises `UsageError`."""
    found = read_address(raw, "the store")
    if not found.key:
        raise UsageError("the store is a whole bucket: name a folder in it, because a store needs a folder of its own")
    if any(letter in found.key for letter in "*?["):
        raise UsageError("the store is one folder, not a pattern: name it without *, ? and [")
    return found


def store_location(raw: str | Path) -> Location:
    """The location of a store from what a command or a job names.

    Raises `UsageError` for an unknown scheme, and for an address passed as a `Path`, which drops one of its slashes.
    """
    if isinstance(raw, Path) and is_object(str(raw).replace(":/", "://", 1)):
        raise UsageError("an address in an object store must be passed as text, not as a path")
    if isinstance(raw, str) and is_object(raw):
        return store_address(raw)
    if re.match(r"\s*[A-Za-z][A-Za-z0-9+.-]*:/", str(raw)):
        known = ", ".join(f"{scheme}://" for scheme in SCHEMES)
        raise UsageError(f"the store looks like an address of an unknown kind; known are {known}")
    return Path(raw)
