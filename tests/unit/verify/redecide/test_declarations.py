"""What the second implementation takes as a declaration: exactly the keys, the columns and the values that there are."""

from __future__ import annotations

import pytest

from offduty.config.declarations import TableDeclaration
from offduty.core.errors import InputError
from offduty.verify.redecide.declarations import UNDECLARED, read_declaration
from offduty.verify.redecide.rules import read_rules
from tests.second_implementation import policy_document
from tests.world import policy_of


def test_nothing_declared():
    """Then everything is as the contract has it."""
    assert read_declaration("roster", {}) == UNDECLARED
    assert UNDECLARED.as_contract
    column = UNDECLARED.column("starts_at")
    assert (column.name, column.constant, column.as_contract) == ("starts_at", None, True)


def test_every_key_of_the_manifest_is_known():
    """The filter writes no other one, and none is left out here."""
    how = TableDeclaration(
        time_zone="Europe/London",
        ignore=("end",),
        distinct=("officer_id",),
        format="csv",
        compression="gzip",
        encoding="utf-16",
        delimiter=";",
        decimal=",",
        skip_rows=2,
        columns={"lon": "x", "valid_from": "since"},
        constants={"kind": "home"},
        values={"kind": {"H": "home"}},
        times={"valid_from": "excel"},
        units={"radius_m": "ft", "lon": "1e-7"},
    )
    declared = read_declaration("places", {**how.as_document(), "constants": {"valid_to": ""}})
    assert (declared.time_zone, declared.distinct) == ("Europe/London", {"officer_id"})
    assert (declared.format, declared.compression, declared.encoding) == ("csv", "gzip", "utf-16")
    assert (declared.delimiter, declared.decimal, declared.skip_rows) == (";", ",", 2)
    assert not declared.as_contract
    assert declared.column("valid_to").constant == ""
    assert declared.column("kind").words == {"H": "home"}
    since, lon, lat = (declared.column(name) for name in ("valid_from", "lon", "lat"))
    assert (since.name, since.form, since.comma) == ("since", "excel", True)
    assert (lon.name, lon.unit, lon.comma) == ("x", "1e-7", True)
    assert (lat.name, lat.unit, lat.comma) == ("lat", "", True)
    assert declared.column("radius_m").unit == "0.3048"


def test_a_comma_is_not_for_times_that_are_no_numbers():
    """In `%d.%m.%Y` a point is a letter, and so it is in words, ids and the contract's own times."""
    declared = read_declaration("roster", {"decimal": ",", "times": {"starts_at": "%d.%m.%Y", "ends_at": "unix_s"}})
    commas = {name for name in ("starts_at", "ends_at", "recorded_at", "shift_id") if declared.column(name).comma}
    assert commas == {"ends_at"}


@pytest.mark.parametrize(
    ("table", "how"),
    [
        ("pings", {"separator": ";"}),
        ("pings", {"format": "xlsx"}),
        ("pings", {"compression": "bzip2"}),
        ("pings", {"encoding": "utf-99"}),
        ("pings", {"encoding": "hex"}),
        ("pings", {"encoding": 8}),
        ("pings", {"delimiter": ";;"}),
        ("pings", {"delimiter": 59}),
        ("pings", {"decimal": ";"}),
        ("pings", {"skip_rows": -1}),
        ("pings", {"skip_rows": True}),
        ("pings", {"skip_rows": "2"}),
        ("pings", {"columns": {"starts_at": "Start"}}),
        ("pings", {"columns": {"lon": 7}}),
        ("pings", {"columns": ["lon"]}),
        ("pings", {"columns": {"lon": "x", "lat": "x"}}),
        ("pings", {"constants": {"lon": "0.5"}}),
        ("pings", {"constants": {"device_id": "d1"}}),
        ("roster", {"constants": {"officer_id": "o1"}}),
        ("roster", {"values": {"officer_id": {"1": "o1"}}}),
        ("roster", {"values": {"recorded_by": {"1": "o1"}}}),
        ("places", {"values": {"geometry": {"a": "b"}}}),
        ("roster", {"values": {"duty_code": ["D"]}}),
        ("roster", {"values": {"duty_code": {"D": 1}}}),
        ("roster", {"constants": {"status": "active"}, "columns": {"status": "State"}}),
        ("roster", {"constants": {"status": "active"}, "values": {"status": {"A": "active"}}}),
        ("roster", {"times": {"duty_code": "unix_s"}}),
        ("pings", {"times": {"observed_at": 1}}),
        ("pings", {"units": {"observed_at": "1e-3"}}),
        ("pings", {"units": {"lon": "m"}}),
        ("pings", {"units": {"accuracy_m": "yd"}}),
        ("pings", {"units": {"accuracy_m": "0"}}),
        ("pings", {"units": {"accuracy_m": "1e999"}}),
        ("pings", {"units": {"accuracy_m": 3}}),
        ("officers", {}),
    ],
    ids=str,
)
def test_what_is_no_declaration_stops(table, how):
    """A table that is read in another way than the job declares would not be verified."""
    manifest = {
        "policy": policy_document(policy_of(None)),
        "interval": {"from": "", "to": ""},
        "as_of": "2026-11-20T00:00:00Z",
        "declarations": {table: how},
    }
    with pytest.raises(InputError, match="does not have the rules of the run"):
        read_rules(manifest)
    assert read_rules({**manifest, "declarations": {"pings": {}}}).declaration("pings") == UNDECLARED


def test_a_declared_column_is_not_released_as_an_extra_one():
    """The exact position, under the name that it has in the file, is no extra column."""
    policy = policy_of({"release": {"extra_columns": ["x"]}})
    manifest = {
        "policy": policy_document(policy),
        "interval": {"from": "", "to": ""},
        "as_of": "2026-11-20T00:00:00Z",
        "declarations": {"pings": {"columns": {"lon": "x"}}},
    }
    with pytest.raises(InputError, match="declares to be one of the contract"):
        read_rules(manifest)
    manifest["declarations"] = {"roster": {"columns": {"status": "x"}}}
    assert read_rules(manifest).extra == ("x",)
