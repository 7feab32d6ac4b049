"""The section about the outcomes of the positions: how many were released or hidden, why, by day and by hour."""

from __future__ import annotations

from offduty.pages.elements import Markup, el, joined
from offduty.pages.page import PageSection, code, p, table
from offduty.report.content import ReportContent, ReportTable
from offduty.report.data.counts import OUTCOMES
from offduty.report.data.select_runs import ReportedRun, runs_with_a_release
from offduty.report.html.charts import figures_table, histogram, panels, share_bar
from offduty.report.html.labels import colour_class


def outcomes(content: ReportContent) -> PageSection:
    """The table of outcomes, the charts, and the list of runs."""
    say = content.language.say
    parts = [el("h3", say("outcomes.which")), _outcomes_table(content)]
    parts += [el("h3", say("outcomes.by_day")), *_charts(content, "day")]
    parts += [el("h3", say("outcomes.by_hour")), *_charts(content, "hour")]
    if not content.timed:
        parts += [el("h3", say("outcomes.by_run")), *_by_run(content)]
    parts += [el("h3", say("outcomes.runs_heading")), *_runs(content)]
    return PageSection("positions", say("outcomes.heading"), joined(*parts))


def _outcomes_table(content: ReportContent) -> Markup:
    """A row for each outcome, in the order of the rules; the first reason that applies is a position's."""
    say = content.language.say
    heads = [
        el("th", say("own.outcome"), scope="col"),
        el("th", say("own.positions"), scope="col", class_="n"),
        el("th", say("outcomes.share"), scope="col", class_="n"),
        el("th", el("span", say("outcomes.bar"), class_="visually-hidden"), scope="col", class_="barhead"),
    ]
    most = max((number or 0 for number in content.printed.values()), default=0)
    rows = [_outcome_row(content, outcome, most) for outcome in OUTCOMES]
    foot = el(
        "tr",
        el("th", say("outcomes.received"), scope="row"),
        el("td", content.language.total(content.printed.values()), class_="n"),
        el("td", ""),
        el("td", "", class_="barcell"),
    )
    caption = el("caption", say("outcomes.caption"))
    inner = el(
        "table", caption, el("thead", el("tr", *heads)), el("tbody", *rows), el("tfoot", foot), class_="outcomes"
    )
    return el("div", inner, class_="scroll", tabindex=0, role="region", aria_label=say("outcomes.which"))


def _outcome_row(content: ReportContent, outcome: str, most: int) -> Markup:
    number, say = content.printed[outcome], content.language.say
    name = joined(
        el("span", say(f"outcome.{outcome}"), class_="outcome"),
        " ",
        el("span", say(f"why.{outcome}"), " ", el("code", outcome), class_="why"),
    )
    return el(
        "tr",
        el("th", name, scope="row"),
        el("td", content.language.count(number), class_="n"),
        el("td", content.language.share(number, content.received), class_="n"),
        el("td", share_bar(number, most, colour_class(outcome)), class_="barcell"),
    )


def _charts(content: ReportContent, unit: str) -> list[Markup]:
    found = content.tables.get(unit)
    if found is None:
        return [p(_why_no_chart(content))]
    return [p(_about(content, unit, found), class_="quiet"), *_panels(content, unit, found)]


def _panels(content: ReportContent, unit: str, found: ReportTable) -> list[Markup]:
    """A chart for each outcome of which any count may be printed, and their figures as a table."""
    language, drawn = content.language, []
    titles = {outcome: language.say(f"outcome.{outcome}") for outcome in OUTCOMES if outcome in found.groups}
    for outcome, name in titles.items():
        title = language.say(f"outcomes.chart_{unit}", outcome=name)
        kind = colour_class(outcome)
        drawn.append((name, histogram(f"{unit}-{outcome}", title, found.bins, found.groups[outcome], kind, language)))
    columns = {outcome: (name, found.groups[outcome]) for outcome, name in titles.items()}
    caption, head = language.say(f"outcomes.figures_{unit}"), language.say(f"outcomes.{unit}")
    return [panels(*drawn), figures_table(f"{unit}-figures", caption, head, found.bins, columns, language)]


def _why_no_chart(content: ReportContent) -> str:
    if content.deleted_releases:
        return content.language.say("outcomes.deleted")
    if not any(content.printed.values()):
        return content.language.say("outcomes.nothing")
    return content.language.say("outcomes.not_shown")


def _about(content: ReportContent, unit: str, found: ReportTable) -> str:
    """Which clock and which scale a chart has, and what a pale bar means where there is one."""
    say = content.language.say
    parts = [say(f"outcomes.local_{unit}", zone=content.zone)]
    if not content.timed:
        why = say("outcomes.inexact_inputs" if content.inputs_given else "outcomes.no_inputs")
        parts = [say("outcomes.only_released", zone=content.zone), say(f"outcomes.hidden_{unit}", why=why)]
    if any(group.bins > 1 for groups in found.groups.values() for group in groups):
        parts.append(say(f"outcomes.pale_{unit}"))
    return " ".join(parts)


def _by_run(content: ReportContent) -> list[Markup]:
    found = content.tables.get("run")
    if found is None or len(content.runs.counted) == 1:
        return [p(content.language.say("outcomes.one_run" if found else "outcomes.nothing"))]
    return [p(content.language.say("outcomes.in_order"), class_="quiet"), *_panels(content, "run", found)]


def _runs(content: ReportContent) -> list[Markup]:
    """Which runs count, which do not, and how that was decided."""
    runs, say = content.runs, content.language.say
    how = say("outcomes.single" if content.single_run else "outcomes.newest")
    rows = [_run_row(content, run, str(number), _standing(content, run)) for number, run in enumerate(runs.counted, 1)]
    rows += [_run_row(content, run, "–", say("outcomes.left_out")) for run in runs.left_out]
    kept = runs_with_a_release(content.entries)
    rows += [
        _run_row(content, run, "–", say("outcomes.kept" if run.run_id in kept else "outcomes.withdrawn"))
        for run in runs.superseded
    ]
    heads = [say(f"own.{name}") for name in ("run", "time", "known", "rules", "status")] + [say("outcomes.id")]
    return [p(how), table(say("outcomes.runs_caption"), heads, rows)]


def _standing(content: ReportContent, run: ReportedRun) -> str:
    say = content.language.say
    empty = say("outcomes.empty") if run.document["kind"] == "heartbeat" else ""
    return say("outcomes.counted" if run.whole else "outcomes.counted_partly") + empty


def _run_row(content: ReportContent, run: ReportedRun, number: str, standing: str) -> list[str]:
    return [
        number,
        content.language.period(run.interval, content.zone),
        content.language.time(run.as_of_us, content.zone),
        content.language.say("list.quoted", text=run.document["policy"]["policy"]["name"]),
        standing,
        code(run.run_id[:8]),
    ]
