"""Renders one officer's own copy: private, about nobody else, with each released position and its roster entry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any

from offduty.core.instants import from_us, zone
from offduty.core.reasons import Reason
from offduty.pages.elements import Markup, el, joined
from offduty.pages.language import ENGLISH, Language
from offduty.pages.page import PageSection, bullets, code, notice, p, render, table
from offduty.report.html.policy_text import in_roster_words, in_short, sentences
from offduty.report.html.recipients import recipients_and_retention
from offduty.report.sections.policy import policy_in_words
from offduty.report.subject_access.collect import OutcomeCounts, OwnPosition, OwnPositions
from offduty.report.subject_access.picture import own_picture

OWN_EXPLANATIONS = frozenset({"off_duty", "late_edit", "no_home"})
"""The outcomes whose explanation is another one on a page that is about its reader."""


def own_copy_page(
    found: OwnPositions, outcomes: OutcomeCounts, officer: str, made_us: int, language: Language = ENGLISH
) -> bytes:
    """The page as one HTML file, in UTF-8; times are by the clock of the newest policy."""
    newest = in_roster_words(
        found.consulted[-1].run.document["policy"], [each.run.document for each in found.consulted]
    )
    clock = str(newest["policy"]["timezone"])
    say = language.say
    sections = [
        PageSection("picture", say("own.picture_heading"), _picture(found, language)),
        PageSection("entries", say("own.entries_heading"), joined(*_entries(found, clock, language))),
        PageSection("outcomes", say("own.outcomes_heading"), joined(*_outcomes(outcomes, language))),
        PageSection("released", say("own.released_heading"), joined(*_released(found, clock, language))),
        PageSection("rules", say("own.rules_heading"), joined(*_rules(newest, language))),
        PageSection("runs", say("own.runs_heading"), joined(*_runs(found, clock, language))),
        PageSection("rights", say("own.rights_heading"), joined(*_rights(newest, language))),
    ]
    return render(
        "own_copy.html",
        language,
        title=say("own.page_title"),
        sections=sections,
        command=code("offduty report --officer"),
        facts=_facts(newest, officer, clock, made_us, language),
        **_answers(found, outcomes, newest, clock, language),
    )


def _answers(
    found: OwnPositions, outcomes: OutcomeCounts, newest: Mapping[str, Any], clock: str, language: Language
) -> dict[str, Any]:
    """What `own_copy.html` needs to answer the two questions of the first screen."""
    current = sum(not row.superseded for row in found.rows)
    policies = {str(one.run.document["policy_sha256"]) for one in found.consulted}
    return {
        "current": current,
        "current_key": "own.current.one" if current == 1 else "own.current.other",
        "seen": _visible_days(found, outcomes, clock, language),
        "in_short": in_short(newest, language),
        "other_rules": len(policies) > 1,
        "trust": _trust(found, language),
        "weaker": [sentence.text for sentence in sentences(newest, language) if sentence.weakens],
    }


def _visible_days(found: OwnPositions, outcomes: OutcomeCounts, clock: str, language: Language) -> list[str]:
    """On how many days the officer was seen, how much of the officer's stayed hidden, and what older runs released."""
    days = sorted({from_us(row.observed_us).astimezone(zone(clock)).date() for row in found.rows})
    first, last = (language.day(day) for day in (days[0], days[-1])) if days else ("", "")
    said = [language.many("own.on_days", len(days), first=first, last=last) if days else language.say("own.not_seen")]
    hidden = sum(count for reason, count in outcomes.counts.items() if reason != Reason.ON_DUTY.word)
    if hidden:
        off_duty = outcomes.counts.get(Reason.OFF_DUTY.word, 0)
        of_these = f" {language.many('own.off_duty', off_duty)}" if off_duty else ""
        said.append(f"{language.many('own.hidden', hidden)}{of_these}")
    older = sum(row.superseded for row in found.rows)
    return [*said, language.many("own.older", older)] if older else said


