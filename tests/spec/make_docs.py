"""Writes `docs/reasons.md` from the stories: `python -m tests.spec.make_docs`. A test holds the page to this."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from tests.spec.stories import STOPS, Chapter, Story

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "reasons.md"
REASONS = (
    "unassigned",
    "shared",
    "off_duty",
    "late_edit",
    "window_open",
    "imprecise",
    "no_home",
    "protected_place",
    "home_leg",
    "duplicate",
    "on_duty",
)
BESIDES = ("quarantine", "refused", "summer_time")
INTRODUCTION = """# Reasons

<!-- Made by tests/spec/make_docs.py from the stories in tests/spec; do not edit. -->

Every ping gets exactly one reason: the first of this page that applies. All but the last hide it.

Each table below is a test. What a story does not say is as on the *base day*: officer `o1` holds device `d1` and works
from 08:00 to 16:00 on Monday 2 March 2026 in London (where winter time is UTC); the shift was recorded in February; the
home on record is a circle of 100 m; the workplace, `station`, one of 150 m; every fix is good to 10 m, taken at the
station, and the question is asked at the end of the year. A clock without a date is of that day, `-` is a missing value.
"""


def chapters(names: tuple[str, ...]) -> list[Chapter]:
    """The chapters of these test files."""
    return [importlib.import_module(f"tests.spec.test_{name}").CHAPTER for name in names]


def page() -> str:
    """The whole page."""
    numbered = [chapter_text(f"{n}. `{c.name}`", c) for n, c in enumerate(chapters(REASONS), 1)]
    besides = [chapter_text(f"Besides: {c.name}", c) for c in chapters(BESIDES)]
    return "\n".join([INTRODUCTION, *numbered, *besides])


def chapter_text(heading: str, chapter: Chapter) -> str:
    """One chapter."""
    return f"## {heading}\n\n{chapter.meaning}\n\n" + "\n".join(story_text(story) for story in chapter.stories)


def story_text(story: Story) -> str:
    """One story: its title, what is on record, then the pings and their reasons."""
    parts = [f"### {story.title}\n", *(f"{line}\n" for line in settings(story))]
    for name in ("assignments", "roster", "places", "sites"):
        if getattr(story, name):
            parts.append(f"{name.capitalize()}:\n\n{markdown(getattr(story, name))}\n")
    parts.append(
        f"**{STOPS.capitalize()}, and nothing is published.**\n" if story.stops else f"{markdown(story.pings)}\n"
    )
    return "\n".join(parts)


def settings(story: Story) -> list[str]:
    """What is set otherwise than on the base day."""
    values = [
        f"`{section}.{key} = {value_text(value)}`"
        for section, rules in story.policy.items()
        for key, value in rules.items()
    ]
    lines = [f"Policy: {', '.join(values)}."] if values else []
    lines += [f"Asked at {story.as_of}."] if story.as_of != Story.as_of else []
    return lines + ([f"Interval: {story.interval[0]} to {story.interval[1]}."] if story.interval else [])


def value_text(value: Any) -> str:
    """A value as the policy file writes it."""
    return str(value).lower() if isinstance(value, bool) else f'"{value}"' if isinstance(value, str) else str(value)


def markdown(table: str) -> str:
    """A text table as Markdown."""
    lines = [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]
    rows = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([rows[0], "|" + "---|" * len(lines[0]), *rows[1:]])


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page())
