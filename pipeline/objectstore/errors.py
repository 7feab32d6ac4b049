"""What can go wrong with an object store, in our own words: a library's text may contain an address or a secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum


class ErrorKind(StrEnum):
    """What went wrong."""

    GONE = "it is not there"
    REFUSED = "access was refused, or no credentials were found"
    CHANGED = "it has changed since"
    NAME = "an object there has a name that no file can have: take it away, or ask who put it there"
    LARGE = "a file has more bytes than can be put there in one step"
    LOST = "the object store did not answer, or not as it should"


class ObjectStoreError(Exception):
    """An object store refused or failed; ``kind`` is all that may be printed."""

    def __init__(self, kind: ErrorKind) -> None:
        super().__init__(kind.value)
        self.kind = kind


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn whatever an object store or its library raises into an `ObjectStoreError`, which quotes nothing.

    A library that is missing stays an `ImportError`.
    """
    try:
        yield
    except (ObjectStoreError, ImportError):
        raise
    except Exception as error:
        raise ObjectStoreError(_kind(error)) from None


def _kind(error: Exception) -> ErrorKind:
    from obstore import exceptions

    kinds: list[tuple[ErrorKind, tuple[type[Exception], ...]]] = [
        (ErrorKind.GONE, (FileNotFoundError,)),
        (ErrorKind.REFUSED, (PermissionError, exceptions.PermissionDeniedError, exceptions.UnauthenticatedError)),
        (ErrorKind.CHANGED, (exceptions.AlreadyExistsError, exceptions.PreconditionError, exceptions.NotModifiedError)),
        (ErrorKind.NAME, (exceptions.InvalidPathError,)),
    ]
    return next((kind for kind, types in kinds if isinstance(error, types)), None) or _kind_in(str(error))


# obstore 0.12 raises the same error for every listing and every batch of deletions that a server refuses, and for
# missing credentials; only its text differs. The server's own text comes after the status. This may go when these
# errors have types of their own; until then an unknown text is `ErrorKind.LOST`, and tests notice.
_NO_CREDENTIALS = "Error performing token request"
_STATUS = re.compile(r"Server returned non-2xx status code: (\d{3})\b|\(code: (\d{3})\)")
_KINDS = {"404": ErrorKind.GONE, "401": ErrorKind.REFUSED, "403": ErrorKind.REFUSED}
_KINDS |= dict.fromkeys(("304", "409", "412"), ErrorKind.CHANGED)


def _kind_in(text: str) -> ErrorKind:
    """What went wrong, by the text of an obstore error.

    >>> _kind_in("Error performing list request: Server returned non-2xx status code: 404 Not Found: <Code>403")
    <ErrorKind.GONE: 'it is not there'>
    >>> _kind_in("HTTP error: error sending request").name
    'LOST'
    """
    if _NO_CREDENTIALS in text.partition("http")[0]:
        return ErrorKind.REFUSED
    found = _STATUS.search(text)
    return _KINDS.get(found[1] or found[2], ErrorKind.LOST) if found else ErrorKind.LOST