def _trust(found: OwnPositions, language: Language) -> list[str]:
    """What the page rests on, what it lacks, and how it can be checked."""
    said = [
        language.say("own.trust_list"),
        language.markup("own.trust_verify", command=code("offduty verify")),
        language.say("own.trust_entry"),
    ]
    said += [language.many("own.other_key", found.other_key)] if found.other_key else []
    return [*said, *_not_listed(found, language)]


def _not_listed(found: OwnPositions, language: Language) -> list[str]:
    """What is not in the store any more: releases that newer runs replaced, and others that were deleted."""
    counts = {"own.replaced": found.withdrawn, "own.deleted": found.deleted}
    return [language.many(key, count) for key, count in counts.items() if count]


def _facts(
    newest: Mapping[str, Any], officer: str, clock: str, made_us: int, language: Language
) -> list[tuple[str, str | None]]:
    return [
        (language.say("own.officer"), officer),
        *recipients_and_retention(newest, language, "own.recipients"),
        (language.say("own.times"), language.say("own.times_are", zone=clock)),
        (language.say("first.made_on"), language.time(made_us, clock)),
    ]


def _picture(found: OwnPositions, language: Language) -> Markup:
    return own_picture(found.rows, language) if found.rows else p(language.say("own.no_picture"))


def _entries(found: OwnPositions, clock: str, language: Language) -> list[Markup]:
    """Every roster entry behind a released position, how many positions it is for, and who recorded it and when."""
    counts: dict[tuple[str, ...], int] = {}
    for row in found.rows:
        if not row.superseded:
            words = _entry_in_words(row, clock, language)
            counts[words] = counts.get(words, 0) + 1
    if not counts:
        return [p(language.say("own.no_entries"))]
    rows = [[*words[1:], language.number(count)] for words, count in sorted(counts.items())]
    names = ("shift", "from", "to", "kind", "recorded_on", "recorded_by", "positions")
    heads = [language.say(f"own.{name}") for name in names]
    return [p(language.say("own.entries")), table(language.say("own.entries_caption"), heads, rows, frozenset({6}))]


def _entry_in_words(row: OwnPosition, clock: str, language: Language) -> tuple[str, ...]:
    """What identifies the entries for sorting, then the cells of the table."""
    if not row.entries:
        return ("", language.say("own.gone"), "", "", row.duty_code, "", "")
    columns = zip(
        *(
            (
                f"{e.shift_id} {e.starts_at}",
                e.shift_id,
                time_in_words(e.starts_at, clock, language),
                time_in_words(e.ends_at, clock, language),
                e.duty_code,
                time_in_words(e.recorded_at, clock, language),
                e.recorded_by or language.say("own.not_stated"),
            )
            for e in row.entries
        ),
        strict=True,
    )
    return tuple(language.say("own.or").join(dict.fromkeys(values)) for values in columns)


def time_in_words(text: str, clock: str, language: Language = ENGLISH) -> str:
    """A time of the roster in words: by ``clock`` where it has an offset, else the wall time as written.

    A text that is not a time is given as it is.

    >>> time_in_words("2026-03-02T08:00:30", "Europe/London"), time_in_words("soon", "Europe/London")
    ('2 March 2026, 08:00:30', 'soon')
    >>> time_in_words("2026-07-01T10:00:00Z", "Europe/London")
    '1 July 2026, 11:00'
    """
    try:
        time = datetime.fromisoformat(text)
        if time.tzinfo is not None:
            time = time.astimezone(zone(clock))
    except (ValueError, OverflowError):
        return text
    clock_time = f"{time:%H:%M:%S}" if time.second else f"{time:%H:%M}"
    return language.say("time.instant", day=language.day(time.date()), clock=clock_time)


