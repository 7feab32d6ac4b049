"""What a run hid, refused or passed over is said in one line each, with no row of a place or a site."""

from __future__ import annotations

import re
from typing import Any

import pytest

from offduty.core.reasons import QuarantineReason, Reason
from offduty.core.refusal import VersionFault
from offduty.pages.language import ENGLISH
from offduty.runs.notes import COUNTED, MOST_ROWS, hidden_most_by, notes_of

NAMES = [("pings", "pings/part-0.csv"), ("assignments", "a.csv"), ("roster", "hr/r1.csv"), ("roster", "hr/r2.csv")]


def document(**changes: Any) -> dict[str, Any]:
    """A manifest about which there is nothing to say, with changes."""
    quiet = {
        "counts": {**dict.fromkeys((reason.word for reason in Reason), 0), "on_duty": 3, "off_duty": 5},
        "quarantined": dict.fromkeys((reason.word for reason in QuarantineReason), 0),
        "inputs": [{"file": number, "table": table, "name": name} for number, (table, name) in enumerate(NAMES)],
        "refused": [],
        "reported": [],
        "reported_counts": {},
        "recorded_after_as_of": {},
        "after_as_of": 0,
        "columns_ignored": {},
    }
    return {**quiet, **changes}


def rows(table: str, file: int, numbers: list[int], why: str = "it ends before it starts") -> list[dict[str, Any]]:
    """Rows of a table as a manifest has them."""
    return [{"table": table, "file": file, "row": row, "why": why} for row in numbers]


def test_nothing_to_say():
    """Hidden rows alone are no news."""
    assert notes_of(document()) == []


@pytest.mark.parametrize(
    ("newest", "year"),
    [("1970-01-21T12:34:56Z", "1970"), ("1989-12-31T23:59:59Z", "1989"), ("1990-01-01T00:00:00Z", ""), ("", "")],
)
def test_a_roster_that_was_recorded_before_there_were_any_is_said(newest, year):
    """As of seconds that are declared as milliseconds: then what was recorded afterwards is no late edit."""
    said = [note for note in notes_of(document(last_recorded_at=newest)) if "no edit is late" in note]
    assert said == (
        [
            f"roster: no row was recorded after {year}, so no edit is late; look how recorded_at is written, and which"
            " times are declared for it (seconds are unix_s)"
        ]
        if year
        else []
    )


def test_a_run_that_releases_nothing_says_so_with_its_commonest_reasons():
    """At most three; a run without pings says that."""
    counts = {"off_duty": 1200, "home_leg": 7, "imprecise": 30, "no_home": 8, "on_duty": 0}
    assert notes_of(document(counts=counts)) == [
        "nothing was released; the commonest reasons: off_duty (1,200), imprecise (30), no_home (8)",
        ENGLISH.say("check_next.nothing_off_duty"),
    ]
    assert notes_of(document(counts={"on_duty": 0, "off_duty": 0})) == [
        "nothing was released: no ping lies in the interval"
    ]


@pytest.mark.parametrize(
    ("counts", "first"),
    [
        ({"unassigned": 4752, "off_duty": 21_135, "home_leg": 10_622}, "lon and lat of the pings swapped"),
        ({"unassigned": 4752, "off_duty": 21_135, "imprecise": 10_862}, "accuracy_m, in metres"),
        ({"unassigned": 4752, "off_duty": 31_904, "home_leg": 73, "imprecise": 9}, "duty.on_codes of the policy"),
        ({"off_duty": 30_000, "no_home": 9_000, "imprecise": 9}, "officer ids of places"),
        ({"off_duty": 30, "unassigned": 900}, "device ids of pings and assignments"),
        ({"shared": 1}, "valid_to"),
        ({"late_edit": 5, "off_duty": 4}, "recorded_at"),
        ({"window_open": 5}, "run again"),
        ({"protected_place": 5}, "buffer_m"),
        ({"duplicate": 5}, "copies"),
    ],
)
def test_where_to_look_first_when_nothing_was_released(counts, first):
    """What hid most of the positions that were on duty, if there were any; else what hid most."""
    assert first in notes_of(document(counts=counts | {"on_duty": 0}))[1]


def test_where_most_rows_cannot_be_read_that_comes_first():
    """What is left may be a few rows of anything: a day before a month reads the days up to the twelfth."""
    said = notes_of(document(counts={"unassigned": 3, "on_duty": 0}, quarantined={"bad_time": 4}))
    assert "most rows of pings cannot be read" in said[1]


def test_every_reason_that_hides_has_words_for_it():
    """In the catalogue, whatever it is that hid most."""
    for reason in Reason:
        if not reason.released:
            assert hidden_most_by(document(counts={reason.word: 1})) == reason.word
            assert ENGLISH.say(f"check_next.nothing_{reason.word}")


