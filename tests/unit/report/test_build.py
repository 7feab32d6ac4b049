"""The page loads nothing, runs nothing, escapes what was read, and has no person, no place and no small count."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offduty import run
from offduty.core.disclosure import share
from offduty.core.instants import FOREVER_US, NEVER_US
from offduty.core.interval import Interval
from offduty.pages.language import ENGLISH, language
from offduty.report.content import ReportContent, print_counts, print_tables
from offduty.report.data.bins import BinnedCounts
from offduty.report.data.counts import OUTCOMES, QUARANTINED, ReportCounts
from offduty.report.data.coverage import Coverage
from offduty.report.data.map_cells import CoarseMap, shown
from offduty.report.data.select_runs import select_runs
from offduty.report.data.verification import NOTHING_MORE
from offduty.report.render import render
from offduty.transparency.log import read_log
from offduty.verify.verdict import Check, Count, EntryNumber, Explanation, Figure, FileName, Status, Unit, explain
from tests.unit.report.forces import NOW_US, day_of, device, entry, force, home, officer, published
from tests.unit.report.pages import cells, read
from tests.world import WHERE, lay_out, place, read_release

HOSTILE = '<script>alert("1")</script>&amp;\'"><img src=x onerror=alert(2)>'
HEADINGS = [
    "What the rules were",
    "What happened to the positions",
    "How the data were read",
    "What the records do not cover",
    "Where positions were released",
    "What was verified",
    "What else is in the log",
    "What changed since the last report",
    "Words, limits and whom to ask",
]
ONE_FOUND = explain("found wrong: {found}", found=Count(1, Unit.FINDINGS))
MISSING_INPUT = explain("entry {entry}: {file} is not there", entry=EntryNumber(3), file=FileName("pings/a.parquet"))
ROWS_DECIDED = explain(
    "entry {first}: every row, {many}; entry {second}: every row, {few}",
    first=EntryNumber(0),
    many=Count(598_321, Unit.ROWS),
    second=EntryNumber(1),
    few=Count(7, Unit.ROWS),
)
CHECKS = (
    Check("1.1", "log", "entries", Count(12, Unit.ENTRIES), Status.PASS, Explanation()),
    Check("2.1", "files", "files", Count(240, Unit.FILES), Status.FAIL, ONE_FOUND, ("a finding, never printed",), 1),
    Check("4.1", "completeness", "input rows", Count(0, Unit.ROWS), Status.NOT_DONE, MISSING_INPUT),
    Check("5.1", "soundness", "rows decided again", Count(4_778_659, Unit.ROWS), Status.PASS, ROWS_DECIDED),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A force of twelve over two days, with a run for each day, and two for the first."""
    late = [
        entry(number, day_of(1), shift_id=f"planted-late-{number}", recorded_at="2026-03-10T00:00:00Z")
        for number in range(12)
    ]
    roster = [entry(number, day_of(0)) for number in range(12)] + late
    made = published(tmp_path_factory.mktemp("force"), force(roster=roster))
    return made.run(day_of(0), day_of(1), as_of="2026-03-05").run(day_of(0), day_of(1)).run(day_of(1), day_of(2))


@pytest.fixture(scope="module", params=[True, False], ids=["inputs", "store alone"])
def html(made, request) -> bytes:
    """The report, with and without inputs."""
    return made.report(inputs=request.param).html


