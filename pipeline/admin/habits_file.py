"""Reads the habits of a made-up force from a TOML file, as strictly as a policy."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, create_model

from offduty.config.toml_reader import Expectation, Section, parse, read_toml
from offduty.core.errors import UsageError
from offduty.synth import Habits
from offduty.synth.habits import habit_fields


def _key(default: Any, metadata: Any) -> Any:
    """The type of a key, with its range in words for messages and the schema, and its default."""
    kind = int if isinstance(default, int) else float
    words = f"{metadata['unit']} from {metadata['least']:g} to {metadata['most']:g}"
    if kind is int:
        words = f"a whole number of {words}"
    limits = Field(ge=metadata["least"], le=metadata["most"])
    return Annotated[kind, limits, Expectation(words)], Field(default=default, description=metadata["says"])


HabitsDocument: type[Section] = create_model(
    "HabitsDocument",
    __base__=Section,
    __doc__="The habits of a made-up force; what is left out is as in the default force.",
    **{name: _key(one.default, one.metadata) for name, one in habit_fields().items()},
)
"""The keys of `Habits`, with their ranges and defaults, as a document that people write."""


def load_habits(path: Path) -> Habits:
    """The habits in a TOML file; `UsageError` names the file, each wrong key, what was expected and what was found."""
    document = parse(HabitsDocument, read_toml(path), path.name)
    habits = Habits(**document.model_dump(exclude_unset=True))
    wrong = habits.wrong()  # what is wrong only together
    if wrong is not None:
        raise UsageError(wrong, file=path.name)
    return habits
