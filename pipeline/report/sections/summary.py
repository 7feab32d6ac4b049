"""The head of a report: what it is about, by which rules, how far it was verified, and how to read its figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from offduty.core.disclosure import printable, total
from offduty.core.instants import FOREVER_US, NEVER_US
from offduty.pages.elements import Markup, el, joined
from offduty.pages.language import in_english
from offduty.pages.page import code, p
from offduty.report.content import ReportContent, has_gaps, span_of
from offduty.report.data.counts import OUTCOMES, QUARANTINED, RELEASED
from offduty.report.data.verification import verdict, visible_by_tables
from offduty.report.html.charts import parts_of_whole
from offduty.report.html.labels import short_hash
from offduty.report.html.policy_text import in_roster_words, in_short, sentences
from offduty.report.html.recipients import recipients_and_retention
from offduty.report.html.status import STATUS_CLASSES, status_mark
from offduty.report.html.verdict_words import verdict_in_words
from offduty.verify.meanings import TABLES_IN_WORDS

ON_DUTY = (RELEASED, "window_open", "imprecise", "no_home", "protected_place", "home_leg", "duplicate")
"""The outcomes of positions that were on duty by the roster."""


def summary(content: ReportContent) -> dict[str, Any]:
    """What `report.html` needs for everything above the table of contents."""
    status, _ = verdict(content.checks)
    return {
        "title": content.language.say("report.title"),
        "headline": _headline(content),
        "in_short": in_short(in_roster_words(content.policies[-1][1], content.documents), content.language),
        "other_policies": len(content.policies) - 1,
        "verdict": joined(status_mark(status), " ", verdict_in_words(content.checks, content.language)),
        "edge": f"{STATUS_CLASSES[status]}-edge",
        "weaker": warnings(content),
        "changed_tables": changed_tables(content),
        "facts": _facts(content),
        "how_to_read": content.language.markup("report.how_to_read"),
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


def changed_tables(content: ReportContent) -> list[Markup]:
    """The tables without record times that changed between two runs over one time, and what became visible by it."""
    language = content.language
    return [
        language.markup(
            "report.changed",
            table=in_english(TABLES_IN_WORDS[name], language),
            number=_capital(language.count(printable(count))),
        )
        for name, count in visible_by_tables(content.checks).items()
    ]


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _headline(content: ReportContent) -> Markup:
    """How many positions were received and what happened to them: a bar and three lines, or a sentence for few."""
    language = content.language
    received = language.total(content.printed.values())
    if not any(content.printed.values()):
        if not any(printed is None for printed in content.printed.values()):
            return p(language.markup("report.no_positions"))
        return p(language.markup("report.few_positions", number=_capital(received)))
    hidden = [content.printed[outcome] for outcome in OUTCOMES if outcome not in (RELEASED, QUARANTINED)]
    rows = [
        ("released", [content.printed[RELEASED]]),
        ("hidden", hidden),
        ("quarantined", [content.printed[QUARANTINED]]),
    ]
    drawn = [
        (kind, language.say(f"report.{kind}", number=language.total(parts)), _drawable(parts)) for kind, parts in rows
    ]
    legend = [
        el(
            "li",
            el("span", class_=f"swatch {kind}", aria_hidden="true"),
            language.markup(f"report.{kind}", number=language.total(parts)),
            el("span", _in_brackets(language.share(_drawable(parts), content.received)), class_="quiet"),
        )
        for kind, parts in rows
    ]
    return el(
        "div",
        p(language.markup("report.received", number=_capital(received)), class_="big"),
        parts_of_whole("whole", language.say("report.whole", number=received), drawn),
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
    part = content.language.share(content.printed[RELEASED], on_duty)
    return p(content.language.say("report.on_duty", number=on_duty, share=part)) if part else None


def _in_brackets(text: str) -> str:
    return f" ({text})" if text else ""


def _facts(content: ReportContent) -> list[tuple[str, str | None]]:
    language, say = content.language, content.language.say
    known = sorted({run.as_of_us for run in content.runs.counted})
    policy_hash, policy = content.policies[-1]
    as_of = language.time(known[-1], content.zone)
    if len(known) > 1:
        as_of = say("report.known_range", first=language.time(known[0], content.zone), last=as_of)
    printed, others = content.printed_report, len(content.policies) - 1
    rules = language.markup("report.rules", name=policy["policy"]["name"], hash=code(short_hash(policy_hash)))
    return [
        (say("own.time"), say("report.period", period=content.period, zone=content.zone)),
        (say("report.days"), _days(content)),
        (say("report.runs"), _runs(content)),
        (say("own.known"), as_of),
        (say("own.rules"), joined(rules, language.many("report.other_rules", others) if others else None)),
        (say("report.sealed"), _sealed(content)),
        (say("report.log"), joined(f"{language.many('report.entries', printed.size)}, ", _log_hash(content))),
        *recipients_and_retention(policy, language),
        (say("first.made_on"), language.time(content.made_us, content.zone)),
    ]


def _log_hash(content: ReportContent) -> Markup:
    return content.language.markup("report.hash", hash=code(short_hash(content.printed_report.root)))


def _days(content: ReportContent) -> str | None:
    """The first and the last day with positions; only where the time of the report has an open end."""
    table, time = content.tables.get("day"), span_of(content.runs)
    if table is None or not table.bins.days or (time.from_us != NEVER_US and time.to_us != FOREVER_US):
        return None
    first, last = (content.language.day(day) for day in table.bins.days)
    return content.language.say("time.period", first=first, last=last)


def _runs(content: ReportContent) -> str:
    runs, language = content.runs, content.language
    said = [
        language.say("report.single_run")
        if content.single_run
        else language.say("report.counted", number=len(runs.counted))
    ]
    said += [language.say("report.superseded", number=len(runs.superseded))] if runs.superseded else []
    said += [language.say("report.left_out", number=len(runs.left_out))] if runs.left_out else []
    return "; ".join([*said, language.say("report.gaps")] if has_gaps(runs) else said)


def _sealed(content: ReportContent) -> str | None:
    """That runs have stored their tables for an auditor; nothing where none has."""
    runs = [run for run in content.runs.counted if run.document.get("sealed")]
    return content.language.say("report.sealed_runs", number=len(runs)) if runs else None
