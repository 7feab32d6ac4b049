"""What a converter gets: one file, what was asked, and where to count what it passes over."""

from __future__ import annotations

import gzip
import io
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import IO, Any, TextIO, cast

from offduty.core.errors import InputError, UsageError, why

Row = Mapping[str, str]
"""One row: the text of each column, by its name; what is missing is empty."""


@dataclass(frozen=True)
class Asked:
    """What the command was given beside the files; each format takes some of it. Texts are empty where nothing is.

    ``device`` and ``officer`` are ids for files that name none, ``start`` and ``end`` the time in which the shifts of
    a calendar are written out, ``recorded_at`` what stands for a record time, and ``id_column`` the column that has the
    ids of the feed.
    """

    device: str = ""
    officer: str = ""
    start: str = ""
    end: str = ""
    recorded_at: str = ""
    id_column: str = ""


@dataclass
class Reading:
    """One file that is being read.

    ``name`` stands for it in messages: its own name may hold an id (specification#silence). ``passed_over`` counts what
    is no row of the table, by what it is.
    """

    path: Path
    name: str
    asked: Asked = field(default_factory=Asked)
    passed_over: Counter[str] = field(default_factory=Counter)

    def refusal(self, what: str, row: int | None = None) -> InputError:
        """The error to raise for this file."""
        return InputError(what, file=self.name, row=row)

    @contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        """The file for reading, unpacked if it ends in ``.gz``. Raises `InputError` where it cannot be read."""
        try:
            with self.path.open("rb") as file:
                if self.path.suffix.lower() == ".gz":
                    with gzip.open(file) as unpacked:
                        yield cast("IO[bytes]", unpacked)
                else:
                    yield file
        except EOFError:
            raise self.refusal("it is cut short") from None
        except zlib.error:
            raise self.refusal("it is damaged: it cannot be unpacked") from None
        except OSError as error:
            raise self.refusal(f"it cannot be read: {why(error)}") from None

    @contextmanager
    def text(self) -> Iterator[TextIO]:
        """The file as text in UTF-8. Raises `InputError` where it is not."""
        with self.opened() as file:
            try:
                with io.TextIOWrapper(file, encoding="utf-8-sig", newline="") as text:
                    yield text
            except UnicodeDecodeError:
                raise self.refusal("it is not written in UTF-8") from None


Convert = Callable[[Reading], Iterator[Row]]
"""Gives the rows of one file, in its order, as they are read."""


def library(name: str, extra: str) -> ModuleType:
    """A library of an extra. `UsageError` where it is not installed."""
    try:
        return import_module(name)
    except ImportError:
        raise UsageError(f"this format needs {name}: pip install 'offduty[{extra}]'") from None


def text_of(value: Any) -> str:
    """A value of JSON, whose numbers are texts, as the text of a cell.

    >>> text_of(None), text_of(True), text_of("51.5")
    ('', 'true', '51.5')
    """
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
