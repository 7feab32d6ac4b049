"""Reads job and policy, the two documents that people write, strictly, and words the errors in them."""

from __future__ import annotations

import difflib
import io
import json
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from offduty.core.errors import UsageError, why

Model = TypeVar("Model", bound=BaseModel)

LONGEST_SHOWN = 60  # as many characters of a found value are repeated in a message


class Section(BaseModel):
    """A section of a document: frozen, no unknown key, no conversion of types, no NaN or infinity."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)


@dataclass(frozen=True)
class Expectation:
    """What a key expects, in words, for error messages and documentation.

    Where `secret` is True the message does not repeat the found value. `choices` are the values to suggest.
    """

    words: str
    secret: bool = False
    choices: Callable[[], Iterable[str]] = tuple


def _instead(folder: Path, usual: str) -> str:
    """What to name in place of a folder."""
    if usual and (folder / usual).is_file():
        return f"A file is wanted, not its folder: did you mean {folder / usual}?"
    return f"A file is wanted, such as {usual}, not a folder" if usual else "A file is wanted, not a folder"


def read_toml(path: Path, usual: str = "") -> dict[str, Any]:
    """The document in a TOML file, with or without a byte order mark; `UsageError` where it cannot be read.

    ``usual`` is how such a file is usually called: where a folder is named that has one, the message proposes it.
    """
    return read_toml_once(path, usual)[0]


def read_toml_once(path: Path, usual: str = "") -> tuple[dict[str, Any], bytes]:
    """`read_toml`, and the very bytes that the document was read from."""
    try:
        content = path.read_bytes()
        return tomllib.loads(io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig").read()), content
    except FileNotFoundError:
        raise UsageError(f"there is no such file in {path.absolute().parent}", file=path.name) from None
    except IsADirectoryError as error:
        raise UsageError(
            f"cannot be read: {why(error)} ({path.absolute().parent}). {_instead(path, usual)}",
            file=path.name or str(path),
        ) from None
    except OSError as error:
        raise UsageError(f"cannot be read: {why(error)} ({path.absolute().parent})", file=path.name) from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"cannot be read as TOML: {_why(error)}", file=path.name) from None


def parse(model: type[Model], document: Mapping[str, Any], file: str) -> Model:
    """Validate a document as `model`; `UsageError` with one line for each wrong key.

    `file` is the name for the messages.
    """
    try:
        return model.model_validate(dict(document))
    except ValidationError as error:
        wrong = list(dict.fromkeys(_messages(model, error)))
        raise UsageError(f"\n{file}: ".join(wrong), file=file) from None


def keys_of(model: type[BaseModel]) -> Iterator[tuple[str, str, FieldInfo]]:
    """Every key of a document as section, key and field, in order; the section is '' for a key outside of sections."""
    for name, field in model.model_fields.items():
        section = section_of(field)
        if section is None:
            yield "", name, field
        else:
            yield from ((name, key, inner) for key, inner in section.model_fields.items())


def section_of(field: FieldInfo) -> type[Section] | None:
    """The section class of a field of a document, also of one that may be left out; None for a plain value."""
    kinds = (field.annotation, *get_args(field.annotation))
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Section)), None)


def expected_of(field: FieldInfo) -> Expectation:
    """What a field expects; `StopIteration` where it does not say so, which a test excludes."""
    return next(extra for extra in field.metadata if isinstance(extra, Expectation))


def _messages(model: type[BaseModel], error: ValidationError) -> Iterator[str]:
    for detail in error.errors(include_url=False):
        yield _message(model, detail)


def _message(model: type[BaseModel], detail: ErrorDetails) -> str:
    """One wrong key in words: its full name, what was expected, what was found, and what was perhaps meant."""
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
    table = section_of(inner)
    if table is None or len(path) == 2:
        return _mismatch(f"{path[0]}.{path[1]}", expected_of(inner), detail)
    return _in_table(f"{path[0]}.{path[1]}", table, path[2], detail)


def _in_table(name: str, table: type[Section], key: str, detail: ErrorDetails) -> str:
    """One wrong key of a table within a section, such as ``inputs.roster``; a path may be written without its key."""
    field = table.model_fields.get(key)
    if field is not None:
        return _mismatch(name if key == "path" else f"{name}.{key}", expected_of(field), detail)
    near = _closest(key, table.model_fields, 0.5)
    known = f"did you mean {name}.{near}?" if near else f"known here are {', '.join(table.model_fields)}"
    return f"unknown key {_cut(f'{name}.{key}')}: {known}"


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
    near = _closest(found, expected.choices(), 0.6) if isinstance(found, str) else None
    meant = f"; did you mean {shown(near)}?" if near else ""
    return f"{key}: expected {expected.words}, found {shown(found)}{meant}"


def _unknown(model: type[BaseModel], section: str, key: str, found: object) -> str:
    """An unknown key or section, and a suggestion: the same key elsewhere, a similar spelling, or all known names."""
    full = f"{section}.{key}" if section else key
    known = [f"{s}.{k}" if s else k for s, k, _ in keys_of(model)]
    siblings = [name for name in known if name.rpartition(".")[0] == section]
    what = f"unknown key {_cut(full)}"
    if not section and isinstance(found, Mapping):
        siblings = [name for name, field in model.model_fields.items() if section_of(field)]
        what = f"unknown section [{_cut(key)}]"
    siblings = siblings or list(model.model_fields)
    near = _most_similar(key, known, 1.0) or _most_similar(key, siblings, 0.5) or _most_similar(key, known, 0.6)
    return f"{what}: " + (f"did you mean {near}?" if near else f"known here are {', '.join(siblings)}")


def _most_similar(key: str, names: list[str], cutoff: float) -> str | None:
    """The full name whose last part is most similar to `key`; at a `cutoff` of 1 only the same spelling."""
    by_key = {name.rpartition(".")[2]: name for name in reversed(names)}
    near = _closest(key, by_key, cutoff)
    return by_key[near] if near else None


def _closest(word: str, words: Iterable[str], cutoff: float) -> str | None:
    """The most similar of `words`; None where none is similar. Of a very long word only the start is compared."""
    return next(iter(difflib.get_close_matches(_cut(word), list(words), n=1, cutoff=cutoff)), None)


def shown(value: object) -> str:
    """A found value as a message shows it: text in quotes, so that "5" differs from 5; lists and tables by their type.

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