def test_every_section_is_there_in_order(html):
    """Headings go down one level at a time, and there is one of the first level."""
    page = read(html)
    (main,) = page.all("main")
    assert [one.text for one in main.all("h2")][1:] == HEADINGS
    levels = [int(one.tag[1]) for one in page.all() if re.fullmatch("h[1-6]", one.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_how_the_data_were_read(tmp_path: Path):
    """Declarations, rows in tens by reason, what was recorded after as_of, and tables without record times; nobody is
    named.
    """
    given = force()
    given["tables"]["places"].append({**place(home(1), officer=officer(1), place_id="x"), "radius_m": -1})
    given["tables"]["roster"] += [
        entry(number, day_of(0), shift_id=f"later-{number}", recorded_at="2026-04-02T00:00:00Z") for number in range(12)
    ]
    given["inputs"] = {"roster": {"time_zone": "Europe/London"}, "places": {"distinct": ["officer_id"]}}
    page = read(published(tmp_path, given).run().report().html)
    part = page.by_id("reading").parent
    assert "roster: times without an offset are of Europe/London" in part.text
    assert "places: ids in officer_id that look alike are different things" in part.text
    assert "roster: 10 rows were recorded after as_of" in part.text
    assert "places: no record times" in part.text
    assert "fewer than 10" in part.text
    assert "planted" not in part.text


def test_nothing_was_declared(html):
    """The report says so."""
    assert "Nothing was declared about the tables" in read(html).by_id("reading").parent.text


def test_a_report_in_german_is_german(made):
    """Every sentence, with the same figures; only what the command line says too is English, and marked so."""
    german = read(made.report(inputs=True, language=language("de"), evidence=NOTHING_MORE).html)
    marked = " ".join(one.text for one in german.all() if one.attributes.get("lang") == "en-GB")
    text = german.all("body")[0].text
    sentences = [said for said in ENGLISH.messages.values() if said.count(" ") > 3 and not set("{*") & set(said)]
    assert [said for said in sentences if said in text and said not in marked] == []
    assert "Diese Übersetzung hat noch niemand geprüft" in text
    assert "Es wurde nichts Falsches gefunden." in text
    assert "entries follow each other without a gap" in marked
    (table,) = read(made.report(inputs=True).html).all("table", "outcomes")
    (in_german,) = german.all("table", "outcomes")
    numbers = [row[1].replace(",", ".").replace("none", "keine") for row in cells(table)]
    assert [row[1] for row in cells(in_german)] == numbers
    assert [one.text for one in german.all("text", "mark")][:2] == ["Mo 2", "Di 3"]


def test_landmarks_and_links(html):
    """Header, navigation, main, footer; the first link skips to main; every link has a target on the page."""
    page = read(html)
    for tag in ("header", "nav", "main", "footer"):
        assert len(page.all(tag)) == 1
    links = page.all("a")
    assert links[0].attributes["href"] == "#main"
    ids = [one.attributes["id"] for one in page.all() if "id" in one.attributes]
    assert len(ids) == len(set(ids))
    assert {link.attributes["href"] for link in links} <= {f"#{id_}" for id_ in ids}
    assert page.all("html")[0].attributes["lang"] == "en-GB"


def test_nothing_is_loaded_and_nothing_runs(html):
    """No script, no picture from elsewhere, one style sheet, whose hash the content policy names; no address."""
    page = read(html)
    tags = {one.tag for one in page.all()}
    assert tags.isdisjoint(
        {"script", "link", "img", "iframe", "object", "embed", "base", "form", "input", "video", "image", "use"}
    )
    for one in page.all():
        assert not any(
            name.startswith("on") or name in ("style", "src", "srcset", "action", "background")
            for name in one.attributes
        )
    text = html.decode()
    assert re.search(r"https?:|//[a-z]|javascript:|data:|url\(|@import", text) is None
    (style,) = page.all("style")
    (policy,) = [
        m.attributes["content"] for m in page.all("meta") if m.attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    digest = base64.b64encode(hashlib.sha256("".join(style.texts).encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    order = [one.tag for one in page.all("head")[0].children]
    assert order.index("style") > order.index("meta")


def test_every_picture_is_described_and_has_its_figures(html):
    """It has a role, a title and a description; after the charts comes a table with their figures."""
    page = read(html)
    pictures = [one for one in page.all("svg") if one.attributes.get("aria-hidden") != "true"]
    assert len(pictures) > 3
    for one in pictures:
        assert one.attributes["role"] == "img"
        title, description = (page.by_id(id_) for id_ in one.attributes["aria-labelledby"].split())
        assert title.tag == "title" and title.text
        assert description.tag == "desc" and description.text
    for panels in page.all("div", "panels"):
        following = panels.parent.children[panels.parent.children.index(panels) + 1]
        assert following.tag == "details"
        assert following.all("table")
    for table in page.all("table"):
        assert table.all("caption")
        assert all(cell.attributes.get("scope") in ("col", "row") for cell in table.all("th"))


def test_no_small_count_is_printed(html):
    """Every number of positions or people is none, fewer than 10, or at least ten."""
    page = read(html)
    numbers = [one.text for one in page.all("td", "n")] + [one.text for one in page.all("strong")]
    numbers += [one.text for one in page.all("text", "label")]
    counts = [
        int(found.replace(",", ""))
        for text in numbers
        if "%" not in text
        for found in re.findall(r"(?<![\d:.])\d[\d,]*(?![\d:%])", re.split(" on | from | in ", text)[0])
    ]
    assert len(counts) > 20
    assert min(counts) >= 10


def test_the_total_and_the_shares_are_made_of_what_is_printed(html):
    """The last row is the sum of the column, and each share is the row's part of that sum."""
    (table,) = read(html).all("table", "outcomes")
    numbers = [int(row[1].replace(",", "")) if row[1] != "none" else 0 for row in cells(table)]
    assert table.all("tfoot")[0].all("td")[0].text == f"{sum(numbers):,}"
    for number, row in zip(numbers, cells(table), strict=True):
        assert row[2] == share(number, sum(numbers))


def test_no_person_and_no_place_is_in_it(made, html):
    """No ids, pseudonyms, coordinates, shifts, names of recorders, or paths of files."""
    text = html.decode()
    planted = [officer(3), device(3), "planted", "shift-", "planner", str(made.folder), "part-0.csv", "home-"]
    released = [row for path in (made.store / "runs").iterdir() for row in read_release(path / "release")]
    planted += [row[1] for row in released]
    for lon, lat in [*WHERE.values(), home(3)]:
        planted += [f"{abs(lon):.3f}", f"{abs(lat):.3f}", f"{abs(lon):.2f}", f"{abs(lat):.2f}"]
    assert [word for word in set(planted) if word in text] == []
    assert released


def test_what_was_read_cannot_become_markup(tmp_path: Path):
    """A policy with a script as its name, and codes and columns with angle brackets: text, as it was written."""
    hostile = {"policy": {"name": HOSTILE, "purpose": HOSTILE}, "duty": {"on_codes": ["duty", HOSTILE]}}
    pings = [{**row, "<b>": "1"} for row in force()["tables"]["pings"]]
    world = force(policy={**hostile, "release": {"extra_columns": ["<b>"]}}, pings=pings)
    made = published(tmp_path, world)
    made.reasons = []
    run(lay_out(world, tmp_path), as_of="2026-04-01")
    page = read(made.report(inputs=True).html)
    assert page.all("script") == [] and page.all("img") == [] and page.all("b") == []
    rules = page.by_id("rules").parent.text
    assert f"“{HOSTILE}”" in rules
    assert "“<b>”" in rules


def test_rules_that_weaken_are_at_the_top(tmp_path: Path):
    """The leg rule is off and late edits are tolerated: two warnings before all figures."""
    policy = {
        "legs": {"rule": "off", "max_gap_s": 300, "hold_s": 900},
        "places": {"max_km": 500},
        "duty": {"late_edit_tolerance_s": 7200},
        "release": {"keep_superseded": False},
    }
    made = published(tmp_path, force(policy=policy)).run()
    page = read(made.report().html)
    (header,) = page.all("header")
    warnings = [one.text for one in header.all("div", "warning")]
    assert any("homes can be found that way" in text for text in warnings)
    assert any("up to 2 hours after" in text for text in warnings)
    assert len(page.all("li", "warning")) == 2


def test_all_policies_that_were_used_are_in_it(tmp_path: Path):
    """The newest in full; for each other one, since when it was used and how it differs."""
    made = published(tmp_path, force(policy={"places": {"buffer_m": 150.0}})).run(
        day_of(0), day_of(1), as_of="2026-03-20"
    )
    made.world = force(policy={"places": {"buffer_m": 250.0}})
    made.run(day_of(1), day_of(2), as_of="2026-03-21")
    page = read(made.report().html)
    rules = page.by_id("rules").parent
    assert "within 250 m" in rules.all("ul")[1].text
    (table,) = rules.all("table")
    ((before, now),) = cells(table)
    assert "150 m" in before
    assert "250 m" in now
    assert "first as of 20 March 2026" in rules.text


def test_runs_are_listed_with_their_status(made, html):
    """Those that count in order of time, then the superseded one."""
    page = read(html)
    (table,) = [t for t in page.all("table") if t.all("caption")[0].text == "Runs of the store over this time"]
    assert [(row[0], row[4]) for row in cells(table)] == [
        ("1", "counted"),
        ("2", "counted"),
        ("–", "superseded; its release can still be read: two releases of one time tell more than one"),
    ]
    assert "1 superseded by newer runs, not counted" in page.all("header")[0].text


def test_one_run_can_be_reported_on_alone(made):
    """Also on a superseded run; the page says so."""
    first = read_log(made.store / "log")[0].document["run_id"]
    html = made.report(run_id=first[:12]).html.decode()
    assert "a single run, as requested" in html
    assert first[:8] in html


# Pages that are rendered from made-up counts.


def content_of(made, exact: ReportCounts, **changes) -> ReportContent:
    """Content about the store of this module, with other counts."""
    entries = read_log(made.store / "log")
    always = Interval(NEVER_US, FOREVER_US)
    content = ReportContent(
        entries=entries,
        single_run=False,
        runs=select_runs(entries, always),
        made_us=NOW_US,
        printed=print_counts(exact),
        tables=print_tables(exact),
        timed=True,
        inputs_given=True,
        deleted_releases=0,
        coverage=None,
        same_tables=True,
        map=None,
        checks=None,
        previous=None,
        previously_printed=None,
    )
    return replace(content, **changes)


def counts_of(days: dict[str, list[int]], hours: dict[str, list[int]], quarantined: int) -> ReportCounts:
    """Exact counts of four days and four hours."""
    counts = {outcome: sum(days.get(outcome, [])) for outcome in OUTCOMES[:-1]} | {QUARANTINED: quarantined}
    of_days = BinnedCounts("day", tuple(f"{n} March 2026" for n in range(1, 5)), ("1", "2", "3", "4"), days)
    of_hours = BinnedCounts("hour", tuple(f"{n:02}:00 to {n + 1:02}:00" for n in range(4)), ("0", "1", "2", "3"), hours)
    return ReportCounts(counts, (of_days, of_hours), timed=True)


OUTCOMES_DRAWN = ("on_duty", "off_duty", "late_edit", "home_leg")
ROW = st.lists(st.integers(0, 12) | st.integers(0, 300), min_size=4, max_size=4)
STEP = st.tuples(st.sampled_from(OUTCOMES_DRAWN), st.integers(0, 3), st.integers(-9, 9).filter(bool))


@given(st.lists(ROW, min_size=4, max_size=4), st.lists(STEP, min_size=1, max_size=40), st.integers(0, 30))
def test_counts_that_print_alike_make_the_same_page(made, rows, steps, quarantined):
    """Byte for byte: everything on the page, also the heights of bars, is made from printed figures only.

    The second counts are reached from the first in steps that change nothing of what may be printed.
    """
    days = dict(zip(OUTCOMES_DRAWN, rows, strict=True))
    first = counts_of(days, {outcome: row[::-1] for outcome, row in days.items()}, quarantined)
    for outcome, at, change in steps:
        row = [max(count + change * (n == at), 0) for n, count in enumerate(days[outcome])]
        moved = {**days, outcome: row}
        if printed(counts_of(moved, {o: r[::-1] for o, r in moved.items()}, quarantined)) == printed(first):
            days = moved
    second = counts_of(
        days, {outcome: row[::-1] for outcome, row in days.items()}, 9 if 0 < quarantined < 9 else quarantined
    )
    assert render(content_of(made, first)) == render(content_of(made, second))


def printed(exact: ReportCounts) -> object:
    """Everything that may be printed of some counts."""
    return print_counts(exact), {unit: table.groups for unit, table in print_tables(exact).items()}


def test_small_bins_are_combined(made):
    """They are one bar, at their mean, and one cell across their rows in the table."""
    days = {"on_duty": [100, 3, 0, 40], "late_edit": [1, 2, 3, 0]}
    page = read(render(content_of(made, counts_of(days, {"on_duty": [143, 0, 0, 0]}, 3))))
    released = page.by_id("day-on_duty-t").parent
    wide = released.all("rect", "combined")
    assert len(wide) == 1
    assert float(wide[0].attributes["width"]) > 3 * 70
    by_day = page.by_id("day-figures")
    assert [cell.text for cell in by_day.all("td")] == ["100", "40 together"]
    assert [cell.attributes.get("rowspan") for cell in by_day.all("td")] == [None, "3"]
    by_word = {row[0].split(" ")[-1]: row[1] for row in cells(page.all("table", "outcomes")[0])}
    shares = [row[2] for row in cells(page.all("table", "outcomes")[0])]
    assert shares[0] == "93 %"  # of 140, and five for each that is not printed
    assert by_word["late_edit"] == "fewer than 10"
    assert by_word["quarantined"] == "fewer than 10"
    assert "day-late_edit-t" not in [one.attributes.get("id") for one in page.all()]


@pytest.mark.parametrize(
    ("released", "late", "expected"),
    [
        (3, 0, "Fewer than 10 positions were received"),
        (3, 4, "Fewer than 20 positions were received"),
        (0, 0, "No positions were received"),
    ],
)
def test_few_positions_are_given_as_a_bound(made, released, late, expected):
    """Not as a number made of unprinted counts, and without a bar."""
    days = {"on_duty": [released, 0, 0, 0], "late_edit": [0, late, 0, 0]}
    header = read(render(content_of(made, counts_of(days, days, 0)))).all("header")[0]
    assert expected in header.text
    assert header.all("svg") == []


def test_checks_are_shown_as_they_are(made):
    """A failure is at the top and in the table; what was not done is never a PASS, also where nothing was verified."""
    figures = counts_of({"on_duty": [100, 0, 0, 0]}, {"on_duty": [100, 0, 0, 0]}, 0)
    page = read(render(content_of(made, figures, checks=CHECKS)))
    header = page.all("header")[0].text
    assert "FAIL" in header
    assert "1 check found something wrong: 2.1, a file was changed, lost" in header
    rows = cells(page.by_id("verification").parent.all("table")[0])
    assert [row[1].split(" ", 1)[1] for row in rows] == ["PASS", "FAIL", "NOT DONE", "PASS"]
    assert [row[3] for row in rows] == ["12", "240", "none", "about 4,800,000"]
    assert rows[1][4].startswith("found wrong: fewer than 100. Protects against published files that are exchanged")
    assert "This FAIL means: a file was changed" in rows[1][4]
    assert rows[2][4].startswith("entry 3: a file is not there. Protects against")
    assert "FAIL" not in rows[2][4]
    assert rows[3][4].startswith("entry 0: every row, about 600,000; entry 1: every row, fewer than 100. Protects")
    undone = read(render(content_of(made, figures, checks=(CHECKS[0], CHECKS[2])))).all("header")[0].text
    assert "PASS Nothing wrong was found. 1 check passed; 1 could not be made, so it is not known whether" in undone
    assert "FAIL" not in undone
    nothing = read(render(content_of(made, figures))).all("header")[0].text
    assert "NOT DONE Nothing in this report was verified." in nothing
    assert "PASS" not in nothing
    passed = read(render(content_of(made, figures, checks=CHECKS[:1]))).all("header")[0].text
    assert "PASS" in passed


def test_trials_exceptions_and_questions_are_counted(made):
    """Those of the whole log; few are a bound, and an exception is said with its end, however few there are."""
    figures = counts_of({"on_duty": [100, 0, 0, 0]}, {"on_duty": [100, 0, 0, 0]}, 0)
    content = content_of(made, figures)
    exception = {"kind": "agreement", "until": "2026-04-01", "recorded_at": "2026-03-20T09:00:00Z"}
    more = [
        *({"kind": "trial"} for _ in range(3)),
        exception,
        {**exception, "until": ""},
        *({"kind": "analysis", "answer": "aggregate"} for _ in range(12)),
        {"kind": "analysis", "answer": "single_case"},
    ]
    entries = [*content.entries, *(replace(content.entries[0], document=document) for document in more)]
    part = read(render(replace(content, entries=entries))).by_id("log").parent
    assert [row[1] for row in cells(part.all("table")[0])] == [
        *("fewer than 10", "fewer than 10", "10", "none", "fewer than 10"),
    ]
    assert [one.text for one in part.all("li")] == [
        "An exception was recorded on 2026-03-20; its last day is 2026-04-01."
    ]
    nothing = read(render(content)).by_id("log").parent
    assert {row[1] for row in cells(nothing.all("table")[0])} == {"none"}
    assert nothing.all("li") == []


def test_what_came_out_later_is_listed_by_cause(made):
    """Counts in tens and never a small one; a table without record times is named at the top, and nothing else is."""
    figures = counts_of({"on_duty": [100, 0, 0, 0]}, {"on_duty": [100, 0, 0, 0]}, 0)
    found = (
        Figure("released later, was home_leg: files of pings came late", Count(118, Unit.ROWS), ("late_file",)),
        Figure(
            "released later, was protected_place: places changed, and have no record times",
            Count(34, Unit.ROWS),
            ("table:places",),
        ),
        Figure("released later, was no_home: sites changed", Count(7, Unit.ROWS), ("table:sites", "policy")),
    )
    compared = Check(
        "6.1", "later", "rows recorded twice", Count(900, Unit.ROWS), Status.NOT_DONE, Explanation(), figures=found
    )
    page = read(render(content_of(made, figures, checks=(CHECKS[0], compared))))
    (table,) = [one for one in page.by_id("verification").parent.all("table") if "later" in one.all("caption")[0].text]
    assert [row[1] for row in cells(table)] == ["120", "30", "fewer than 10"]
    header = page.all("header")[0].text
    assert (
        "versions of the list of homes and other protected places, which does not say when its rows were recorded. 30"
        in header
    )
    assert "the list of workplaces, which does not say when its rows were recorded. Fewer than 10 positions" in header
    nothing = read(render(content_of(made, figures, checks=CHECKS[:1])))
    assert "A table changed" not in nothing.all("header")[0].text
    assert "What came out later" not in nothing.by_id("verification").parent.text


def test_homes_that_were_moved_are_on_the_page(tmp_path: Path):
    """Two runs over one day, between which every home moved: the report says so at its top, with how many positions."""
    on_the_beat = [place(WHERE["street"], officer=officer(n), place_id=f"home-{n}") for n in range(12)]
    made = published(tmp_path, force(places=on_the_beat)).run(day_of(0), day_of(1), as_of="2026-03-05")
    assert "A table changed" not in made.report(evidence=NOTHING_MORE).html.decode()
    made.world = force()
    rendered = made.run(day_of(0), day_of(1)).report(evidence=NOTHING_MORE)
    (notice,) = [one.text for one in read(rendered.html).all("div", "warning") if "A table changed" in one.text]
    widened = sum(
        before != "on_duty" and after == "on_duty"
        for before, after in zip(made.reasons[0], made.reasons[1], strict=True)
    )
    assert widened >= 10
    assert f"which does not say when its rows were recorded. {(widened + 5) // 10 * 10} positions" in notice
    assert not rendered.failed


def test_coverage_singles_nobody_out(made):
    """It gives counts, and never a small one."""
    figures = counts_of({"on_duty": [100, 0, 0, 0]}, {"on_duty": [100, 0, 0, 0]}, 0)
    content = content_of(made, figures, coverage=Coverage(503, 3, 13, 500, 1200, 4, 7, 3.4))
    part = read(render(content)).by_id("coverage").parent
    assert [row[1] for row in cells(part.all("table")[0])] == ["505", "fewer than 10", "15", "all but fewer than 10"]
    assert "had begun: fewer than 10" in part.text
    assert "Workplaces on record: fewer than 10, together about 3 km²." in part.text


def test_the_map_draws_cells_and_states_the_rule(made):
    """Cells to scale, a scale bar and an arrow; no coordinates finer than a tenth of a degree."""
    qualified = {(14_150 + r, 11_150 + c) for r in range(8) for c in range(8)}
    drawn = CoarseMap({cell: 10 + 15 * (cell[1] % 4) for cell in sorted(shown(qualified))}, 4_000, 5_000)
    figures = counts_of({"on_duty": [100, 0, 0, 0]}, {"on_duty": [100, 0, 0, 0]}, 0)
    part = read(render(content_of(made, figures, map=drawn))).by_id("map-of-released").parent
    (picture,) = part.all("svg", "map")
    assert len(picture.all("rect")) == len(drawn.cells) > 30
    sides = {
        (round(float(r.attributes["width"]), 1), round(float(r.attributes["height"]), 1)) for r in picture.all("rect")
    }
    assert all(0.9 < width / height < 1.1 for width, height in sides)
    assert [one.text for one in picture.all("text")] == ["2 km", "N"]
    assert "Of the released positions, 80 % are in the cells" in part.text
    assert "in every cell of its own block" in part.text
    assert re.findall(r"\d+\.\d+°", part.text) == ["51.5°", "51.6°", "1.0°", "0.9°"]


def test_a_map_with_nearly_all_positions_does_not_reveal_the_rest(made):
    """Nine positions outside the cells are few, and cannot be worked out from a share."""
    drawn = CoarseMap(
        dict.fromkeys(shown({(14150 + r, 11150 + c) for r in range(6) for c in range(6)}), 10), 991, 1_000
    )
    figures = counts_of({"on_duty": [100, 0, 0, 0]}, {"on_duty": [100, 0, 0, 0]}, 0)
    part = read(render(content_of(made, figures, map=drawn))).by_id("map-of-released").parent
    assert "Nearly all released positions are in these cells." in part.text
    assert "%" not in part.text


def test_a_released_map_has_only_cells_of_ten_officers(tmp_path: Path):
    """From end to end: twelve officers all over a square, and one cell that only nine of them enter."""
    step = 0.01
    lon0, lat0 = -0.16, 51.50
    grid = [(lon0 + 0.0162 * c, lat0 + 0.005 + step * r) for r in range(8) for c in range(8)]
    pings = []
    for number in range(12):
        for at, (lon, lat) in enumerate(grid):
            if not (number >= 9 and at == 0):
                clock = f"2026-03-02T{9 + at // 30:02}:{at % 30 * 2:02}:00Z"
                pings.append(
                    {"device_id": device(number), "observed_at": clock, "lon": lon, "lat": lat, "accuracy_m": 10}
                )
    everywhere = [{"site_id": "s", "lon": -0.1, "lat": 51.54, "radius_m": 20_000}]
    world = force(
        pings=pings,
        places=[place((-2.0 - n / 10, 50.0), officer=officer(n), place_id=f"h{n}") for n in range(12)],
        sites=everywhere,
        policy={"legs": {"max_site_km2": 2_000}},
    )
    made = published(tmp_path, world).run()
    part = read(made.report().html).by_id("map-of-released").parent
    rects = part.all("svg", "map")[0].all("rect")
    assert rects
    assert len(rects) < len(grid)
    assert {rect.attributes["class"] for rect in rects} == {"c1"}
