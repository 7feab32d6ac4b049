"""Reads JSON of any size one value after the other: the elements of its arrays, and what stands in a row of values.

Numbers stay the texts that are written, so no digit of a coordinate is changed.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any, TextIO

from offduty.convert.reading import Reading

CHUNK = 1 << 16
LONGEST = 1 << 26
"""A single value may have so many characters, and is refused beyond that: it must be in memory as a whole."""
SPACES = " \t\r\n"


def values_of(reading: Reading, keys: Collection[str] = ()) -> Iterator[tuple[str, Any]]:
    """The values of a file, each with the key under which it stands.

    The elements of an array at the top come one by one, with an empty key. Of an object at the top come the elements
    of the arrays under ``keys``; without keys it comes itself. Several values may follow each other. Raises
    `InputError`, with the number of the value, where the file is not JSON.
    """
    with reading.text() as stream:
        text = _Text(stream, reading)
        try:
            while char := text.peek():
                if char == "[":
                    yield from (("", value) for value in text.elements())
                elif char == "{" and keys:
                    yield from text.members(keys)
                else:
                    yield "", text.value()
        except RecursionError:
            raise reading.refusal("its JSON is nested too deep to be read") from None


class _Text:
    """The text that was read and is not used yet."""

    def __init__(self, stream: TextIO, reading: Reading) -> None:
        self._stream = stream
        self._reading = reading
        self._text = ""
        self._at = 0
        self._count = 0
        self._decoder = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)

    def _more(self) -> bool:
        rest = self._text[self._at :]
        if len(rest) > LONGEST:
            raise self._reading.refusal("a value of its JSON is longer than 64 MB", self._count)
        chunk = self._stream.read(max(CHUNK, len(rest)))
        self._text, self._at = rest + chunk, 0
        return bool(chunk)

    def peek(self) -> str:
        """The next character that is no white space, still unused; empty at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in SPACES:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def _take(self, expected: str) -> str:
        char = self.peek()
        if not char or char not in expected:
            raise self._reading.refusal("it is not JSON, or it is cut short", self._count)
        self._at += 1
        return char

    def value(self) -> Any:
        """The next value."""
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError:
                if self._more():
                    continue
                raise self._reading.refusal("it is not JSON, or it is cut short", self._count) from None
            if end == len(self._text) and self._more():  # a number may go on
                continue
            self._at = end
            self._count += 1
            return value

    def elements(self) -> Iterator[Any]:
        """The elements of the array that begins here."""
        self._take("[")
        if self.peek() == "]":
            self._take("]")
            return
        while True:
            yield self.value()
            if self._take(",]") == "]":
                return

    def members(self, keys: Collection[str]) -> Iterator[tuple[str, Any]]:
        """The elements of the arrays under these keys, in the object that begins here; all else is passed over, and an
        object without any of them is counted.
        """
        self._take("{")
        found = False
        while self.peek() != "}":
            key = self.value()
            self._take(":")
            if self.peek() != "[":
                self.value()
            else:
                found |= key in keys
                yield from ((key, value) for value in self.elements() if key in keys)
            if self.peek() == ",":
                self._take(",")
        self._take("}")
        if not found:
            self._reading.passed_over["objects of another kind"] += 1
