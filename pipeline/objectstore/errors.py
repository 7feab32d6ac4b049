"""The ways in which an object store says no, in words of our own: a library's may hold an address, a key or a secret."""

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
    """An object store said no; ``kind`` is all that may be told."""

    def __init__(self, kind: ErrorKind) -> None:
        super().__init__(kind.value)
        self.kind = kind


@contextmanager
def translated_errors() -> Iterator[None]:
    """Whatever an object store or its library raises becomes an `ObjectStoreError`, which quotes nothing.

    A library that is missing stays an `ImportError`.
    """
    try:
        yield
    except (ObjectStoreError, ImportError):
        raise
    except Exception as error:
        raise ObjectStoreError(_kind(error)) from None


def _kind(error: Exception) -> ErrorKind:
    from obstore import exceptions as told

    kinds: list[tuple[ErrorKind, tuple[type[Exception], ...]]] = [
        (ErrorKind.GONE, (FileNotFoundError,)),
        (ErrorKind.REFUSED, (PermissionError, told.PermissionDeniedError, told.UnauthenticatedError)),
        (ErrorKind.CHANGED, (told.AlreadyExistsError, told.PreconditionError, told.NotModifiedError)),
        (ErrorKind.NAME, (told.InvalidPathError,)),
    ]
    return next((kind for kind, types in kinds if isinstance(error, types)), None) or _kind_in(str(error))


# obstore 0.12 raises one and the same error for every listing and every batch of deletions that a server refuses, and for
# credentials that it looked for in vain; only its text tells them apart. What a server says stands behind the status. These
# may go when the error has a type of its own; until then an unknown text is `ErrorKind.LOST`, and tests notice.
_NOBODY = "Error performing token request"
_STATUS = re.compile(r"Server returned non-2xx status code: (\d{3})\b|\(code: (\d{3})\)")
_KINDS = {"404": ErrorKind.GONE, "401": ErrorKind.REFUSED, "403": ErrorKind.REFUSED}
_KINDS |= dict.fromkeys(("304", "409", "412"), ErrorKind.CHANGED)


def _kind_in(text: str) -> ErrorKind:
    """What went wrong, as far as a text of obstore's tells.

    >>> _kind_in("Error performing list request: … Server returned non-2xx status code: 404 Not FoundObject: <Error>403</Error>")
    <ErrorKind.GONE: 'it is not there'>
    >>> _kind_in("HTTP error: error sending request").name
    'LOST'
    """
    if _NOBODY in text.partition("http")[0]:
        return ErrorKind.REFUSED
    found = _STATUS.search(text)
    return _KINDS.get(found[1] or found[2], ErrorKind.LOST) if found else ErrorKind.LOST
