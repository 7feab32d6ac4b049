"""The ways in which an object store says no, in words of our own: a library's may hold an address, a key or a secret."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

EXISTS_STATUS = (409, 412)
"""A condition did not hold: something is there already, or is another by now."""


class Kind(StrEnum):
    """What went wrong."""

    GONE = "it is not there"
    REFUSED = "access was refused, or no credentials were found"
    CHANGED = "it has changed since"
    LOST = "the object store did not answer, or not as it should"


class ObjectTrouble(Exception):  # noqa: N818 (what it is)
    """An object store said no; ``kind`` is all that may be told."""

    def __init__(self, kind: Kind) -> None:
        super().__init__(kind.value)
        self.kind = kind


def status_of(error: BaseException) -> int:
    """The HTTP status that an error, or one that led to it, tells of; 0 where none does."""
    return next((status for link in _chain(error) if (status := _status(link))), 0)


def _status(error: BaseException) -> int:
    response: Any = getattr(error, "response", None)
    if isinstance(response, dict):
        return int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    for name in ("status_code", "status", "code"):
        found = getattr(error, name, None)
        if isinstance(found, int | str) and str(found).isdigit() and 100 <= int(found) < 600:
            return int(found)
    return 0


def _chain(error: BaseException) -> Iterator[BaseException]:
    left: BaseException | None = error
    for _ in range(10):
        if left is None:
            return
        yield left
        left = left.__cause__ or left.__context__


@contextmanager
def plain_troubles() -> Iterator[None]:
    """Whatever an object store or its library raises becomes an `ObjectTrouble`, which quotes nothing.

    A library that is missing stays an `ImportError`.
    """
    try:
        yield
    except (ObjectTrouble, ImportError, asyncio.CancelledError):
        raise
    except Exception as error:
        raise ObjectTrouble(_kind(error)) from None


async def was_created(asked: Awaitable[Any]) -> bool:
    """Whether a put on the condition that nothing is there was done; False where something is, or may be coming."""
    try:
        await asked
    except Exception as error:
        if isinstance(error, FileExistsError) or status_of(error) in EXISTS_STATUS:
            return False
        raise
    return True


def _kind(error: Exception) -> Kind:
    status = status_of(error)
    names = {type(link).__name__ for link in _chain(error)}
    if isinstance(error, FileNotFoundError) or status == 404:
        return Kind.GONE
    if isinstance(error, PermissionError) or status in (401, 403) or names & _NO_CREDENTIALS:
        return Kind.REFUSED
    return Kind.CHANGED if status in (304, *EXISTS_STATUS) else Kind.LOST


_NO_CREDENTIALS = {
    "NoCredentialsError",
    "PartialCredentialsError",
    "TokenRetrievalError",
    "DefaultCredentialsError",
    "ClientAuthenticationError",
    "CredentialUnavailableError",
    "ProfileNotFound",
}
