"""The page of one officer's own copy: private, about nobody else, with every released position and the entry it rests
on.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from offduty.core.instants import from_us, zone
from offduty.core.reasons import Reason
from offduty.report.data.bins import day_name
from offduty.report.html.elements import Markup, el, joined
from offduty.report.html.labels import TITLES, because, moment, period
from offduty.report.html.page import PageSection, bullets, code, facts, notice, p, page, table
from offduty.report.sections.policy import in_words
from offduty.report.subject_access.collect import HiddenCounts, OwnPosition, OwnPositions


def render(found: OwnPositions, hidden: HiddenCounts, officer: str, made_us: int) -> bytes:
    """The page as one HTML file."""
    newest = found.looked[-1].run.document["policy"]
    clock = str(newest["policy"]["timezone"])
    parts = [
        PageSection("entries", "Under which entries of the roster", joined(*_entries(found, clock))),
        PageSection("hidden", "What became of your other positions", joined(*_hidden(hidden))),
        PageSection("released", "Every released position", joined(*_released(found, clock))),
        PageSection("rules", "What the rules were", joined(*_rules(newest))),
        PageSection("runs", "Where this was looked for", joined(*_runs(found, clock))),
        PageSection("rights", "What you can do", joined(*_rights())),
    ]
    foot = p("Made by ", code("offduty report --officer"), ". Private: it is about you, and for you.", class_="quiet")
    return page(
        "Your own copy: which of your positions were released", _opening(found, officer, clock, made_us), parts, foot
    )


def _opening(found: OwnPositions, officer: str, clock: str, made_us: int) -> Markup:
    current = [row for row in found.rows if not row.superseded]
    older = len(found.rows) - len(current)
    newest = found.looked[-1].run.document["policy"]["policy"]
    return joined(
        p("Your own copy", class_="kicker"),
        el("h1", "Which of your positions were released"),
        p(
            "You have a right to know what is kept about you, and who was given it (GDPR, Article 15). This page lists every"
            " position of yours that analysts were given, and the entry of the roster that made it duty.",
            class_="lead",
        ),
        notice(
            el("strong", "Private. "),
            "This page says where you were. Keep it to yourself, and away from shared printers.",
        ),
        p(el("strong", f"{len(current):,}"), " of your positions are released.", class_="big"),
        p(f"Besides these, runs that were later superseded had released {older:,}; some may be the same ones.")
        if older
        else None,
        facts(
            ("Officer", officer),
            ("Purpose", f"“{newest['purpose']}”"),
            ("Given to", "the analysts who may read the release, under a pseudonym instead of your name"),
            (
                "Times",
                f"by the clocks of {clock}, cut down as the rules say; in UTC where this is a table for a spreadsheet",
            ),
            ("Made", moment(made_us, clock)),
        ),
    )


def _entries(found: OwnPositions, clock: str) -> list[Markup]:
    """Every entry, how many positions rest on it, and who recorded it when."""
    by_entry: dict[tuple[str, ...], list[OwnPosition]] = {}
    for row in found.rows:
        if not row.superseded:
            by_entry.setdefault(_entry_words(row), []).append(row)
    if not by_entry:
        return [p("No position of yours is released, so none rests on any entry.")]
    rows = [
        [words[0], words[1], words[2], words[3], words[4], words[5], f"{len(rows):,}"]
        for words, rows in sorted(by_entry.items())
    ]
    heads = ["Shift", "From", "To", "Duty", "Recorded at", "Recorded by", "Positions"]
    return [
        p(
            "Each position rests on one entry: the first, by shift, of those that put you on duty at that moment, as the run"
            " knew the roster. Where two are named, the released time is too coarse to tell which."
        ),
        table("Entries of the roster, as they are written", heads, rows, frozenset({6})),
    ]


def _entry_words(row: OwnPosition) -> tuple[str, ...]:
    if not row.entries:
        return ("not in the roster any more", "", "", row.duty_code, "", "")
    columns = zip(
        *(
            (e.shift_id, e.starts_at, e.ends_at, e.duty_code, e.recorded_at, e.recorded_by or "not said")
            for e in row.entries
        ),
        strict=True,
    )
    return tuple(" or ".join(dict.fromkeys(values)) for values in columns)


def _hidden(hidden: HiddenCounts) -> list[Markup]:
    parts = [
        p(
            "Counted are the positions of devices while they were yours alone by the records. What several people held, or"
            " nobody, is not yours alone, and is not counted here."
        )
    ]
    if hidden.unknown:
        parts.append(p(f"Not known for {hidden.unknown} of the runs: their inputs are no longer at hand as they were."))
    rows = [
        [
            joined(el("span", TITLES[reason.word], class_="fate"), " ", el("span", because(reason.word), class_="why")),
            f"{count:,}",
        ]
        for reason in Reason
        if (count := hidden.counts.get(reason.word, 0))
    ]
    if rows:
        parts.append(
            table("Your positions, by what became of them", ["What became of it", "Positions"], rows, frozenset({1}))
        )
    return parts if rows or hidden.unknown else [*parts, p("None.")]


def _released(found: OwnPositions, clock: str) -> list[Markup]:
    if not found.rows:
        return [p("None.")]
    parts = [p("Exactly what analysts have, day by day. The same as a table for a spreadsheet: ", code("--csv"), ".")]
    return [*parts, *(_day(day, rows, clock) for day, rows in _days(found, clock))]


def _days(found: OwnPositions, clock: str) -> Iterator[tuple[str, list[OwnPosition]]]:
    where = zone(clock)

    def local_day(row: OwnPosition) -> str:
        return day_name(from_us(row.observed_us).astimezone(where).date())

    for day, rows in groupby(found.rows, local_day):
        yield day, list(rows)


def _day(day: str, rows: list[OwnPosition], clock: str) -> Markup:
    lines = [
        [
            _clock(row, clock),
            repr(row.lat),
            repr(row.lon),
            f"{row.accuracy_m:g} m",
            row.duty_code,
            " or ".join(entry.shift_id for entry in row.entries),
            _stands(row),
        ]
        for row in rows
    ]
    heads = ["Time", "Latitude", "Longitude", "Accuracy", "Duty", "Shift", "Run"]
    held = table(f"{day}: {len(rows):,} released positions", heads, lines, frozenset({1, 2, 3}))
    return el("details", el("summary", f"{day}: {len(rows):,}"), held)


def _clock(row: OwnPosition, clock: str) -> str:
    return f"{from_us(row.observed_us).astimezone(zone(clock)):%H:%M:%S}"


def _stands(row: OwnPosition) -> str:
    return f"{row.run_id[:8]}, superseded" if row.superseded else row.run_id[:8]


def _rules(policy: dict[str, dict[str, object]]) -> list[Markup]:
    return [
        p("The newest rules. A position is hidden unless all of this proves that it may be seen."),
        *in_words(policy),
    ]


def _runs(found: OwnPositions, clock: str) -> list[Markup]:
    parts = []
    if found.other_key:
        parts.append(
            notice(
                f"{found.other_key} of these runs were made with another key. Whether they released positions of yours"
                " is not known from this key; ask for a copy made with that one."
            )
        )
    if found.deleted:
        parts.append(
            p(f"The releases of {found.deleted} of these runs are no longer in the store, and are not listed.")
        )
    rows = [
        [
            code(one.run.run_id[:8]),
            period(one.run.interval, clock),
            moment(one.run.as_of_us, clock),
            f"“{one.run.document['policy']['policy']['name']}”",
            "superseded" if one.superseded else "current",
        ]
        for one in found.looked
    ]
    return [*parts, table("Runs that were looked at", ["Run", "Time", "Roster known as of", "Rules", "Stands"], rows)]


def _rights() -> list[Markup]:
    return [
        bullets(
            "If an entry of the roster is wrong, ask for it to be corrected. A correction can only take positions away.",
            "You can ask for how long the positions are kept, object to their use, and complain to the supervisory authority.",
            "The data protection officer of the employer answers questions about this page.",
        )
    ]
