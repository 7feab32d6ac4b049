"""Columns are found by name: what is missing, doubled, or looks like an optional column stops the run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from offduty.config.contracts import TABLES, contract
from offduty.config.declarations import TableDeclaration
from offduty.core.errors import InputError
from offduty.ingest.columns import LOOKS_LIKE, ColumnsError, check_columns, for_each
from offduty.ingest.source_file import Source


def source(table: str, name: str = "f.csv") -> Source:
    """A file that is not opened."""
    return Source(0, table, name, Path(name), "csv")


def fault(table: str, names: list[str], extra: tuple[str, ...] = (), ignore: tuple[str, ...] = ()) -> str:
    """What is wrong with the columns; empty where nothing is."""
    try:
        check_columns(replace(source(table), declared=TableDeclaration(ignore=ignore)), names, extra)
    except ColumnsError as error:
        assert error.file == "f.csv"
        return error.what
    return ""


PINGS = ["device_id", "observed_at", "lon", "lat"]
NEEDED = {table: [*contract(table).required] for table in TABLES}


@pytest.mark.parametrize("table", TABLES)
def test_the_lists_are_of_optional_columns_and_in_the_form_that_is_compared(table):
    """A spelling stands for one column of its table, and is no column of the contract."""
    optional = {name for name in contract(table).names if name not in contract(table).required}
    spelled = [word for words in LOOKS_LIKE[table].values() for word in words]
    assert set(LOOKS_LIKE[table]) <= optional
    assert len(set(spelled)) == len(spelled)
    assert not set(spelled) & set(contract(table).names)
    assert all(word == word.lower() and " " not in word for word in spelled)


@pytest.mark.parametrize(
    ("table", "wanted", "word"),
    [(table, wanted, word) for table, found in LOOKS_LIKE.items() for wanted, words in found.items() for word in words],
)
def test_a_column_that_looks_like_an_optional_one_stops_the_run(table, wanted, word):
    """Where that one is missing; where it is there, or where the job lists the column, it does not."""
    names = [*NEEDED[table], word]
    told = f"the column {word!r} looks like {wanted!r}, which the file lacks"
    assert told in fault(table, names)
    assert f"inputs.{table}.ignore" in fault(table, names)
    assert told not in fault(table, [*names, wanted])
    assert fault(table, names, ignore=(word,)) == ""


@pytest.mark.parametrize(
    ("table", "name", "wanted"),
    [
        ("assignments", "recorded_a", "recorded_at"),
        ("places", "RECORDED_A", "recorded_at"),
        ("places", "valid_unti", "valid_to"),
        ("pings", "received_a", "received_at"),
        ("pings", "server_tim", "received_at"),
    ],
)
def test_a_shapefile_keeps_ten_characters_of_a_name(table, name, wanted):
    """What is left of a name of eleven or more, and not of a shorter one that happens to begin so."""
    assert f"looks like {wanted!r}" in fault(table, [*NEEDED[table], name])
    assert fault(table, [*NEEDED[table], name[:7]]) == ""


@pytest.mark.parametrize(
    "name", ["Accuracy", "horizontalAccuracy", " Horizontal accuracy ", "h-accuracy", "HACC", "acc."]
)
def test_spelling_does_not_matter(name):
    """Case, spaces, dashes and points."""
    assert "looks like 'accuracy_m'" in fault("pings", [*PINGS, name])


@pytest.mark.parametrize(
    ("table", "name", "wanted"),
    [
        ("assignments", "Valid_To", "valid_to"),
        ("assignments", "RECORDED_AT", "recorded_at"),
        ("assignments", "recordedAt", "recorded_at"),
        ("assignments", "valid to", "valid_to"),
        ("roster", "TimeZone", "timezone"),
        ("places", "OFFICER ID", "officer_id"),
        ("pings", "Valid", "valid"),
        ("pings", "hAcc", "accuracy_m"),
    ],
)
def test_the_columns_own_name_in_another_spelling_stops_the_run(table, name, wanted):
    """Columns are found by exactly their name: an end or a record time must not be passed over for its spelling."""
    assert f"the column {name!r} looks like {wanted!r}" in fault(table, [*NEEDED[table], name])


@pytest.mark.parametrize("name", ["speed", "accuracy_class", "accuracies", "timezone", "tz_label", "pdop"])
def test_other_columns_are_let_pass(name):
    """The lists are exact: nothing is guessed."""
    assert fault("pings", [*PINGS, name]) == ""


def test_a_column_that_the_policy_releases_is_no_lookalike():
    """Who names it knows what it is."""
    assert fault("pings", [*PINGS, "fix"], extra=("fix",)) == ""


def test_circles_need_no_geometry_and_geometries_no_circles():
    """But a half circle does: where one of its columns is missing, what looks like it stops the run."""
    base = ["place_id", "kind"]
    assert fault("places", [*base, "lon", "lat", "radius_m", "shape"]) == ""
    assert fault("places", [*base, "geometry", "longitude", "latitude", "radius"]) == ""
    assert "looks like 'radius_m'" in fault("places", [*base, "lon", "lat", "radius"])
    assert "looks like 'geometry'" in fault("places", [*base, "lon", "lat", "shape"])
    assert "looks like 'lon'" in fault("sites", ["longitude", "lat", "radius_m"])


def test_every_missing_column_is_named_at_once_with_what_it_may_be():
    """Those of the policy, too."""
    told = fault("pings", ["device", "lon", "observed_on"], extra=("speed",))
    assert told == (
        "the file lacks the column 'device_id'; did you mean the column it calls 'device'?;"
        " the file lacks the column 'observed_at'; did you mean the column it calls 'observed_on'?;"
        " the file lacks the column 'lat'; the file lacks the column 'speed';"
        " free columns of its header are 'device', 'observed_on'"
    )


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["a", "a"], "two columns have the same name"),
        (["a", "A"], "two columns have the same name"),
        (["LON"], "two columns have the same name"),
        ([""], "a column has no name"),
        ([" "], "a column has no name"),
    ],
)
def test_an_empty_or_a_doubled_name_stops_the_run(more, told):
    """In any case: SQL does not tell them apart."""
    assert told in fault("pings", [*PINGS, *more])


def test_the_columns_of_all_files_are_told_in_one_message():
    """A line for each file; another error is raised at once."""
    files = [source("pings", name) for name in ("a.csv", "b.csv", "c.csv")]
    names = {"a.csv": PINGS[1:], "b.csv": PINGS, "c.csv": PINGS[:-1]}
    with pytest.raises(InputError) as error:
        for_each(files, lambda file: check_columns(file, names[file.name]))
    assert str(error.value).splitlines() == [
        "a.csv: the file lacks the column 'device_id'",
        "c.csv: the file lacks the column 'lat'",
    ]
    assert for_each(files, lambda file: file.name) == ["a.csv", "b.csv", "c.csv"]
    with pytest.raises(ZeroDivisionError):
        for_each(files, lambda file: 1 // 0)