def _outcomes(outcomes: OutcomeCounts, language: Language) -> list[Markup]:
    parts = [p(language.say("own.outcomes"))]
    if outcomes.unknown:
        parts.append(p(language.many("own.unknown", outcomes.unknown)))
    rows = [
        [_outcome(reason.word, language), language.number(count)]
        for reason in (Reason.ON_DUTY, *(reason for reason in Reason if not reason.released))
        if (count := outcomes.counts.get(reason.word, 0))
    ]
    if rows:
        heads = [language.say("own.outcome"), language.say("own.positions")]
        parts.append(table(language.say("own.outcomes_caption"), heads, rows, frozenset({1})))
    return parts if rows or outcomes.unknown else [*parts, p(language.say("own.none"))]


def _outcome(reason: str, language: Language) -> Markup:
    """An outcome with its explanation, which speaks to the officer."""
    why = f"own_why.{reason}" if reason in OWN_EXPLANATIONS else f"why.{reason}"
    return joined(
        el("span", language.say(f"outcome.{reason}"), class_="outcome"),
        " ",
        el("span", language.say(why), class_="why"),
    )


def _released(found: OwnPositions, clock: str, language: Language) -> list[Markup]:
    if not found.rows:
        return [p(language.say("own.none"))]
    days = (_day(day, rows, found.extra_columns, clock, language) for day, rows in _days(found, clock, language))
    return [p(language.say("own.released")), *days]


def _days(found: OwnPositions, clock: str, language: Language) -> Iterator[tuple[str, list[OwnPosition]]]:
    def local_day(row: OwnPosition) -> str:
        return language.day(from_us(row.observed_us).astimezone(zone(clock)).date())

    for day, rows in groupby(found.rows, local_day):
        yield day, list(rows)


def _day(day: str, rows: list[OwnPosition], extras: list[str], clock: str, language: Language) -> Markup:
    lines = [
        [
            f"{from_us(row.observed_us).astimezone(zone(clock)):%H:%M:%S}",
            repr(row.lat),
            repr(row.lon),
            f"{language.decimal(f'{row.accuracy_m:g}')} m",
            row.duty_code,
            *(row.extras.get(name, "") for name in extras),
            language.say("own.or").join(entry.shift_id for entry in row.entries),
            language.say("own.run_superseded", run=row.run_id[:8]) if row.superseded else row.run_id[:8],
        ]
        for row in rows
    ]
    names = ("time", "latitude", "longitude", "accuracy", "kind")
    quoted = [language.say("list.quoted", text=name) for name in extras]
    heads = [
        *(language.say(f"own.{name}") for name in names),
        *quoted,
        language.say("own.shift"),
        language.say("own.run"),
    ]
    caption = language.many("own.day_caption", len(rows), day=day)
    listed = table(caption, heads, lines, numbers=frozenset({1, 2, 3}))
    return el("details", el("summary", language.say("own.day", day=day, count=len(rows))), listed)


def _rules(policy: Mapping[str, Any], language: Language) -> list[Markup]:
    first = f"{language.say('own.newest_rules')} {language.say('policy.basis')}"
    return [p(first), *policy_in_words(policy, language)]


def _runs(found: OwnPositions, clock: str, language: Language) -> list[Markup]:
    parts = [notice(language.say("own.another_key", count=found.other_key))] if found.other_key else []
    parts += [p(text) for text in _not_listed(found, language)]
    rows = [
        [
            code(one.run.run_id[:8]),
            language.period(one.run.interval, clock),
            language.time(one.run.as_of_us, clock),
            language.say("list.quoted", text=one.run.document["policy"]["policy"]["name"]),
            language.say("own.superseded" if one.superseded else "own.is_current"),
        ]
        for one in found.consulted
    ]
    heads = [language.say(f"own.{name}") for name in ("run", "time", "known", "rules", "status")]
    return [*parts, p(language.say("own.runs")), table(language.say("own.runs_caption"), heads, rows)]


def _rights(policy: Mapping[str, Any], language: Language) -> list[Markup]:
    late = int(policy["duty"]["late_edit_tolerance_s"])
    effect = "" if late else f" {language.say('own.correct_hides')}"
    correct = f"{language.say('own.correct')}{effect}"
    return [bullets(correct, language.say("own.object"), language.say("own.ask"))]
