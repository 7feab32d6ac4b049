"""The head of a report: what it is about, by which rules, how far it was verified, and how to read its figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from offduty.core.disclosure import count_in_words, printable, share, total, total_in_words
from offduty.core.instants import FOREVER_US, NEVER_US
from offduty.pages.elements import Markup, el, joined
from offduty.pages.page import code, p
from offduty.report.content import ReportContent, has_gaps, span_of
from offduty.report.data.counts import OUTCOMES, QUARANTINED, RELEASED
from offduty.report.data.verification import verdict, visible_by_tables
from offduty.report.html.charts import parts_of_whole
from offduty.report.html.labels import short_hash
from offduty.report.html.policy_text import in_short, sentences
from offduty.report.html.recipients import recipients_and_retention
from offduty.report.html.status import STATUS_CLASSES, status_mark
from offduty.verify.meanings import TABLES_IN_WORDS

ON_DUTY = (RELEASED, "window_open", "imprecise", "no_home", "protected_place", "home_leg", "duplicate")
"""The outcomes of positions that were on duty by the roster."""


def summary(content: ReportContent) -> dict[str, Any]:
    """What `report.html` needs for everything above the table of contents."""
    status, text = verdict(content.checks)
    return {
        "title": content.language.say("report.title"),
        "headline": _headline(content),
        "in_short": in_short(content.policies[-1][1], content.language),
        "other_policies": len(content.policies) - 1,
        "verdict": joined(status_mark(status), f" {text}"),
        "edge": f"{STATUS_CLASSES[status]}-edge",
        "weaker": warnings(content),
        "changed_tables": changed_tables(content),
        "facts": _facts(content),
        "how_to_read": _how_to_read(),
    }


def warnings(content: ReportContent) -> list[str]:
    """What weakens the protection in any policy that was used; each sentence once."""
    found = [
        sentence.text
        for _, policy in content.policies
        for sentence in sentences(policy, content.language)
        if sentence.weakens
    ]
    return list(dict.fromkeys(found))


def changed_tables(content: ReportContent) -> list[str]:
    """The tables without record times that changed between two runs over one time, and what became visible by it."""
    return [
        f"Runs over the same time read different versions of {TABLES_IN_WORDS[name]}, which does not say when its rows"
        " were recorded."
        f" {count_in_words(printable(count)).capitalize()} positions that an earlier run had hidden may have become"
        " visible by that. Ask who changed the table, and why."
        for name, count in visible_by_tables(content.checks).items()
    ]


def _headline(content: ReportContent) -> Markup:
    """How many positions were received and what happened to them: a bar and three lines, or a sentence for few."""
    received = total_in_words(content.printed.values())
    if not any(content.printed.values()):
        few = "No" if received == "none" else received.capitalize()
        return p(el("strong", f"{few} positions were received during this time."))
    hidden = [content.printed[outcome] for outcome in OUTCOMES if outcome not in (RELEASED, QUARANTINED)]
    rows = [
        ("released", "were released", [content.printed[RELEASED]]),
        ("hidden", "stayed hidden", hidden),
        ("quarantined", "could not be read", [content.printed[QUARANTINED]]),
    ]
    drawn = [(kind, f"{total_in_words(parts)} {text}", _drawable(parts)) for kind, text, parts in rows]
    legend = [
        el(
            "li",
            el("span", class_=f"swatch {kind}", aria_hidden="true"),
            el("strong", total_in_words(parts)),
            f" {text}",
            el("span", _in_brackets(share(_drawable(parts), content.received)), class_="quiet"),
        )
        for kind, text, parts in rows
    ]
    return el(
        "div",
        p(el("strong", received.capitalize()), " positions were received. Of these:", class_="big"),
        parts_of_whole("whole", f"What happened to {received} positions", drawn),
        el("ul", *legend, class_="legend"),
        _share_of_duty(content),
        class_="headline",
    )


def _drawable(parts: Sequence[int | None]) -> int:
    """The number that a bar may show for some parts: 0 where none of them is printed."""
    return total(parts) if any(parts) else 0


def _share_of_duty(content: ReportContent) -> Markup | None:
    """Which share of the positions on duty was released, from printed counts: the price of the protection."""
    on_duty = total(content.printed[outcome] for outcome in ON_DUTY)
    part = share(content.printed[RELEASED], on_duty)
    return p(f"About {on_duty:,} positions were taken on duty. Of these, {part} were released.") if part else None


def _in_brackets(text: str) -> str:
    return f" ({text})" if text else ""


def _facts(content: ReportContent) -> list[tuple[str, str | None]]:
    known = sorted({run.as_of_us for run in content.runs.counted})
    policy_hash, policy = content.policies[-1]
    as_of = content.language.time(known[-1], content.zone)
    if len(known) > 1:
        as_of = f"{content.language.time(known[0], content.zone)} to {as_of}, depending on the run"
    printed = content.printed_report
    entries = "1 entry" if printed.size == 1 else f"{printed.size:,} entries"
    return [
        ("Time", f"{content.period}, by the clock of {content.zone}"),
        ("First and last day", _days(content)),
        ("Runs", _runs(content)),
        ("Roster known as of", as_of),
        ("Rules", joined(f"“{policy['policy']['name']}”, hash ", code(short_hash(policy_hash)), _others(content))),
        ("Tables stored", _sealed(content)),
        ("Log", joined(f"{entries}, hash ", code(short_hash(printed.root)))),
        *recipients_and_retention(policy, content.language),
        ("Made on", content.language.time(content.made_us, content.zone)),
    ]


def _days(content: ReportContent) -> str | None:
    """The first and the last day with positions; only where the time of the report has an open end."""
    table, time = content.tables.get("day"), span_of(content.runs)
    if table is None or not table.bins.days or (time.from_us != NEVER_US and time.to_us != FOREVER_US):
        return None
    return " to ".join(content.language.day(day) for day in table.bins.days)


def _runs(content: ReportContent) -> str:
    runs = content.runs
    text = "a single run, as requested" if content.single_run else f"{len(runs.counted)} counted"
    if runs.superseded:
        text += f"; {len(runs.superseded)} superseded by newer runs, not counted"
    if runs.left_out:
        text += f"; {len(runs.left_out)} left out, because only a part would count"
    if has_gaps(runs):
        text += "; between them is time that no run covers"
    return text


def _sealed(content: ReportContent) -> str | None:
    """That runs have stored their tables for an auditor; nothing where none has."""
    runs = [run for run in content.runs.counted if run.document.get("sealed")]
    if not runs:
        return None
    return (
        f"{len(runs):,} of the runs stored the tables that they read, with homes and rosters, sealed for an auditor:"
        " nobody else can open them. They are deleted with the first file of their run that is deleted"
    )


def _others(content: ReportContent) -> str:
    others = len(content.policies) - 1
    return f"; and {others} other{'s' if others > 1 else ''} before" if others else ""


def _how_to_read() -> Markup:
    return joined(
        el("strong", "How to read the figures. "),
        "Positions are counted in tens, and people in fives. A count from 1 to 9 is never printed: the page says"
        " “fewer than 10”, or combines it with the counts next to it. Totals are sums of what is printed, so that no"
        " small count can be worked out. Auditors have the exact counts, in the log and the ledger.",
    )
