"""The pages of answers: made from what everybody may see, in sentences that do not judge, with pictures that hide the few."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest

from offduty.analyses.common_rules import FORBIDDEN, FORBIDDEN_IN_GERMAN, NOTICE, forbidden_words
from offduty.analyses.error_cards import error_card
from offduty.analyses.own_answer_page import own_answer_page
from offduty.analyses.presence import DATES, SECTION
from offduty.analyses.presence_page import presence_page
from offduty.analyses.presence_summary import summary as presence_summary
from offduty.analyses.recorder_groups import recorder_groups
from offduty.analyses.roster_audit import RosterAudit
from offduty.analyses.roster_page import roster_page
from offduty.analyses.roster_summary import QUESTIONS
from offduty.analyses.roster_summary import summary as roster_summary
from offduty.analyses.site_days_page import site_days_page
from offduty.analyses.site_days_summary import summary as days_summary
from offduty.pages.language import ENGLISH, language
from tests.unit.analyses.shown_answers import (
    HOSTILE,
    shown_audit,
    shown_days,
    shown_interests,
    shown_pages,
    shown_presence,
)
from tests.unit.report.pages import Element, cells, read

PAGES, GERMAN = shown_pages(), shown_pages(language("de"))
NAMES = list(PAGES)


@pytest.mark.parametrize("name", NAMES)
def test_a_page_carries_what_it_must(name):
    """What it cannot say comes before every figure; the notice, purpose and recipients, error card, and whom to ask."""
    found = read(PAGES[name])
    (header,) = found.all("header")
    assert NOTICE in header.text
    assert found.all("p", "lead")[0].text == ENGLISH.say(f"{name.replace('-', '_')}.proves")
    assert HOSTILE in header.text
    assert [one.text for one in found.all("h2")][-3:] == [
        "How often this is wrong",
        "What this cannot say",
        "Whom to ask",
    ]
    assert any(table.all("caption")[0].text == "Error card" for table in found.all("table"))
    assert found.all("script") == []
    assert found.all("svg")


@pytest.mark.parametrize("name", NAMES)
def test_no_sentence_of_a_page_judges(name):
    """A7, of the whole page and in both languages: also titles, captions and descriptions of pictures."""
    for page, forbidden in ((PAGES[name], FORBIDDEN), (GERMAN[name], FORBIDDEN_IN_GERMAN)):
        words = re.findall(r"\w+", read(page).all("body")[0].text.lower())
        assert set(words) & set(forbidden) == set()
    assert forbidden_words("Who was absent?") == ["absent"]


@pytest.mark.parametrize("name", NAMES)
def test_a_page_names_nobody(name):
    """No officer, no recorder, no shift, and no unit of few people beyond its name."""
    words = re.findall(r"[\w-]+", read(PAGES[name]).text)
    assert not [word for word in words if re.fullmatch(r"[ori]\d+|shift-.*", word)]


def test_presence_draws_what_its_table_has_and_the_rest_as_unknown():
    """One bar for each week of a unit that is printed; a unit of five people is not named."""
    document = presence_summary(shown_presence())
    found = read(PAGES["presence"])
    pictures = {one.all("title")[0].text.rpartition(": ")[2]: one for one in weekly(found)}
    printed = [row for row in document["weeks"] if row["unit"] == "north"]
    assert [row["confirmed_percent"] for row in printed] == [round(share) for share in shares(pictures["north"])]
    assert set(pictures) == {row["unit"] for row in document["weeks"]} == {f"unit {HOSTILE}", "north"}
    assert len(pictures["north"].all("rect", "unknown")) == len(printed)


def test_weeks_with_an_open_end_are_in_the_table_alone():
    """In words, and with the reason; of the closed ones nothing changes."""
    document = presence_summary(shown_presence())
    document["weeks"] = [row for row in document["weeks"] if row["unit"] == "north"]
    closed = read(presence_page(document))
    document["weeks"][0]["from"] = document["weeks"][-1]["to"] = None
    found = read(presence_page(document))
    (before,), (after,) = weekly(closed), weekly(found)
    assert len(after.all("rect", "unknown")) == len(before.all("rect", "unknown")) - 2
    for words in (f"until {document['weeks'][0]['to']}", f"from {document['weeks'][-1]['from']} on", "one person"):
        assert (words in found.text, words in closed.text) == (True, False)
    document["weeks"] = [{**document["weeks"][0], "to": None}]
    assert "in all weeks" in read(presence_page(document)).text


def weekly(found: Element) -> list[Element]:
    """The pictures of weeks."""
    return [one for one in found.all("svg") if (one.attributes["aria-labelledby"] or "").startswith("weeks-")]


def shares(picture: Element) -> list[float]:
    """How high its bars are, in per cent of the whole."""
    return [float(bar.attributes["height"] or 0) / 0.72 for bar in picture.all("rect", "released")]


def test_an_hour_with_nine_officers_is_not_drawn():
    """Neither in the picture nor in the table."""
    at_sites = pd.DataFrame(
        [{"site": "s", "hour": hour, "officer": f"o{who}"} for hour, many in ((9, 9), (10, 10)) for who in range(many)]
    )
    shown = shown_presence()
    few = replace(shown, at_sites=at_sites)
    found = read(presence_page(presence_summary(few)))
    (picture,) = [one for one in found.all("svg") if (one.attributes["aria-labelledby"] or "").startswith("site-")]
    assert len(picture.all("rect")) == 1
    (figures,) = found.all("details")
    assert cells(figures.all("table")[0]) == [["s", "10:00", "at least 10"]]


@pytest.mark.parametrize("target", [0, 10, 90])
def test_days_that_are_not_confirmed_are_no_number_and_the_target_is_not_drawn(target):
    """The picture is the same for every target: one that ends before a line would be read as missed."""
    found, other = (read(site_days_page(days_summary(shown_days(target=each)))) for each in (target, 50))
    assert len(found.all("rect", "released")) == 2
    assert [one.attributes for one in found.all("rect")] == [one.attributes for one in other.all("rect")]
    assert found.all("line") == []
    words = {row[-1] for row in cells(found.all("table")[0])}
    assert words <= {"shown", "not shown", "no target was agreed on", "not printed: about too few people"}
    assert "the others cannot be known" in found.text


def test_lead_times_are_drawn_in_the_order_of_time():
    """The first bar is of what was recorded long before; the line of the start stands between before and after."""
    found = read(roster_page(roster_summary(shown_audit())))
    (picture,) = [one for one in found.all("svg") if one.attributes["aria-labelledby"] == "lead-times-t lead-times-d"]
    heights = [float(bar.attributes["height"] or 0) for bar in picture.all("rect", "released")]
    assert heights[0] == max(heights)
    assert [one.text for one in picture.all("text", "mark")] == ["14 d", "7 d", "1 d", "start", "1 d", "3 d"]
    assert len(picture.all("line", "rule")) == 1


def test_weeks_with_an_open_end_are_in_the_table_and_in_no_picture():
    """Nobody knows how long they are, so there is no bar for them; where there are no others there is no picture."""
    document = roster_summary(shown_audit())
    rows = document["weeks"]["R2"]
    assert (rows[0]["from"], rows[-1]["to"], len(rows) > 2) == (None, None, True)
    found = read(roster_page(document))
    (picture,) = [one for one in found.all("svg") if one.attributes["aria-labelledby"] == "hours-0-t hours-0-d"]
    assert len(picture.all("rect", "released")) == len(rows) - 2
    (figures,) = [one for one in found.all("table") if one.all("caption")[0].text == "Hours that changed afterwards"]
    assert cells(figures)[0][1] == f"until {rows[0]['to']}"
    assert cells(figures)[len(rows) - 1][1] == f"from {rows[-1]['from']} on"
    document["weeks"] = {"R2": [{"from": None, "to": None, "printed": 80}], "R8": []}
    found = read(roster_page(document))
    assert [one for one in found.all("svg") if (one.attributes["aria-labelledby"] or "").startswith("hours")] == []
    assert "in all weeks" in found.text
    assert "Both pictures" not in found.text


def test_every_signal_stands_beside_its_lawful_reasons():
    """Also where nothing may be printed."""
    rows = cells(read(PAGES["roster-audit"]).all("table")[0])
    assert [row[0].split()[0] for row in rows] == list(QUESTIONS)
    assert all(row[2] for row in rows)
    assert {row[1] for row in rows} > {"not printed: about too few people"}


@pytest.mark.parametrize(("recorders", "groups"), [(19, 0), (20, 2), (40, 2)])
def test_no_recorder_is_drawn_alone(recorders, groups):
    """Ten in each group, of twenty or more; and nobody has more than half of what is drawn."""
    half = [30 if number % 2 else 120 for number in range(recorders)]
    table = {"role": "", "recorder": [f"r{n}" for n in range(recorders)], "edits": half, "marked": 10}
    subjects = {f"o{number}": 1 for number in range(10_000)}
    assert len(recorder_groups(pd.DataFrame(table), subjects, subjects)) == groups
    one = pd.DataFrame({**table, "marked": [0] * (recorders - 1) + [20]})
    assert recorder_groups(one, subjects, subjects) == []


@pytest.mark.parametrize(
    ("subjects", "printed"),
    [
        ({"o1": 240}, False),
        ({f"o{n}": 26 for n in range(12)}, True),  # any ten of them and more
        ({f"o{n}": 27 for n in range(12)}, False),  # nine of them may be all
        ({"o0": 120, **{f"o{n}": 1 for n in range(1, 200)}}, True),
        ({"o0": 121, **{f"o{n}": 1 for n in range(1, 200)}}, False),  # more than half may be one officer's
    ],
)
def test_a_group_of_recorders_is_about_ten_subjects_too(subjects, printed):
    """Twenty-four recorders say nothing of whose grants they are: ten officers at least, and nobody more than half."""
    table = {"role": "", "recorder": [f"r{n}" for n in range(24)], "edits": 30, "marked": 10}
    enough = {f"o{number}": 5 for number in range(1_000)}
    assert bool(recorder_groups(pd.DataFrame(table), subjects, enough)) is printed
    assert bool(recorder_groups(pd.DataFrame({**table, "marked": 20}), enough, subjects)) is printed


def test_without_ten_subjects_over_rest_there_is_no_funnel():
    """Shares over rest tell of those subjects, too."""
    shown = shown_audit()
    few = shown.signals[(shown.signals["signal"] != "R3") | (shown.signals["subject"] == "o1")]
    document = roster_summary(type(shown)(**{**vars(shown), "signals": few}))
    assert document["funnel"] == []
    assert "too few recorders" in read(roster_page(document)).text
    assert roster_summary(replace(shown, assessed=19))["funnel"] == []
    assert roster_summary(shown)["funnel"] != []


@pytest.mark.parametrize("name", NAMES)
def test_a_german_page_is_a_draft_with_the_same_pictures(name):
    """It says so on top; every bar is as high as on the English page."""
    german, english = read(GERMAN[name]), read(PAGES[name])
    assert "Entwurf" in german.all("header")[0].text
    assert [one.attributes for one in german.all("rect")] == [one.attributes for one in english.all("rect")]


def test_nothing_to_show():
    """No window, no day and no signal: a page all the same, without a picture."""
    presence, days, audit = shown_presence(), shown_days(), shown_audit()
    empty = replace(presence, windows=presence.windows[:0], at_sites=presence.at_sites[:0], card={})
    none = type(days)(days.days[:0], days.codes, days.start, days.end, days.terms, {})
    bare = type(audit)(
        **{
            **vars(audit),
            "signals": audit.signals[:0],
            "leads": audit.leads[:0],
            "recorders": audit.recorders[:0],
            "card": {},
        }
    )
    for page in (
        presence_page(presence_summary(empty)),
        site_days_page(days_summary(none)),
        roster_page(roster_summary(bare)),
    ):
        found = read(page)
        assert found.all("svg") == []
        assert "No error card." in found.text


def own_sections() -> dict[str, pd.DataFrame]:
    """A section of each question."""
    found = shown_interests()
    officer = str(found.findings["officer"].iloc[0])
    presence = [["2026-03-02", "", 20, 75, f"confirmed {HOSTILE}"]]
    return {
        "presence": pd.DataFrame(presence, columns=SECTION),
        "site-days": shown_days().section("o20"),
        "interests": found.section(officer),
        "roster-audit": shown_audit_with_people().own_section("o1"),
    }


def shown_audit_with_people() -> RosterAudit:
    """An audit whose signals have what an own section needs."""
    shown = shown_audit()
    signals = shown.signals.assign(recorder_officer="", after_end=False, across=False)
    return replace(shown, signals=signals)


@pytest.mark.parametrize("name", NAMES)
def test_an_own_section_is_a_page_too(name):
    """Every cell of the table, what it cannot say, and who asked; private, without a script, and it judges nobody."""
    section = own_sections()[name]
    asked = pd.DataFrame(
        [("2026-03-02", name, "single case", "standards", f"a complaint {HOSTILE}")], columns=ASKED_COLUMNS
    )
    found = read(own_answer_page(name, section, asked))
    tables = found.all("table")
    if name in ("presence", "site-days"):  # one row, as names and values: a phone shows all of it
        said = [str(cell) for (row,) in [rows_of(section)] for cell in row if cell is not pd.NA and str(cell)]
        assert [each.text for each in found.all("dd")] == said
        tables = [None, *tables]
    expected = [
        ["" if cell is pd.NA else "yes" if cell is True else "no" if cell is False else str(cell) for cell in row]
        for row in rows_of(section)
    ]
    assert tables[0] is None or cells(tables[0]) == expected
    assert cells(tables[1]) == [[str(cell) for cell in row] for row in rows_of(asked)]
    text = found.all("body")[0].text
    assert NOTICE in text
    assert ENGLISH.say(f"{name.replace('-', '_')}.own") in text
    assert tables[2].all("caption")[0].text == "Error card"
    assert ENGLISH.say(f"{name.replace('-', '_')}.cannot_say") in text
    assert "Private." in text
    assert found.all("script") == []
    assert "complaint" not in read(own_answer_page(name, section)).text
    for page, forbidden in (
        (own_answer_page(name, section, asked), FORBIDDEN),
        (own_answer_page(name, section, asked, language("de")), FORBIDDEN_IN_GERMAN),
    ):
        words = re.findall(r"\w+", read(page).all("body")[0].text.lower())
        assert set(words) & set(forbidden) == set()
    nothing = read(own_answer_page(name, section[:0], asked[:0])).text
    assert "Nothing is in this section." in nothing
    assert ENGLISH.say("own_answer.nobody_asked") in nothing


@pytest.mark.parametrize("name", ["presence", "site-days"])
def test_dates_stand_on_the_page_of_an_own_copy_alone(name):
    """Every cell, whom they are for, and how to read them; a single case has not a word of it."""
    section = own_sections()[name]
    dates = shown_days().dates("o20")
    if name == "presence":
        row = [f"2026-03-02T08:00 {HOSTILE}", "2026-03-02T16:00", "confirmed", "", 15, 0]
        dates = pd.DataFrame([row], columns=DATES)
    own, single = (read(own_answer_page(name, section, None, ENGLISH, given)) for given in (dates, None))
    assert cells(own.all("table")[0]) == [[str(cell) for cell in row] for row in rows_of(dates)]
    for words in ("This part is in no single case.", ENGLISH.say(f"{name.replace('-', '_')}.own_dates")):
        assert words in own.text
        assert words not in single.text
    assert f"{dates.iloc[-1, 0]}" in own.text
    assert f"{dates.iloc[-1, 0]}" not in single.text
    empty = read(own_answer_page(name, section, None, ENGLISH, dates[:0])).text
    assert "Nothing is in this section." in empty


def test_an_own_section_says_what_its_letters_mean_and_what_it_may_be():
    """Beside each letter of a finding stand its words and its lawful reasons; letters that it has not are left out."""
    section = own_sections()["interests"]
    (codes,) = [one for one in read(own_answer_page("interests", section)).all("ul") if "It may be" in one.text]
    used = sorted({code for code in section["rule"] if code})
    assert [item.text.partition(":")[0] for item in codes.all("li")] == used
    assert all("without anybody’s fault: " in item.text for item in codes.all("li"))
    audit = read(own_answer_page("roster-audit", own_sections()["roster-audit"])).text
    assert f"R1: {QUESTIONS['R1']}." in audit


@pytest.mark.parametrize("analysis", ["roster-audit", "presence", "interests"])
def test_whoever_concludes_would_mostly_be_wrong(analysis):
    """The pages say so in words, so every card must have it, for each share that it was measured for."""
    card = error_card(analysis)
    (true,) = [values for key, values in card.items() if key.startswith("of_100_")]
    assert max(true.values()) < 50
    assert "mostly be wrong" in ENGLISH.say(f"{analysis.replace('-', '_')}.card_true")


@pytest.mark.parametrize("name", NAMES)
def test_a_page_says_how_to_contest_it_and_how_to_check_it(name):
    """In its last section: the own copy, to whom one complains, and the second program."""
    last = read(PAGES[name]).all("section")[-1].text
    assert "own copy" in last
    assert ENGLISH.say("first.complain_to") in last
    assert "offduty verify, check 8.2" in last


ASKED_COLUMNS = ["made_at", "question", "kind", "who_asked", "because"]


def rows_of(table: pd.DataFrame) -> list[tuple[object, ...]]:
    """Its rows, as plain values."""
    return list(table.astype(object).itertuples(index=False, name=None))
