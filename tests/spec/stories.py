"""Stories: small tables anyone can read, and the reason each ping gets. The page `docs/reasons.md` is made from them.

A table is text: the first line names the columns, cells are parted by `|`, `-` is a missing value. What a story does
not say is as on the base day (see `world.world`). Tests ask the oracle and the filter for the same reasons.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests import oracle
from tests.world import (
    AFTERWARDS,
    WHERE,
    World,
    at,
    holds,
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


@dataclass(frozen=True)
class Story:
    """What is on record (`tables`), the pings with their expected reasons, and in a line why."""

    title: str
    pings: str
    assignments: str = ""
    roster: str = ""
    places: str = ""
    sites: str = ""
    policy: dict[str, dict[str, Any]] = field(default_factory=dict)
    as_of: str = AFTERWARDS
    interval: tuple[str, str] | None = None
    stops: bool = False

    def __str__(self) -> str:
        """The title, as a test id."""
        return self.title.replace(" ", "-")


@dataclass(frozen=True)
class Chapter:
    """One reason: its name, what it means, and its stories."""

    name: str
    meaning: str
    stories: tuple[Story, ...]


def cells(table: str) -> list[Cells]:
    """The rows of a text table by column."""
    lines = [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]
    return [{k: None if v == "-" else v for k, v in zip(lines[0], line, strict=True)} for line in lines[1:]]


def world_of(story: Story) -> World:
    """The story's tables as inputs."""
    makers = dict(zip(TABLES, (an_assignment, a_shift, a_place, a_site), strict=True))
    given = {
        name: [makers[name](row) for row in cells(getattr(story, name))] for name in TABLES if getattr(story, name)
    }
    pings = [a_ping(row) for row in cells(story.pings)]
    interval = None if story.interval is None else [at(clock) for clock in story.interval]
    return world(pings, policy=story.policy, as_of=at(story.as_of), interval=interval, **given)


def expected(story: Story) -> list[str | None]:
    """The last column of the pings; `-` where a row is not recorded."""
    return [row["reason"] for row in cells(story.pings)]


def told(story: Story, ask_filter: Callable[[World], Any]) -> None:
    """The oracle and the filter both tell the story as it is written, and release the same rows."""
    given = world_of(story)
    said = ask_filter(given)
    if story.stops:
        assert stops(given)
        assert said.stopped
        return
    answer = oracle.answer(given)
    assert answer.reasons == expected(story)
    assert said.reasons == expected(story)
    assert said.release == answer.release


def stops(given: World) -> bool:
    """The oracle stops on this world."""
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
    """A number where it is one, else the text as it stands."""
    try:
        return None if cell is None else int(cell) if cell.lstrip("-").isdigit() else float(cell)
    except ValueError:
        return cell


def a_ping(row: Cells) -> dict[str, Any]:
    """A line of the ping table."""
    time = row["time"]
    accuracy = figure(row.get("accuracy", "10"))
    return {**ping(time or "", device=row.get("device", "d1"), accuracy=accuracy), **spot(row.get("where", "station"))}


def an_assignment(row: Cells) -> dict[str, Any]:
    """A line of the assignment table."""
    held = holds(row.get("device", "d1"), row.get("officer", "o1"))
    return {**held, "valid_from": stamp(row.get("from", "2026-01-01")), "valid_to": stamp(row.get("to"))}


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
    return {**made, **spot(row.get("where", "home")), **times, "kind": kind, "place_id": ident}


def a_site(row: Cells) -> dict[str, Any]:
    """A line of the sites."""
    return {
        **site(site_id=row.get("site") or "s1"),
        **spot(row.get("where", "station")),
        "radius_m": figure(row["radius"]),
    }


def stamp(cell: str | None) -> str | None:
    """An instant as the tables write it: a clock of the base day, or as it stands."""
    return None if cell is None else at(cell)
