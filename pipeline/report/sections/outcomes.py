"""The part of a report that says what happened to the positions: how many, why, on which days, at which hours."""

from __future__ import annotations

from offduty.report.content import ReportContent, ReportTable
from offduty.report.data.counts import FATES
from offduty.report.data.select_runs import ReportedRun
from offduty.report.disclosure import share, total_words, words
from offduty.report.html.charts import figures_table, histogram, panels, share_bar
from offduty.report.html.elements import Markup, el, joined
from offduty.report.html.labels import TITLES, because, kind_of, moment, period
from offduty.report.html.page import PageSection, code, p, table

HEADS = {"day": "Day", "hour": "Hour", "run": "Run"}


def happened(told: ReportContent) -> PageSection:
    """The table of fates, the pictures, the runs."""
    parts = [el("h3", "Released, hidden and why"), _fates(told)]
    parts += [el("h3", "By day"), *_pictures(told, "day")]
    parts += [el("h3", "By hour of the day"), *_pictures(told, "hour")]
    if not told.timed:
        parts += [el("h3", "Hidden, by run"), *_by_run(told)]
    parts += [el("h3", "Which runs are counted"), *_runs(told)]
    return PageSection("positions", "What happened to the positions", joined(*parts))


def _fates(told: ReportContent) -> Markup:
    """A row for each fate, in the order in which the rules ask; the first that applies is a position's."""
    most = max((number or 0 for number in told.printed.values()), default=0)
    body = []
    for fate in FATES:
        number = told.printed[fate]
        name = joined(
            el("span", TITLES[fate], class_="fate"), " ", el("span", because(fate), " ", el("code", fate), class_="why")
        )
        cells = [
            el("th", name, scope="row"),
            el("td", words(number), class_="n"),
            el("td", share(number, told.came_in), class_="n"),
            el("td", share_bar(number, most, kind_of(fate)), class_="barcell"),
        ]
        body.append(el("tr", *cells))
    foot = el(
        "tr",
        el("th", "Came in", scope="row"),
        el("td", total_words(told.printed.values()), class_="n"),
        el("td", ""),
        el("td", "", class_="barcell"),
    )
    heads = [
        el("th", "What became of a position", scope="col"),
        el("th", "Positions", scope="col", class_="n"),
        el("th", "Share", scope="col", class_="n"),
        el("th", el("span", "As a bar", class_="unseen"), scope="col", class_="barhead"),
    ]
    caption = el(
        "caption", "Each position has one fate. Where several reasons to hide apply, the first in this order is given."
    )
    inner = el("table", caption, el("thead", el("tr", *heads)), el("tbody", *body), el("tfoot", foot), class_="fates")
    return el("div", inner, class_="scroll", tabindex=0, role="region", aria_label="Released, hidden and why")


def _pictures(told: ReportContent, what: str) -> list[Markup]:
    table_ = told.tables.get(what)
    if table_ is None:
        return [p(_why_none(told))]
    return [p(_about(told, what, table_), class_="quiet"), _panels(what, table_), _figures(what, table_)]


def _panels(what: str, found: ReportTable) -> Markup:
    drawn = []
    for fate in FATES:
        if fate in found.groups:
            title = f"{TITLES[fate]}, by {'hour of the day' if what == 'hour' else what}"
            picture = histogram(f"{what}-{fate}", title, found.bins, found.groups[fate], kind_of(fate))
            drawn.append((TITLES[fate], picture))
    return panels(*drawn)


def _figures(what: str, found: ReportTable) -> Markup:
    columns = {fate: (TITLES[fate], found.groups[fate]) for fate in FATES if fate in found.groups}
    caption = f"Positions by {'hour of the day' if what == 'hour' else what}, counted in tens"
    return figures_table(f"{what}-figures", caption, HEADS[what], found.bins, columns)


def _why_none(told: ReportContent) -> str:
    if told.gone:
        return "Not known: releases of some of these runs are no longer in the store."
    if not any(told.printed.values()):
        return "There is nothing to draw."
    return "Not known: released times are cut down too far, or there is too little to draw."


def _about(told: ReportContent, what: str, found: ReportTable) -> str:
    """By which clocks, on what scale, and what a bar across several bins means where there is one."""
    parts = [f"Local {what}s, by the clocks of {told.zone}. Each picture has a scale of its own, from zero."]
    if not told.timed:
        when = "On which day" if what == "day" else "At which hour"
        parts = [
            f"Released positions only, by the clocks of {told.zone}.",
            f"{when} the hidden ones were taken is not known: {_untimed(told)}.",
        ]
    if any(group.bins > 1 for groups in found.groups.values() for group in groups):
        parts.append(f"A pale bar stands for {what}s that are put together, because one of them has fewer than ten.")
    return " ".join(parts)


def _untimed(told: ReportContent) -> str:
    """Why hidden positions have no times."""
    if told.inputs:
        return "not all of the inputs at hand are as the runs read them"
    return "the ledger has no times, and the inputs are not at hand"


def _by_run(told: ReportContent) -> list[Markup]:
    found = told.tables.get("run")
    if found is None or len(told.chosen.counted) == 1:
        return [p("There is one run, and the table above has its counts." if found else "There is nothing to draw.")]
    text = "By run, in the order of the table below, because they have no times here. Runs may differ in length."
    return [p(text, class_="quiet"), _panels("run", found), _figures("run", found)]


def _runs(told: ReportContent) -> list[Markup]:
    """Which runs are in, which are not, and how that was chosen."""
    chosen = told.chosen
    if told.alone:
        how = "This report is about one run alone, as asked, whether or not a newer one has taken its place."
    else:
        how = (
            "Over any time the newest entry of the log counts. An older run over the same time is superseded: it is listed,"
            " and not counted, so that no position is counted twice."
        )
    rows = [_row(told, run, str(number), _standing(run)) for number, run in enumerate(chosen.counted, 1)]
    rows += [
        _row(told, run, "–", "left out: only a part of it would count, and without its inputs that part cannot be told")
        for run in chosen.cut
    ]
    rows += [_row(told, run, "–", "superseded") for run in chosen.superseded]
    heads = ["Run", "Time", "Roster known as of", "Rules", "Stands", "Id"]
    return [p(how), table("Runs of the store over this time", heads, rows)]


def _standing(run: ReportedRun) -> str:
    nothing = ", nothing came in" if run.document["kind"] == "heartbeat" else ""
    return ("counted" if run.whole else "counted where no newer run is") + nothing


def _row(told: ReportContent, run: ReportedRun, number: str, standing: str) -> list[str]:
    return [
        number,
        period(run.interval, told.zone),
        moment(run.as_of_us, told.zone),
        f"“{run.document['policy']['policy']['name']}”",
        standing,
        code(run.run_id[:8]),
    ]
