"""Writes `docs/reference/reasons.md` from the examples (`python -m tests.spec.make_docs`); a test checks that it is current."""

from __future__ import annotations

import importlib
import json
import re
from pathlib import Path
from typing import Any

from tests.spec.stories import STOPS, Chapter, Example

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "reference" / "reasons.md"
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
BESIDES = ("quarantine", "refused", "ids", "dates", "summer_time", "zones", "not_known")
INTRODUCTION = """# Reasons

<!-- Made by tests/spec/make_docs.py from the examples in tests/spec; do not edit. -->

Every ping has exactly one reason: the first of this page that applies. All reasons but the last hide the ping.

This page is for looking things up. The tables here say what each chapter is about; a chapter has small examples, one
for each case, and its title says what the example shows.

{overview}
## How to read an example

Each table from here on is a test. What an example does not state is as on the *base day*: device `d1` is assigned to officer
`o1`, who works from 08:00 to 16:00 on Monday 2 March 2026 in London (where winter time is UTC). The shift was recorded
in February. The home on record is a circle of 100 m, and the workplace, `station`, a circle of 150 m. Every fix has an
accuracy of 10 m and is taken at the station, and `as_of` is in November. A time without a date is of that day, `-` is a
missing value, and `␣` is a space.

The policy is the default policy, with three differences, so that each example is about one rule: no time is a silence
(`legs.max_gap_s`), nothing is held back at the ends of a window (`legs.hold_s = 0`), and no place is too far away
(`places.max_km`). Where an example is about one of these rules, its policy says so.
"""


def chapters(names: tuple[str, ...]) -> list[Chapter]:
    """The chapters of these test files."""
    return [importlib.import_module(f"tests.spec.test_{name}").CHAPTER for name in names]


def page() -> str:
    """The whole page."""
    reasons = {f"{n}. `{c.name}`": c for n, c in enumerate(chapters(REASONS), 1)}
    besides = {f"Also: {c.name}": c for c in chapters(BESIDES)}
    overview = contents("reason", reasons) + "\n" + contents("what else there is", besides)
    texts = (chapter_text(heading, chapter) for heading, chapter in (reasons | besides).items())
    return "\n".join([INTRODUCTION.format(overview=overview), *texts])


def contents(of: str, found: dict[str, Chapter]) -> str:
    """A table of chapters by their headings, with the first sentence of each and the number of its examples."""
    rows = [f"{of} | in a sentence | examples"]
    for heading, chapter in found.items():
        sentence = re.split(r"(?<=\.) ", " ".join(chapter.meaning.split()))[0].replace("|", "\\|")
        rows.append(f"[{heading}](#{slug(heading)}) | {sentence} | {len(chapter.examples)}")
    return markdown("\n".join(rows)) + "\n"


def slug(heading: str) -> str:
    """The name by which a link finds a heading.

    >>> slug("4. `late_edit`")
    '4-late_edit'
    """
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def chapter_text(heading: str, chapter: Chapter) -> str:
    """One chapter."""
    return f"## {heading}\n\n{chapter.meaning}\n\n" + "\n".join(example_text(example) for example in chapter.examples)


def example_text(example: Example) -> str:
    """One example: its title, what is on record, then the pings with their reasons."""
    parts = [f"### {example.title}\n", *(f"{line}\n" for line in settings(example))]
    for name in ("assignments", "roster", "places", "sites"):
        if getattr(example, name):
            parts.append(f"{name.capitalize()}:\n\n{markdown(getattr(example, name))}\n")
    parts.append(
        f"**{STOPS.capitalize()}, and nothing is published.**\n" if example.stops else f"{markdown(example.pings)}\n"
    )
    return "\n".join(parts)


def settings(example: Example) -> list[str]:
    """What differs from the base day."""
    values = [
        f"`{section}.{key} = {value_text(value)}`"
        for section, rules in example.policy.items()
        for key, value in rules.items()
    ]
    lines = [f"Policy: {', '.join(values)}."] if values else []
    declared = [
        f"`{table}.{key} = {value_text(value)}`" for table, how in example.inputs.items() for key, value in how.items()
    ]
    lines += [f"The job declares: {', '.join(declared)}."] if declared else []
    lines += [f"`as_of`: {example.as_of}."] if example.as_of != Example.as_of else []
    return lines + ([f"Interval: {example.interval[0]} to {example.interval[1]}."] if example.interval else [])


def value_text(value: Any) -> str:
    """A value as the policy file writes it."""
    return json.dumps(value)


def markdown(table: str) -> str:
    """A text table as Markdown."""
    lines = [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]
    rows = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([rows[0], "|" + "---|" * len(lines[0]), *rows[1:]])


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page())
