"""Examples: small tables that anybody can read, with the reason of each ping. `docs/reference/reasons.md` is made from them.

A table is text: the first line has the names of the columns, `|` separates cells, `-` is a missing value, and `␣` is a
space. What an example does not state is as on the base day (`world.world`), and the job declares what `inputs` says.
The tests compare the oracle and the filter with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests import oracle
from tests.second_implementation import check_again
from tests.world import (
    AFTERWARDS,
    WHERE,
    World,
    assignment,
    at,
    ping,
    place,
    shift,
    site,
    wall,
    world,
)

Cells = dict[str, str | None]
TABLES = ("assignments", "roster", "places", "sites")
STOPS = "the run stops"
QUICK = 3
"""How many examples of a chapter are quick enough together for `make test-fast`."""


@dataclass(frozen=True)
class Example:
    """What is on record, the pings with their expected reasons, and a title that says why."""

    title: str
    pings: str
    assignments: str = ""
    roster: str = ""
    places: str = ""
    sites: str = ""
    policy: dict[str, dict[str, Any]] = field(default_factory=dict)
    inputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    as_of: str = AFTERWARDS
    interval: tuple[str, str] | None = None
    stops: bool = False

    def __str__(self) -> str:
        """The title, as a test id."""
        return self.title.replace(" ", "-")


@dataclass(frozen=True)
class Chapter:
    """One reason: its name, what it means, and its examples."""

    name: str
    meaning: str
    examples: tuple[Example, ...]


def cells(table: str) -> list[Cells]:
    """The rows of a text table by column."""
    lines = [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]
    rows = [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]
    return [{k: None if v == "-" else v.replace("␣", " ") for k, v in row.items()} for row in rows]


def world_of(example: Example) -> World:
    """The tables of an example as inputs."""
    makers = dict(zip(TABLES, (an_assignment, a_shift, a_place, a_site), strict=True))
    given = {
        name: [makers[name](row) for row in cells(getattr(example, name))] for name in TABLES if getattr(example, name)
    }
    pings = [a_ping(row) for row in cells(example.pings)]
    interval = None if example.interval is None else [at(clock) for clock in example.interval]
    return world(
        pings,
        policy=example.policy,
        as_of=at(example.as_of),
        interval=interval,
        inputs=example.inputs or None,
        **given,
    )


def expected(example: Example) -> list[str | None]:
    """The last column of the pings; `-` where a row is not recorded."""
    return [row["reason"] for row in cells(example.pings)]


def each(examples: Sequence[Any]) -> list[Any]:
    """All of them as parameters of a test: `make test-fast` makes do with the first few of a chapter."""
    slow = [pytest.mark.slow]
    return [pytest.param(example, marks=slow if place >= QUICK else []) for place, example in enumerate(examples)]


def check_example(example: Example, ask_filter: Callable[[World], Any]) -> None:
    """The oracle and the filter give the expected reasons, and release the same rows; the second implementation finds no
    difference.
    """
    given = world_of(example)
    outcome = ask_filter(given)
    if example.stops:
        assert stops(given)
        assert outcome.stopped
    else:
        answer = oracle.answer(given)
        assert answer.reasons == expected(example)
        assert outcome.reasons == expected(example)
        assert outcome.release == answer.release
    check_again(given, outcome)


def stops(given: World) -> bool:
    """Whether the oracle stops on this world."""
    try:
        oracle.answer(given)
    except oracle.Stop:
        return True
    return False


def spot(name: str | None) -> dict[str, Any]:
    """A named spot, or `lon lat`, as columns."""
    if name is None:
        return {"lon": None, "lat": None}
    lon, lat = WHERE[name] if name in WHERE else (figure(part) for part in name.split(" "))
    return {"lon": lon, "lat": lat}


def figure(cell: str | None) -> Any:
    """A number where the cell is one, otherwise its text."""
    try:
        return None if cell is None else int(cell) if cell.lstrip("-").isdigit() else float(cell)
    except ValueError:
        return cell


def a_ping(row: Cells) -> dict[str, Any]:
    """A line of the ping table."""
    time = row["time"]
    accuracy = figure(row.get("accuracy", "10"))
    made = {**ping(time or "", device=row.get("device", "d1"), accuracy=accuracy), **spot(row.get("where", "station"))}
    received = {"received_at": stamp(row["received"])} if "received" in row else {}
    return {**made, **received, **({"valid": row["valid"]} if "valid" in row else {})}


def an_assignment(row: Cells) -> dict[str, Any]:
    """A line of the assignment table."""
    base = assignment(row.get("device", "d1"), row.get("officer", "o1"))
    times = {"valid_from": stamp(row.get("from", "2026-01-01")), "valid_to": stamp(row.get("to"))}
    return {**base, **times, **recorded_at(row)}


def a_shift(row: Cells) -> dict[str, Any]:
    """A line of the roster."""
    return {
        **shift(code=row.get("code", "duty"), shift_id=row.get("shift", "r1"), officer=row.get("officer", "o1")),
        "starts_at": row.get("starts") and wall(row["starts"] or ""),
        "ends_at": row.get("ends") and wall(row["ends"] or ""),
        "timezone": row.get("zone"),
        "status": row.get("status", "active"),
        "recorded_at": stamp(row.get("recorded", "2026-02-01")),
    }


def a_place(row: Cells) -> dict[str, Any]:
    """A line of the places; officer `everyone` is NULL."""
    officer = row.get("officer", "o1")
    made = place(radius_m=figure(row.get("radius", "100")), officer=None if officer == "everyone" else officer)
    kind, ident = row.get("kind", "home"), row.get("place", "h1")
    times = {"valid_from": stamp(row.get("from")), "valid_to": stamp(row.get("to"))}
    named = {**made, **times, **recorded_at(row), "kind": kind, "place_id": ident}
    if row.get("shape"):
        return {**named, "geometry": row["shape"], "lon": None, "lat": None, "radius_m": None}
    return {**named, **spot(row.get("where", "home"))}


def a_site(row: Cells) -> dict[str, Any]:
    """A line of the sites."""
    return {
        **site(site_id=row.get("site") or "s1"),
        **spot(row.get("where", "station")),
        "radius_m": figure(row["radius"]),
    }


def recorded_at(row: Cells) -> dict[str, Any]:
    """When a row was recorded, where the table says so."""
    return {"recorded_at": stamp(row["recorded"])} if "recorded" in row else {}


def stamp(cell: str | None) -> str | None:
    """An instant as the tables write it: a time of the base day, or a complete instant."""
    return None if cell is None else at(cell)
