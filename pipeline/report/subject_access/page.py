"""Renders one officer's own copy: private, about nobody else, with each released position and its roster entry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from offduty.core.instants import from_us, zone
from offduty.core.reasons import Reason
from offduty.pages.elements import Markup, el, joined
from offduty.pages.page import PageSection, bullets, code, facts, notice, p, page, table
from offduty.report.data.bins import day_name
from offduty.report.html.labels import EXPLANATIONS, OUTCOME_TITLES, local_time, period_in_words
from offduty.report.sections.policy import BASIS, policy_in_words
from offduty.report.subject_access.collect import OutcomeCounts, OwnPosition, OwnPositions

TITLE = "Which of your positions were released"
OWN_EXPLANATIONS = {
    **EXPLANATIONS,
    "off_duty": "You were not on duty.",
    "late_edit": "You were on duty only by a roster entry that was recorded later than the rules allow.",
    "no_home": "The rules require a known home, and no home of yours was on record at that time.",
}


def own_copy_page(found: OwnPositions, outcomes: OutcomeCounts, officer: str, made_us: int) -> bytes:
    """The page as one HTML file, in UTF-8; times are by the clock of the newest policy."""
    newest = found.consulted[-1].run.document["policy"]
    clock = str(newest["policy"]["timezone"])
    sections = [
        PageSection("entries", "The roster entries for these positions", joined(*_entries(found, clock))),
        PageSection("outcomes", "What happened to all your positions", joined(*_outcomes(outcomes))),
        PageSection("released", "Every released position", joined(*_released(found, clock))),
        PageSection("rules", "What the rules were", joined(*_rules(newest))),
        PageSection("runs", "Which runs were searched", joined(*_runs(found, clock))),
        PageSection("rights", "What you can do", joined(*_rights(newest))),
    ]
    foot = p("Made by ", code("offduty report --officer"), ". Private: it is about you, and for you.", class_="quiet")
    return page(f"Your own copy: {TITLE.lower()}", _summary(found, officer, clock, made_us), sections, foot)


def _summary(found: OwnPositions, officer: str, clock: str, made_us: int) -> Markup:
    current = sum(not row.superseded for row in found.rows)
    older = len(found.rows) - current
    newest = found.consulted[-1].run.document["policy"]["policy"]
    are = "position of yours is" if current == 1 else "of your positions are"
    return joined(
        p("Your own copy", class_="kicker"),
        el("h1", TITLE),
        p(
            "You have a right to know which data about you are stored, and who received them (GDPR, Article 15). This"
            " page lists every position of yours that was given to analysts. For each one it names the roster entry"
            " that made it duty.",
            class_="lead",
        ),
        notice(
            el("strong", "Private. "),
            "This page says where you were. Keep it to yourself, and do not print it on a shared printer.",
        ),
        p(el("strong", f"{current:,}"), f" {are} released.", class_="big"),
        p(
            f"Runs that were later superseded had released {older:,} positions. Some of these may be the same as above."
            " They are listed below too, and marked as superseded."
        )
        if older
        else None,
        facts(
            ("Officer", officer),
            ("Purpose", f"“{newest['purpose']}”"),
            ("Given to", "the analysts who may read the release. They see a pseudonym instead of your name"),
            (
                "Times",
                f"by the clock of {clock}, rounded down as the rules say. The times of a shift are by the clock that"
                " the roster uses for it",
            ),
            ("Made on", local_time(made_us, clock)),
        ),
    )


def _entries(found: OwnPositions, clock: str) -> list[Markup]:
    """Every roster entry behind a released position, how many positions it is for, and who recorded it and when."""
    counts: dict[tuple[str, ...], int] = {}
    for row in found.rows:
        if not row.superseded:
            words = _entry_in_words(row, clock)
            counts[words] = counts.get(words, 0) + 1
    if not counts:
        return [p("No position of yours is released, so there is no roster entry to name.")]
    rows = [[*words[1:], f"{count:,}"] for words, count in sorted(counts.items())]
    heads = ["Shift", "From", "To", "Kind of duty", "Recorded on", "Recorded by", "Positions"]
    return [
        p(
            "Each released position is based on one roster entry that says you were on duty at that time, as the run"
            " knew the roster. If several entries do, it is the first one by the name of the shift. Where two entries"
            " are named, the released time is too coarse to tell which one it is."
        ),
        table("Roster entries, and how many of your released positions they are for", heads, rows, frozenset({6})),
    ]


def _entry_in_words(row: OwnPosition, clock: str) -> tuple[str, ...]:
    """What identifies the entries for sorting, then the cells of the table."""
    if not row.entries:
        return ("", "not on the roster any more", "", "", row.duty_code, "", "")
    columns = zip(
        *(
            (
                f"{e.shift_id} {e.starts_at}",
                e.shift_id,
                time_in_words(e.starts_at, clock),
                time_in_words(e.ends_at, clock),
                e.duty_code,
                time_in_words(e.recorded_at, clock, without_offset=UTC),
                e.recorded_by or "not stated",
            )
            for e in row.entries
        ),
        strict=True,
    )
    return tuple(" or ".join(dict.fromkeys(values)) for values in columns)


def time_in_words(text: str, clock: str, without_offset: Any = None) -> str:
    """A time of the roster in words: by ``clock`` where it is an instant, else the wall time as written.

    A time without an offset is a wall time, or an instant where ``without_offset`` names its zone. A text that is not a
    time is given as it is.

    >>> time_in_words("2026-03-02T08:00:30", "Europe/London"), time_in_words("soon", "Europe/London")
    ('2 March 2026, 08:00:30', 'soon')
    >>> time_in_words("2026-07-01T10:00:00Z", "Europe/London")
    '1 July 2026, 11:00'
    """
    try:
        time = datetime.fromisoformat(text)
        if time.tzinfo is None and without_offset is not None:
            time = time.replace(tzinfo=without_offset)
        if time.tzinfo is not None:
            time = time.astimezone(zone(clock))
    except (ValueError, OverflowError):
        return text
    return f"{day_name(time.date())}, {time:%H:%M:%S}" if time.second else f"{day_name(time.date())}, {time:%H:%M}"


def _outcomes(outcomes: OutcomeCounts) -> list[Markup]:
    parts = [
        p(
            "This counts the positions of devices while they were assigned to you only. A position of a device that was"
            " assigned to several people at once, or to nobody, is not counted here."
        )
    ]
    if outcomes.unknown:
        parts.append(
            p(
                f"Not known for {outcomes.unknown} of the runs: their inputs were not available exactly as the runs"
                " read them."
            )
        )
    rows = [
        [
            joined(
                el("span", OUTCOME_TITLES[reason.word], class_="outcome"),
                " ",
                el("span", OWN_EXPLANATIONS[reason.word], class_="why"),
            ),
            f"{count:,}",
        ]
        for reason in (Reason.ON_DUTY, *(reason for reason in Reason if not reason.released))
        if (count := outcomes.counts.get(reason.word, 0))
    ]
    if rows:
        parts.append(table("Your positions, by what happened to them", ["Outcome", "Positions"], rows, frozenset({1})))
    return parts if rows or outcomes.unknown else [*parts, p("There are none.")]


def _released(found: OwnPositions, clock: str) -> list[Markup]:
    if not found.rows:
        return [p("There are none.")]
    parts = [
        p(
            "These lists have exactly what analysts have, day by day. You can also ask for them as one table for a"
            " spreadsheet (a CSV file, with times in UTC)."
        )
    ]
    return [*parts, *(_day(day, rows, found.extra_columns, clock) for day, rows in _days(found, clock))]


def _days(found: OwnPositions, clock: str) -> Iterator[tuple[str, list[OwnPosition]]]:
    def local_day(row: OwnPosition) -> str:
        return day_name(from_us(row.observed_us).astimezone(zone(clock)).date())

    for day, rows in groupby(found.rows, local_day):
        yield day, list(rows)


def _day(day: str, rows: list[OwnPosition], extras: list[str], clock: str) -> Markup:
    lines = [
        [
            f"{from_us(row.observed_us).astimezone(zone(clock)):%H:%M:%S}",
            repr(row.lat),
            repr(row.lon),
            f"{row.accuracy_m:g} m",
            row.duty_code,
            *(row.extras.get(name, "") for name in extras),
            " or ".join(entry.shift_id for entry in row.entries),
            f"{row.run_id[:8]}, superseded" if row.superseded else row.run_id[:8],
        ]
        for row in rows
    ]
    heads = ["Time", "Latitude", "Longitude", "Accuracy", "Kind of duty", *(f"“{name}”" for name in extras)]
    listed = table(
        f"{day}: {len(rows):,} released positions", [*heads, "Shift", "Run"], lines, numbers=frozenset({1, 2, 3})
    )
    return el("details", el("summary", f"{day}: {len(rows):,}"), listed)


def _rules(policy: Mapping[str, Any]) -> list[Markup]:
    return [p(f"These are the newest rules. {BASIS}"), *policy_in_words(policy)]


def _runs(found: OwnPositions, clock: str) -> list[Markup]:
    parts = []
    if found.other_key:
        parts.append(
            notice(
                f"{found.other_key} of these runs used another key. With the key of this copy, it cannot be known"
                " whether they released positions of yours. Ask for a copy that is made with the other key too."
            )
        )
    if found.deleted:
        parts.append(
            p(f"The releases of {found.deleted} of these runs are no longer in the store, so they are not listed here.")
        )
    rows = [
        [
            code(one.run.run_id[:8]),
            period_in_words(one.run.interval, clock),
            local_time(one.run.as_of_us, clock),
            f"“{one.run.document['policy']['policy']['name']}”",
            "superseded" if one.superseded else "current",
        ]
        for one in found.consulted
    ]
    heads = ["Run", "Time", "Roster known as of", "Rules", "Status"]
    return [
        *parts,
        p(
            "A run is one use of the rules on the positions of some time. A newer run over the same time supersedes an"
            " older one."
        ),
        table("Runs that were searched", heads, rows),
    ]


def _rights(policy: Mapping[str, Any]) -> list[Markup]:
    late = int(policy["duty"]["late_edit_tolerance_s"])
    effect = "" if late else " By the rules above, a correction can hide positions. It cannot show more of them."
    return [
        bullets(
            f"If a roster entry is wrong, you can ask for a correction.{effect}",
            "You can ask how long the positions are stored. You can object to their use. You can complain to the"
            " supervisory authority.",
            "The data protection officer of your employer answers questions about this page.",
        )
    ]