def test_quarantined_rows_are_said_by_reason():
    """One and many, in the order of the reasons."""
    said = notes_of(document(quarantined={"no_device": 0, "bad_time": 1, "future_time": 0, "bad_position": 1234}))
    assert [line.split(":")[0] for line in said] == [
        "1 row of pings quarantined, bad_time",
        "1,234 rows of pings quarantined, bad_position",
    ]


def test_refused_and_reported_rows_are_said_by_table_and_reason():
    """With the first rows of each file, by name and row, and how many more there are."""
    refused = [
        *rows("roster", 3, list(range(MOST_ROWS))),
        *rows("roster", 2, [7, 4]),
        *rows("roster", 2, [1], "recorded_at cannot be read"),
    ]
    said = notes_of(document(refused=refused, reported=rows("assignments", 1, [0], "another device_id looks like it")))
    assert said == [
        "roster: 7 rows not readable, hiding more (it ends before it starts). Leave it; add the right duty as a later"
        " version of its shift, recorded now: it counts from then on (a row that takes duty away hides for good)"
        " (offduty docs running): hr/r1.csv row 4, hr/r1.csv row 7, hr/r2.csv row 0, hr/r2.csv row 1, hr/r2.csv row 2"
        " and 2 more (counted from 0)",
        "roster: 1 row not readable, hiding more (recorded_at cannot be read). Leave it; add the right duty under a"
        " new shift_id, recorded now: it counts from then on (a row that takes duty away hides for good) (offduty docs"
        " running): hr/r1.csv row 1 (counted from 0)",
        "assignments: 1 row read with doubt (another device_id looks like it): a.csv row 0 (counted from 0)",
    ]


@pytest.mark.parametrize(
    ("table", "why", "timeless", "step"),
    [
        ("roster", "shift_id is missing or cannot be read", [], "Nothing that is added lifts that"),
        ("roster", "recorded_at cannot be read; timezone is not known", [], "under a new shift_id"),
        ("roster", VersionFault.CLASH.value, [], "under a new shift_id"),
        ("roster", "status is neither active nor cancelled", [], "as a later version of its shift"),
        ("assignments", "valid_to cannot be read", [], "Nothing that is added lifts that"),
        ("assignments", "valid_to cannot be read", ["assignments"], "Correct it in its place"),
        ("places", "the geometry cannot be read", ["assignments"], "Nothing that is added lifts that"),
        ("places", "the geometry cannot be read", ["places"], "Correct it in its place"),
        ("sites", "the geometry cannot be read", [], "Correct it, or add the right one"),
    ],
)
def test_an_unreadable_row_says_what_lifts_what_it_hides(table, why, timeless, step):
    """Nobody is told to correct a row in its place where `verify` would call that an altered table."""
    names = [*NAMES, ("places", "p.csv"), ("sites", "s.csv")]
    inputs = [{"file": number, "table": name, "name": path} for number, (name, path) in enumerate(names)]
    number = next(number for number, (name, _) in enumerate(names) if name == table)
    refused = rows(table, number, [3], why)
    for quiet in (False, True):
        (line,) = [
            each
            for each in notes_of(document(refused=refused, inputs=inputs, without_record_times=timeless), quiet=quiet)
            if "not readable" in each
        ]
        assert step in line
        assert ("row 3" in line) is not quiet


@pytest.mark.parametrize(("table", "what"), COUNTED)
def test_of_places_and_sites_only_counts_are_said(table, what):
    """A row number of a site beside a home would be that home; counts under ten stand in the manifest as words."""
    (line,) = notes_of(document(reported_counts={table: {what: "fewer than 10"}}))
    assert line.startswith(f"{table}: fewer than 10 ")
    assert not re.search(r"\brow \d", line)


def test_what_was_not_there_yet():
    """Rows recorded after `as_of`, by table, and pings after it."""
    assert notes_of(document(recorded_after_as_of={"roster": 2, "places": 1}, after_as_of=2)) == [
        "roster: 2 rows recorded after as_of: not there for this run",
        "places: 1 row recorded after as_of: not there for this run",
        "2 pings after as_of: not decided; a later run decides them",
    ]
    assert notes_of(document(after_as_of=1)) == ["1 ping after as_of: not decided; a later run decides it"]


def test_columns_that_are_not_used():
    """By table."""
    assert notes_of(document(columns_ignored={"pings": ["heading", "speed"]})) == [
        "pings: columns that are not used: heading, speed"
    ]


def test_extra_columns_that_tell_more_than_they_seem_to():
    """By name, from the manifest."""
    said = notes_of(document(telling_columns={"km": "grows", "note": "free_text"}))
    assert said[0].startswith("release.extra_columns: the column 'km' only ever grows with an officer's time")
    assert said[1].startswith("release.extra_columns: the column 'note' is free text")


def test_the_manifest_of_an_older_version_is_read():
    """It lacks the keys of version 2."""
    older = document()
    for key in ("reported", "reported_counts", "recorded_after_as_of", "after_as_of"):
        del older[key]
    assert notes_of(older) == []
