"""The section about the outcomes of the positions: how many were released or hidden, why, by day and by hour."""

from __future__ import annotations

from offduty.core.disclosure import count_in_words, share, total_in_words
from offduty.pages.elements import Markup, el, joined
from offduty.pages.page import PageSection, code, p, table
from offduty.report.content import ReportContent, ReportTable
from offduty.report.data.counts import OUTCOMES
from offduty.report.data.select_runs import ReportedRun, runs_with_a_release
from offduty.report.html.charts import figures_table, histogram, panels, share_bar
from offduty.report.html.labels import EXPLANATIONS, OUTCOME_TITLES, colour_class

UNIT_HEADS = {"day": "Day", "hour": "Hour", "run": "Run"}
BY_UNIT = {"day": "by day", "hour": "by hour of the day", "run": "by run"}


def outcomes(content: ReportContent) -> PageSection:
    """The table of outcomes, the charts, and the list of runs."""
    parts = [el("h3", "Released, hidden and why"), _outcomes_table(content)]
    parts += [el("h3", "By day"), *_charts(content, "day")]
    parts += [el("h3", "By hour of the day"), *_charts(content, "hour")]
    if not content.timed:
        parts += [el("h3", "Hidden, by run"), *_by_run(content)]
    parts += [el("h3", "Which runs are counted"), *_runs(content)]
    return PageSection("positions", "What happened to the positions", joined(*parts))


def _outcomes_table(content: ReportContent) -> Markup:
    """A row for each outcome, in the order of the rules; the first reason that applies is a position's."""
    heads = [
        el("th", "Outcome", scope="col"),
        el("th", "Positions", scope="col", class_="n"),
        el("th", "Share", scope="col", class_="n"),
        el("th", el("span", "As a bar", class_="visually-hidden"), scope="col", class_="barhead"),
    ]
    most = max((number or 0 for number in content.printed.values()), default=0)
    rows = [_outcome_row(content, outcome, most) for outcome in OUTCOMES]
    foot = el(
        "tr",
        el("th", "Received", scope="row"),
        el("td", total_in_words(content.printed.values()), class_="n"),
        el("td", ""),
        el("td", "", class_="barcell"),
    )
    caption = el(
        "caption",
        "Each position has one outcome. Where there are several reasons to hide it, the first one in this order counts."
        " The last word of each row is the word that the ledger and the log use.",
    )
    inner = el(
        "table", caption, el("thead", el("tr", *heads)), el("tbody", *rows), el("tfoot", foot), class_="outcomes"
    )
    return el("div", inner, class_="scroll", tabindex=0, role="region", aria_label="Released, hidden and why")


def _outcome_row(content: ReportContent, outcome: str, most: int) -> Markup:
    number = content.printed[outcome]
    name = joined(
        el("span", OUTCOME_TITLES[outcome], class_="outcome"),
        " ",
        el("span", EXPLANATIONS[outcome], " ", el("code", outcome), class_="why"),
    )
    return el(
        "tr",
        el("th", name, scope="row"),
        el("td", count_in_words(number), class_="n"),
        el("td", share(number, content.received), class_="n"),
        el("td", share_bar(number, most, colour_class(outcome)), class_="barcell"),
    )


def _charts(content: ReportContent, unit: str) -> list[Markup]:
    found = content.tables.get(unit)
    if found is None:
        return [p(_why_no_chart(content))]
    return [p(_about(content, unit, found), class_="quiet"), _panels(unit, found), _figures(unit, found)]


def _panels(unit: str, found: ReportTable) -> Markup:
    drawn = []
    for outcome in OUTCOMES:
        if outcome in found.groups:
            title = f"{OUTCOME_TITLES[outcome]}, {BY_UNIT[unit]}"
            chart = histogram(f"{unit}-{outcome}", title, found.bins, found.groups[outcome], colour_class(outcome))
            drawn.append((OUTCOME_TITLES[outcome], chart))
    return panels(*drawn)


def _figures(unit: str, found: ReportTable) -> Markup:
    columns = {
        outcome: (OUTCOME_TITLES[outcome], found.groups[outcome]) for outcome in OUTCOMES if outcome in found.groups
    }
    caption = f"Positions {BY_UNIT[unit]}, counted in tens"
    return figures_table(f"{unit}-figures", caption, UNIT_HEADS[unit], found.bins, columns)


def _why_no_chart(content: ReportContent) -> str:
    if content.deleted_releases:
        return "Not known: the releases of some of these runs are no longer in the store."
    if not any(content.printed.values()):
        return "There is nothing to draw."
    return "Not shown: the released times are too coarse, or there are too few positions to draw."


def _about(content: ReportContent, unit: str, found: ReportTable) -> str:
    """Which clock and which scale a chart has, and what a pale bar means where there is one."""
    parts = [f"Local {unit}s, by the clock of {content.zone}. Each chart has its own scale, which begins at zero."]
    if not content.timed:
        when = "On which day" if unit == "day" else "At which hour"
        parts = [
            f"Only released positions, by the clock of {content.zone}.",
            f"{when} the hidden positions were taken is not known: {_why_no_times(content)}.",
        ]
    if any(group.bins > 1 for groups in found.groups.values() for group in groups):
        parts.append(f"A pale bar is for several {unit}s together, because one of them has fewer than ten positions.")
    return " ".join(parts)


def _why_no_times(content: ReportContent) -> str:
    if content.inputs_given:
        return "not all inputs that were given are exactly as the runs read them"
    return "the ledger has no times, and the inputs were not given to this report"


def _by_run(content: ReportContent) -> list[Markup]:
    found = content.tables.get("run")
    if found is None or len(content.runs.counted) == 1:
        return [p("There is one run. The table above has its counts." if found else "There is nothing to draw.")]
    text = "By run, in the order of the table below, because the times are not known. Runs may differ in length."
    return [p(text, class_="quiet"), _panels("run", found), _figures("run", found)]


def _runs(content: ReportContent) -> list[Markup]:
    """Which runs count, which do not, and how that was decided."""
    runs = content.runs
    if content.single_run:
        how = "This report is about a single run, as requested, even if a newer run has superseded it."
    else:
        how = (
            "For any time, the newest run in the log counts. An older run over the same time is superseded: it is"
            " listed, but not counted. So no position is counted twice."
        )
    left_out = "left out: only a part of it would count, and without its inputs the rows of that part are not known"
    rows = [_run_row(content, run, str(number), _standing(run)) for number, run in enumerate(runs.counted, 1)]
    rows += [_run_row(content, run, "–", left_out) for run in runs.left_out]
    kept = runs_with_a_release(content.entries)
    rows += [_run_row(content, run, "–", _superseded(run.run_id in kept)) for run in runs.superseded]
    heads = ["Run", "Time", "Roster known as of", "Rules", "Status", "Id"]
    return [p(how), table("Runs of the store over this time", heads, rows)]


def _superseded(kept: bool) -> str:
    """What became of the release of a superseded run."""
    if kept:
        return "superseded; its release can still be read: two releases of one time tell more than one"
    return "superseded; its release was withdrawn"


def _standing(run: ReportedRun) -> str:
    empty = ", no positions received" if run.document["kind"] == "heartbeat" else ""
    return ("counted" if run.whole else "counted where there is no newer run") + empty


def _run_row(content: ReportContent, run: ReportedRun, number: str, standing: str) -> list[str]:
    return [
        number,
        content.language.period(run.interval, content.zone),
        content.language.time(run.as_of_us, content.zone),
        f"“{run.document['policy']['policy']['name']}”",
        standing,
        code(run.run_id[:8]),
    ]
