"""Reads the columns of a table as the job declares them: names, constants, words, numbers and times.

Values are read in this order: names and constants, words, the decimal comma, then times and units
(specification#declarations). A constant is a value of the contract already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

import numpy as np
import pyarrow as pa

from offduty.core.errors import InputError
from offduty.verify.redecide.declarations import Declaration, DeclaredColumn
from offduty.verify.redecide.ingest.arrow_values import is_text, texts_of
from offduty.verify.redecide.ingest.declared_numbers import UNREADABLE_TEXT, multiplied, with_point, with_points
from offduty.verify.redecide.ingest.declared_times import declared_times, kind_of
from offduty.verify.redecide.ingest.json_values import text_of_json
from offduty.verify.redecide.tables import REQUIRED
from offduty.verify.redecide.text_values import NO_TIME, WHITE, Form, blank, no_time


def check_names(names: Sequence[str], table: str, declared: Declaration, file: str) -> None:
    """Raise `InputError` where a column has no name, is there twice, is missing, or is declared to be a constant."""
    if "" in names or len(set(names)) < len(names):
        raise InputError("a column has no name, or is there twice", file=file)
    wanted = {declared.columns.get(name, name) for name in REQUIRED[table] - set(declared.constants)}
    if not wanted | set(declared.columns.values()) <= set(names):
        raise InputError("a column is missing", file=file)
    if set(declared.constants) & set(names):
        raise InputError("a column is there, and is declared to be a constant", file=file)


def plain_column(column: pa.Array, how: DeclaredColumn) -> pa.Array:
    """A column as it is in the file, with the words of the contract and with decimal points.

    A missing value is no word: in CSV it is an empty one, too.
    """
    textual = is_text(column.type)
    if how.words:
        column = _by_word(column, how.words)
    return with_points(column.cast(pa.string())) if how.comma and textual else column


def _by_word(column: pa.Array, words: Mapping[str, str]) -> pa.Array:
    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    ours = [text if text is None else words.get(text, text) for text in texts_of(coded.dictionary)]
    return pa.array(ours, pa.string()).take(coded.indices)


def plain_cell(value: Any, how: DeclaredColumn) -> str | None:
    """A value of CSV or JSON with the words of the contract and with a decimal point.

    With a decimal comma, a point is no part of a number of JSON either.
    """
    written = text_of_json(value)
    if written is None or how.as_contract:
        return written
    text = how.words.get(written, written)
    return with_point(text) if how.comma else text


def contract_texts(texts: list[str | None], how: DeclaredColumn) -> list[str | None]:
    """Texts of times or numbers, as `plain_cell` gives them, in the form that the contract has.

    What is nothing written stays that; what cannot be read is a text that cannot be read, and of times one that differs
    as what is written does.
    """
    if how.form:
        return _contract_times(texts, how.form)
    return _contract_numbers(texts, how.unit) if how.unit else texts


def _contract_times(texts: list[str | None], form: str) -> list[str | None]:
    us, kind = declared_times(pa.array(texts, pa.string()), form), kind_of(form)
    clocks = np.where(us == NO_TIME, 0, us).astype("datetime64[us]")
    written = np.datetime_as_string(clocks, unit="D" if kind is Form.DAY else "us").tolist()
    ending = "Z" if kind is Form.INSTANT else ""
    return [
        text if no_time(text) else f"{UNREADABLE_TEXT}: {text}" if at == NO_TIME else clock + ending
        for text, at, clock in zip(texts, us.tolist(), written, strict=True)
    ]


def _contract_numbers(texts: list[str | None], unit: str) -> list[str | None]:
    """Numbers of places and sites, without the spaces around them."""
    values = multiplied(pa.array([text and text.strip(WHITE) for text in texts], pa.string()), unit).tolist()
    return [
        text if blank(text) else repr(value) if isfinite(value) else UNREADABLE_TEXT
        for text, value in zip(texts, values, strict=True)
    ]
