"""The head of a report: what it is, over what, by which rules, proven how far, and how its figures are to be read."""

from __future__ import annotations

from collections.abc import Sequence

from offduty.core.instants import FOREVER_US, NEVER_US
from offduty.report.content import ReportContent, gaps_of, span_of
from offduty.report.data.bins import day_name
from offduty.report.data.counts import ASIDE, FATES, RELEASED
from offduty.report.data.verification import verdict
from offduty.report.disclosure import share, total, total_words
from offduty.report.html.charts import parts_of_whole
from offduty.report.html.elements import Markup, el, joined
from offduty.report.html.labels import moment, short
from offduty.report.html.page import code, facts, notice, p
from offduty.report.html.policy_text import sentences
from offduty.verify.verdict import Status

ON_DUTY = (RELEASED, "window_open", "imprecise", "no_home", "protected_place", "home_leg", "duplicate")
"""The fates of positions that were on duty by the roster of the time."""
MARKS = {Status.PASS: "✓", Status.FAIL: "✗", Status.NOT_DONE: "○"}
CLASSES = {Status.PASS: "pass", Status.FAIL: "fail", Status.NOT_DONE: "undone"}


def opening(told: ReportContent) -> Markup:
    """All that stands above the contents."""
    return joined(
        p("Report on released positions", class_="kicker"),
        el("h1", "What was released, and what stayed hidden"),
        p(
            "The radios and phones that officers carry report where they are, on duty and off. This page tells what became of"
            f" the positions from {told.period}: which were given to analysts, which stayed hidden, and why.",
            class_="lead",
        ),
        _proven(told),
        *(notice(el("strong", "A weaker rule than usual. "), text) for text in loud(told)),
        _headline(told),
        _facts(told),
        _reading(),
    )


def status(kind: Status) -> Markup:
    """How a check came out: a mark, a colour and the word."""
    return el("strong", el("span", MARKS[kind], aria_hidden="true"), f" {kind}", class_=f"status {CLASSES[kind]}")


def loud(told: ReportContent) -> list[str]:
    """What weakens the protection in any policy that was used; each once."""
    said = [sentence.text for _, policy in told.policies for sentence in sentences(policy) if sentence.loud]
    return list(dict.fromkeys(said))


def _proven(told: ReportContent) -> Markup:
    kind, text = verdict(told.proof)
    return el(
        "p",
        status(kind),
        f" {text} ",
        el("a", "The checks one by one", href="#proof"),
        class_=f"verdict {CLASSES[kind]}-edge",
    )


def _headline(told: ReportContent) -> Markup:
    """How much came in, and what became of it, in one bar and three lines; without a bar where all of it is little."""
    came_in = total_words(told.printed.values())
    if not any(told.printed.values()):
        return p(
            el("strong", f"{'No' if came_in == 'none' else came_in.capitalize()} positions came in during this time.")
        )
    hidden = [told.printed[fate] for fate in FATES if fate not in (RELEASED, ASIDE)]
    rows = [
        ("released", "released", [told.printed[RELEASED]]),
        ("hidden", "stayed hidden", hidden),
        ("aside", "were set aside as unreadable", [told.printed[ASIDE]]),
    ]
    drawn = [(kind, f"{total_words(parts)} {text}", _drawn(parts)) for kind, text, parts in rows]
    legend = [
        el(
            "li",
            el("span", class_=f"swatch {kind}", aria_hidden="true"),
            el("strong", total_words(parts)),
            f" {text}",
            el("span", _of(_drawn(parts), told.came_in), class_="quiet"),
        )
        for kind, text, parts in rows
    ]
    return el(
        "div",
        p(el("strong", came_in.capitalize()), " positions came in. Of these:", class_="big"),
        parts_of_whole("whole", f"What became of {came_in} positions", drawn),
        el("ul", *legend, class_="legend"),
        _on_duty(told),
        class_="headline",
    )


def _drawn(parts: Sequence[int | None]) -> int:
    """What a bar may show of some parts: nothing where none of them is printed."""
    return total(parts) if any(parts) else 0


def _on_duty(told: ReportContent) -> Markup | None:
    """How much of what was taken on duty could be seen: the price of the protection, of what is printed."""
    on_duty = total(told.printed[fate] for fate in ON_DUTY)
    part = share(told.printed[RELEASED], on_duty)
    return p(f"Of the positions taken on duty, about {on_duty:,}, {part} were released.") if part else None


def _of(number: int | None, whole: int) -> str:
    part = share(number, whole)
    return f" ({part})" if part else ""


def _facts(told: ReportContent) -> Markup:
    runs = told.chosen.counted
    known = sorted({run.as_of_us for run in runs})
    policy_hash, policy = told.policies[-1]
    as_of = moment(known[-1], told.zone)
    if len(known) > 1:
        as_of = f"{moment(known[0], told.zone)}, to {as_of}, by run"
    said = told.said
    return facts(
        ("Time", f"{told.period}, by the clocks of {told.zone}"),
        ("Positions lie between", _days(told)),
        ("Runs", _runs(told)),
        ("Roster known as of", as_of),
        ("Purpose", f"“{policy['policy']['purpose']}”"),
        ("Rules", joined(f"“{policy['policy']['name']}”, hash ", code(short(policy_hash)), _others(told))),
        ("Log", joined(f"{said.size:,} entries, head ", code(short(said.root)))),
        ("Made", f"{moment(told.made_us, told.zone)}"),
    )


def _days(told: ReportContent) -> str | None:
    """Said only where the time has an open end."""
    table, time = told.tables.get("day"), span_of(told.chosen)
    if table is None or not table.bins.days or (time.from_us != NEVER_US and time.to_us != FOREVER_US):
        return None
    return " and ".join(day_name(day) for day in table.bins.days)


def _runs(told: ReportContent) -> str:
    chosen = told.chosen
    text = f"{len(chosen.counted)} counted" if not told.alone else "one alone, as asked"
    if chosen.superseded:
        text += f"; {len(chosen.superseded)} superseded by newer ones, and not counted"
    if chosen.cut:
        text += f"; {len(chosen.cut)} left out, because only a part of them would count"
    if gaps_of(chosen):
        text += "; between them lies time that no run has"
    return text


def _others(told: ReportContent) -> str:
    more = len(told.policies) - 1
    return f"; and {more} other{'s' if more > 1 else ''} before" if more else ""


def _reading() -> Markup:
    return notice(
        el("strong", "How to read the figures. "),
        "Positions are counted in tens and people in fives. A count from 1 to 9 is never printed: it says “fewer than 10”, or"
        " is put together with its neighbours. Totals add up what is printed, and are not counted apart, so that nothing small"
        " can be worked out. Auditors have the exact counts, in the log and the ledger.",
        loud=False,
    )
