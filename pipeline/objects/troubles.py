"""The ways in which an object store says no, in words of our own: a library's may hold an address, a key or a secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum


class Kind(StrEnum):
    """What went wrong."""

    GONE = "it is not there"
    REFUSED = "access was refused, or no credentials were found"
    CHANGED = "it has changed since"
    NAME = "an object there has a name that no file can have: take it away, or ask who put it there"
    LARGE = "a file has more bytes than can be put there in one step"
    LOST = "the object store did not answer, or not as it should"


class ObjectTrouble(Exception):  # noqa: N818 (what it is)
    """An object store said no; ``kind`` is all that may be told."""

    def __init__(self, kind: Kind) -> None:
        super().__init__(kind.value)
        self.kind = kind


@contextmanager
def plain_troubles() -> Iterator[None]:
    """Whatever an object store or its library raises becomes an `ObjectTrouble`, which quotes nothing.

    A library that is missing stays an `ImportError`.
    """
    try:
        yield
    except (ObjectTrouble, ImportError):
        raise
    except Exception as error:
        raise ObjectTrouble(_kind(error)) from None


def _kind(error: Exception) -> Kind:
    from obstore import exceptions as told

    kinds: list[tuple[Kind, tuple[type[Exception], ...]]] = [
        (Kind.GONE, (FileNotFoundError,)),
        (Kind.REFUSED, (PermissionError, told.PermissionDeniedError, told.UnauthenticatedError)),
        (Kind.CHANGED, (told.AlreadyExistsError, told.PreconditionError, told.NotModifiedError)),
        (Kind.NAME, (told.InvalidPathError,)),
    ]
    return next((kind for kind, types in kinds if isinstance(error, types)), None) or _kind_in(str(error))


# obstore 0.12 raises one and the same error for every listing and every batch of deletions that a server refuses, and for
# credentials that it looked for in vain; only its text tells them apart. What a server says stands behind the status. These
# may go when the error has a type of its own; until then an unknown text is `Kind.LOST`, and tests notice.
_NOBODY = "Error performing token request"
_STATUS = re.compile(r"Server returned non-2xx status code: (\d{3})\b|\(code: (\d{3})\)")
_KINDS = {"404": Kind.GONE, "401": Kind.REFUSED, "403": Kind.REFUSED}
_KINDS |= dict.fromkeys(("304", "409", "412"), Kind.CHANGED)


def _kind_in(text: str) -> Kind:
    """What went wrong, as far as a text of obstore's tells.

    >>> _kind_in("Error performing list request: … Server returned non-2xx status code: 404 Not Found: <Error>403</Error>")
    <Kind.GONE: 'it is not there'>
    >>> _kind_in("HTTP error: error sending request").name
    'LOST'
    """
    if _NOBODY in text.partition("http")[0]:
        return Kind.REFUSED
    found = _STATUS.search(text)
    return _KINDS.get(found[1] or found[2], Kind.LOST) if found else Kind.LOST
