"""Reads the two documents people write, job and policy, strictly, and says in small letters what is wrong with one."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from offduty.core.errors import UsageError, why

Model = TypeVar("Model", bound=BaseModel)

LONGEST_SHOWN = 60  # characters of a found value that a message repeats


class Section(BaseModel):
    """A table of a document: frozen, no unknown key, no value of merely a similar type, no NaN or infinity."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True)
class Expectation:
    """What a key wants, in words, for the error message.

    `secret` keeps the found value out of it; `choices` are the values that may have been meant.
    """

    words: str
    secret: bool = False
    choices: Callable[[], Iterable[str]] = tuple


def read_toml(path: Path) -> dict[str, Any]:
    """The document in `path`, a leading byte order mark passed over; `UsageError` where it is no readable TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise UsageError("there is no such file", file=path.name) from None
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"cannot be read as TOML: {_why(error)}", file=path.name) from None


def parse(model: type[Model], document: Mapping[str, Any], file: str) -> Model:
    """`document` as `model`, or a `UsageError` with one line for each key that is wrong."""
    try:
        return model.model_validate(dict(document))
    except ValidationError as error:
        wrong = list(dict.fromkeys(_complaints(model, error)))
        raise UsageError(f"\n{file}: ".join(wrong), file=file) from None


def keys_of(model: type[BaseModel]) -> Iterator[tuple[str, str, FieldInfo]]:
    """Every key of a document as section, key and field, in order; a key outside any section has the section ''."""
    for name, field in model.model_fields.items():
        section = section_of(field)
        if section is None:
            yield "", name, field
        else:
            yield from ((name, key, inner) for key, inner in section.model_fields.items())


def section_of(field: FieldInfo) -> type[Section] | None:
    """The section that a field of a document holds; None for a plain value."""
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, Section) else None


def expected_of(field: FieldInfo) -> Expectation:
    """What a field wants; every key of every document must say so."""
    return next(extra for extra in field.metadata if isinstance(extra, Expectation))


def _complaints(model: type[BaseModel], error: ValidationError) -> Iterator[str]:
    for detail in error.errors(include_url=False):
        yield _complaint(model, detail)


def _complaint(model: type[BaseModel], detail: ErrorDetails) -> str:
    """One wrong key in words: its full name, what was expected and what was found, or what was perhaps meant."""
    path = [part for part in detail["loc"] if isinstance(part, str)]
    field = model.model_fields.get(path[0]) if path else None
    section = section_of(field) if field else None
    if field is None:
        return _unknown(model, "", path[0] if path else "", detail["input"])
    if section is None:
        return _mismatch(path[0], expected_of(field), detail)
    if len(path) == 1:
        return _bad_section(path[0], section, detail)
    inner = section.model_fields.get(path[1])
    if inner is None:
        return _unknown(model, path[0], path[1], detail["input"])
    return _mismatch(f"{path[0]}.{path[1]}", expected_of(inner), detail)


def _bad_section(name: str, section: type[Section], detail: ErrorDetails) -> str:
    needed = [key for key, field in section.model_fields.items() if field.is_required()]
    if detail["type"] == "missing":
        return f"section [{name}] is missing: expected it with {' and '.join(needed)}"
    return f"{name}: expected a section [{name}], found {shown(detail['input'])}"


def _mismatch(key: str, expected: Expectation, detail: ErrorDetails) -> str:
    if detail["type"] == "missing":
        return f"{key} is missing: expected {expected.words}"
    found = detail["input"]
    if expected.secret:
        return f"{key}: expected {expected.words}, found something else"
    near = _nearest(found, expected.choices(), 0.6) if isinstance(found, str) else None
    meant = f"; did you mean {shown(near)}?" if near else ""
    return f"{key}: expected {expected.words}, found {shown(found)}{meant}"


def _unknown(model: type[BaseModel], section: str, key: str, found: object) -> str:
    """An unknown key or section, and what is near: the same key elsewhere, a like spelling, or all there is."""
    full = f"{section}.{key}" if section else key
    known = [f"{s}.{k}" if s else k for s, k, _ in keys_of(model)]
    beside = [name for name in known if name.rpartition(".")[0] == section]
    what = f"unknown key {_cut(full)}"
    if not section and isinstance(found, Mapping):
        beside = [name for name, field in model.model_fields.items() if section_of(field)]
        what = f"unknown section [{_cut(key)}]"
    beside = beside or list(model.model_fields)
    near = _like(key, known, 1.0) or _like(key, beside, 0.5) or _like(key, known, 0.6)
    return f"{what}: " + (f"did you mean {near}?" if near else f"known here are {', '.join(beside)}")


def _like(key: str, names: list[str], cutoff: float) -> str | None:
    """The full name whose last part is spelled most like `key`; the same spelling at a `cutoff` of 1."""
    by_key = {name.rpartition(".")[2]: name for name in reversed(names)}
    near = _nearest(key, by_key, cutoff)
    return by_key[near] if near else None


def _nearest(word: str, words: Iterable[str], cutoff: float) -> str | None:
    """The like spelling among `words`; None where nothing is near. A very long word is compared by its beginning."""
    return next(iter(difflib.get_close_matches(_cut(word), list(words), n=1, cutoff=cutoff)), None)


def shown(value: object) -> str:
    """A found value as a message shows it: text in quotes, so that "5" differs from 5; lists and tables by their name.

    >>> shown("5"), shown(5), shown(True), shown([1]), shown({})
    ('"5"', '5', 'true', 'a list', 'a table')
    """
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, int) and value.bit_length() > 200:  # a number of 4300 digits cannot even be printed
        return "a number that is far too large"
    if isinstance(value, float):
        return repr(value)  # inf and nan as TOML spells them
    if isinstance(value, str | int):
        return _cut(json.dumps(value, ensure_ascii=True))
    return "a date or time" if hasattr(value, "isoformat") else f"a {type(value).__name__}"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"


def _why(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text"
    if isinstance(error, OSError):
        return why(error)
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    text = str(error)
    return text[:1].lower() + text[1:]
