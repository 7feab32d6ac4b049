"""The part of a report that says what happened to the positions: how many, why, on which days, at which hours."""

from __future__ import annotations

from pipeline.report.chosen import Run
from pipeline.report.facts import Facts, Table
from pipeline.report.figures import FATES
from pipeline.report.markup import Markup, el, joined
from pipeline.report.page import Section, code, p, table
from pipeline.report.pictures import figures_table, histogram, panels, share_bar
from pipeline.report.printed import share, words
from pipeline.report.told import TITLES, because, kind_of, moment, period

HEADS = {"day": "Day", "hour": "Hour", "run": "Run"}


def happened(told: Facts) -> Section:
    """The table of fates, the pictures, the runs."""
    parts = [el("h3", "Released, hidden and why"), _fates(told)]
    parts += [el("h3", "By day"), *_pictures(told, "day")]
    parts += [el("h3", "By hour of the day"), *_pictures(told, "hour")]
    if not told.timed:
        parts += [el("h3", "Hidden, by run"), *_by_run(told)]
    parts += [el("h3", "Which runs are counted"), *_runs(told)]
    return Section("positions", "What happened to the positions", joined(*parts))


def _fates(told: Facts) -> Markup:
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
        el("td", words(told.came_in), class_="n"),
        el("td", ""),
        el("td", "", class_="barcell"),
    )
    heads = [
        el("th", "What became of a position", scope="col"), el("th", "Positions", scope="col", class_="n"),
        el("th", "Share", scope="col", class_="n"),
        el("th", el("span", "As a bar", class_="unseen"), scope="col", class_="barhead"),
    ]  # fmt: skip
    caption = el(
        "caption", "Each position has one fate. Where several reasons to hide apply, the first in this order is given."
    )
    inner = el("table", caption, el("thead", el("tr", *heads)), el("tbody", *body), el("tfoot", foot), class_="fates")
    return el("div", inner, class_="scroll", tabindex=0, role="region", aria_label="Released, hidden and why")


def _pictures(told: Facts, what: str) -> list[Markup]:
    table_ = told.tables.get(what)
    if table_ is None:
        return [p(_why_none(told))]
    parts = [p(_about(told, what), class_="quiet")]
    return [*parts, _panels(what, table_), _figures(what, table_)]


def _panels(what: str, found: Table) -> Markup:
    drawn = []
    for fate in FATES:
        if fate in found.groups:
            title = f"{TITLES[fate]}, by {'hour of the day' if what == 'hour' else what}"
            picture = histogram(f"{what}-{fate}", title, found.bins, found.groups[fate], kind_of(fate))
            drawn.append((TITLES[fate], picture))
    return panels(*drawn)


def _figures(what: str, found: Table) -> Markup:
    columns = {fate: (TITLES[fate], found.groups[fate]) for fate in FATES if fate in found.groups}
    caption = f"Positions by {'hour of the day' if what == 'hour' else what}, counted in tens"
    return figures_table(f"{what}-figures", caption, HEADS[what], found.bins, columns)


def _why_none(told: Facts) -> str:
    if told.gone:
        return "Not known: releases of some of these runs are no longer in the store."
    if not any(told.printed.values()):
        return "There is nothing to draw."
    return "Not known: released times are cut down too far, or there is too little to draw."


def _about(told: Facts, what: str) -> str:
    where = f"by the clocks of {told.zone}"
    together = (
        "A bar across several of them stands for bins that are put together, because one of them has fewer than ten."
    )
    scale = "Each picture has a scale of its own, from zero."
    if told.timed:
        return f"Local {what}s, {where}. {scale} {together}"
    return (
        f"Released positions only, {where}. At which {what} the hidden ones were taken is not known without the inputs: the"
        f" ledger has no times. {together}"
    )


def _by_run(told: Facts) -> list[Markup]:
    found = told.tables.get("run")
    if found is None:
        return [p("There is nothing to draw.")]
    why = "The inputs are not at hand" if not told.inputs else "Not all of the inputs at hand are as the runs read them"
    text = f"{why}, so hidden positions are told by run, in the order of the table below. Runs may differ in length."
    return [p(text, class_="quiet"), _panels("run", found), _figures("run", found)]


def _runs(told: Facts) -> list[Markup]:
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


def _standing(run: Run) -> str:
    nothing = ", nothing came in" if run.document["kind"] == "heartbeat" else ""
    return ("counted" if run.whole else "counted where no newer run is") + nothing


def _row(told: Facts, run: Run, number: str, standing: str) -> list[str]:
    return [
        number, period(run.interval, told.zone), moment(run.as_of_us, told.zone),
        f"“{run.document['policy']['policy']['name']}”", standing, code(run.run_id[:8]),
    ]  # fmt: skip
