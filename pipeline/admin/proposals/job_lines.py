"""The lines of a table's section in a job: each a key with its value, and a comment that says why it is proposed."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

State = Literal["confirm", "open", "choice"]
WIDTH = 118
"""Columns of a comment."""


@dataclass(frozen=True)
class JobLine:
    """A key of a table's section, such as ``columns.officer_id``, with its value as TOML, and why it is proposed.

    A line to ``confirm`` is written so that it counts. An ``open`` one is commented out and has to be filled in or
    chosen, and a ``choice`` may be: both may have several values, of which a person keeps one.
    """

    key: str
    values: tuple[str, ...]
    why: str
    state: State = "confirm"

    @property
    def written(self) -> list[str]:
        """The line as it stands in the job, without its comment; several where there is a choice."""
        mark = "" if self.state == "confirm" else "# "
        return [f"{mark}{self.key} = {value}" for value in self.values]


def toml_text(text: str) -> str:
    """A text as TOML. What cannot be printed is written by its number: a name in a file may be meant to mislead.

    >>> print(toml_text('Staff "No"\\t\\x7f'), toml_text("\\U0001f6b2"))
    "Staff \\"No\\"\\t\\u007F" "🚲"
    """
    short = {'"': '\\"', "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
    return '"' + "".join(short.get(sign) or (sign if sign.isprintable() else _by_number(sign)) for sign in text) + '"'


def _by_number(sign: str) -> str:
    return f"\\u{ord(sign):04X}" if ord(sign) < 1 << 16 else f"\\U{ord(sign):08X}"


def toml_list(texts: Iterable[str]) -> str:
    """A list of texts as TOML."""
    return f"[{', '.join(map(toml_text, texts))}]"


def toml_key(name: str) -> str:
    """A part of a dotted key: bare where TOML allows it.

    >>> toml_key("duty"), toml_key("Europe/London")
    ('duty', '"Europe/London"')
    """
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name, re.ASCII) else toml_text(name)


def section_text(table: str, head: Sequence[str], path: str, lines: Sequence[JobLine]) -> str:
    """A table's section of a job as TOML: comments, the path, and the lines with their comments."""
    marks = {"confirm": "Confirm", "open": "OPEN", "choice": "Perhaps"}
    written = [comment(text) for text in head]
    written.append(f"[inputs.{table}]\npath = {toml_text(path)}")
    written.extend("\n".join([comment(f"{marks[line.state]}: {line.why}"), *line.written]) for line in lines)
    return "\n".join(written)


def comment(text: str) -> str:
    """A text as a comment of TOML, in as many lines as it needs."""
    printable = "".join(sign if sign.isprintable() else " " for sign in text)
    return "\n".join(f"# {line}" for line in textwrap.wrap(printable, WIDTH - 2, break_on_hyphens=False))


def quoted(name: str) -> str:
    """A name in a message; it is shortened where it is very long."""
    return json.dumps(name if len(name) <= 40 else f"{name[:39]}…", ensure_ascii=False)
