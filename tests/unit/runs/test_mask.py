"""A release of DataFrames: row by row that of the command, whatever library the tables are of, and nothing left behind."""

from __future__ import annotations

import json
import os
import shutil
import sys

import duckdb
import geopandas as gpd
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from pandas.testing import assert_frame_equal
from shapely.geometry import Point, Polygon

import offduty
from offduty import InputError, Policy, UsageError, mask, read_release, reasons, run
from offduty.core.reasons import Reason
from offduty.transparency.log import read_store
from tests.cli.command import here
from tests.paths import SAMPLE
from tests.properties.worlds import worlds
from tests.world import KEY, filtered, ping, rows_of, world

DAYS = ["2026-03-23", "2026-03-24"]
SECRET = bytes.fromhex(KEY)
AS_OF = "2026-04-15"
TABLES = ["pings", "assignments", "roster", "homes", "sites"]


def texts(path):
    """A CSV file as a frame of texts; what is empty is missing."""
    return pd.read_csv(path, dtype="str", keep_default_na=False, na_values=[""])


def drawn(name):
    """A GeoJSON file of the sample as a GeoDataFrame."""
    return gpd.GeoDataFrame.from_features(json.loads((SAMPLE / name).read_text()), crs="EPSG:4326")


@pytest.fixture(scope="module")
def sample():
    """Two days of the sample as frames, by the name of the parameter."""
    pings = pd.concat([pq.read_table(SAMPLE / "pings" / f"{day}.parquet").to_pandas() for day in DAYS])
    return {
        "pings": pings.reset_index(drop=True),
        "assignments": texts(SAMPLE / "assignments.csv"),
        "roster": texts(SAMPLE / "roster.csv"),
        "homes": drawn("places.geojson"),
        "sites": drawn("sites.geojson"),
        "policy": SAMPLE / "policy.toml",
    }


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """The same days through the command's run: the folder of its job, and its result."""
    folder = tmp_path_factory.mktemp("mask")
    shutil.copytree(SAMPLE, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("truth", "pings"))
    (folder / "pings").mkdir()
    for day in DAYS:
        shutil.copy(SAMPLE / "pings" / f"{day}.parquet", folder / "pings")
    for name in ("pseudonym.key", "signing.key"):
        (folder / name).write_text(KEY)
        (folder / name).chmod(0o600)
    return folder, run(folder / "job.toml", as_of=AS_OF)


@pytest.fixture(scope="module")
def masked(sample):
    """The release of the frames."""
    return mask(**sample, key=SECRET, as_of=AS_OF)


def small():
    """The tables of a small world as frames, by the name of the parameter, and its policy."""
    made = world(pings=[ping(f"{hour:02}:{minute:02}") for hour in range(8, 16) for minute in (0, 30)])
    frames = {name: pd.DataFrame(rows) for name, rows in made["tables"].items()}
    frames["pings"]["observed_at"] = pd.to_datetime(frames["pings"]["observed_at"])
    frames["homes"] = frames.pop("places")
    return {**frames, "policy": Policy.from_dict(made["policy"])}


def test_the_release_is_that_of_the_command(told, masked):
    """Row by row, with its counts and its words."""
    folder, result = told
    assert_frame_equal(masked.frame, read_release(folder / "store"))
    assert_frame_equal(masked.geo, read_release(folder / "store", geo=True))
    assert masked.counts == result.counts
    assert len(masked.frame) == masked.counts["on_duty"] > 1_000
    assert len(masked.refused) == result.quarantined + result.refused
    plain = [note.replace(".csv", "").replace(".geojson", "") for note in result.notes]
    assert len(plain) > 1 and list(masked.notes) == plain


def test_the_reasons_are_those_of_the_ledger(sample, told):
    """In the order of the pings; a row that is no ping says so."""
    folder, result = told
    found = reasons(**sample, as_of=AS_OF)
    lengths = [pq.read_metadata(SAMPLE / "pings" / f"{day}.parquet").num_rows for day in DAYS]
    manifest = read_store(folder / "store")[-1].document
    firsts = dict(zip([g["file"] for g in manifest["inputs"] if g["table"] == "pings"], [0, lengths[0]], strict=True))
    ledger = {firsts[row["file"]] + row["row"]: row["reason"] for row in rows_of(result.path / "ledger")}
    ledger |= {
        firsts[row["file"]] + row["row"]: f"quarantine:{row['reason']}" for row in rows_of(result.path / "quarantine")
    }
    assert found.to_dict() == ledger
    assert found.name == "reason"


@settings(max_examples=4)
@given(worlds())
def test_in_any_world_it_is_the_release_of_the_command(ask_filter, given_world):
    """Spoiled cells, lookalikes, declared forms and all: text frames and typed pings, against the files."""
    folder = ask_filter.folder()
    outcome = filtered(given_world, folder, form="parquet")
    start, end = given_world["interval"] or (None, None)
    pings = pq.read_table(folder / "pings" / "part-0.parquet")
    tables = [texts(folder / f"{name}.csv") for name in ("assignments", "roster", "places", "sites")]
    asked = {"policy": folder / "policy.toml", "as_of": given_world["as_of"], "start": start, "end": end}
    asked["declared"] = {table: how for table, how in (given_world.get("inputs") or {}).items() if how}
    if outcome.stopped:
        with pytest.raises(InputError):
            mask(pings, *tables, **asked, key=folder / "pseudonym.key")
        return
    release = mask(pings, *tables, **asked, key=folder / "pseudonym.key")
    written = rows_of(outcome.path / "release")
    assert sorted(map(repr, release.arrow.to_pylist())) == sorted(map(repr, written))
    found = [None if pd.isna(word) else word for word in reasons(pings, *tables, **asked)]
    assert found == outcome.reasons


@pytest.fixture(scope="module")
def expected():
    """The release of the small world."""
    frame = mask(**small(), key=SECRET).frame
    assert len(frame) == 16
    return frame


FORMS = {
    "polars": lambda frame: pl.from_pandas(pd.DataFrame(frame)),
    "arrow": lambda frame: pa.Table.from_pandas(pd.DataFrame(frame)),
    "reader": lambda frame: pa.Table.from_pandas(pd.DataFrame(frame)).to_reader(),
    "duckdb": lambda frame: duckdb.connect().from_arrow(pa.Table.from_pandas(pd.DataFrame(frame))),
    "local time": lambda frame: (
        frame.assign(observed_at=frame["observed_at"].dt.tz_convert("America/New_York"))
        if "observed_at" in frame
        else frame
    ),
    "an index": lambda frame: frame.set_index(frame.columns[0]),
    "nanoseconds": lambda frame: (
        frame.assign(observed_at=frame["observed_at"].astype("datetime64[ns, UTC]"))
        if "observed_at" in frame
        else frame
    ),
    "polars categories": lambda frame: pl.from_pandas(pd.DataFrame(frame)).with_columns(
        pl.col(frame.columns[0]).cast(pl.Categorical) if len(frame) else pl.all()
    ),
    "categories": lambda frame: (
        frame.assign(device_id=frame["device_id"].astype("category")) if "device_id" in frame else frame
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_tables_of_any_library_give_the_same_rows(form, expected):
    """Polars, Arrow, a stream that is read once, DuckDB, an index, other zones and units of time."""
    frames = small()
    other = {name: FORMS[form](frames[name]) for name in TABLES}
    assert_frame_equal(mask(**other, policy=frames["policy"], key=SECRET).frame, expected)


def test_geometry_in_another_system_is_converted(expected):
    """Points of pings and sites and an area around a home, in metres of the British grid."""
    frames = small()
    pings, homes, sites = frames["pings"], frames["homes"], frames["sites"]
    points = gpd.points_from_xy(pings["lon"], pings["lat"], crs="EPSG:4326")
    moved = {
        "pings": gpd.GeoDataFrame(pings.drop(columns=["lon", "lat"]), geometry=points).to_crs("EPSG:27700"),
        "homes": gpd.GeoDataFrame(
            homes[["officer_id", "kind"]], geometry=[Point(homes["lon"][0], homes["lat"][0]).buffer(0.001)], crs=4326
        ).to_crs("EPSG:27700"),
        "sites": gpd.GeoDataFrame(
            sites[["site_id"]], geometry=[Point(sites["lon"][0], sites["lat"][0]).buffer(0.002)], crs=4326
        ).to_crs("EPSG:3857"),
    }
    assert_frame_equal(mask(**{**frames, **moved}, key=SECRET).frame, expected)
    beside = gpd.GeoDataFrame(pings, geometry=points).to_crs("EPSG:27700")
    assert_frame_equal(mask(**{**frames, "pings": beside}, key=SECRET).frame, expected)
    with pytest.raises(InputError, match="'lon' and the geometry say different positions"):
        mask(**{**frames, "pings": beside.assign(lon=beside["lon"] + 0.5)}, key=SECRET)


def test_all_that_is_wrong_is_one_error_without_a_value():
    """A missing column, naive times, a system that is not said, another type, and what is no table."""
    frames = small()
    wrong = {
        "pings": frames["pings"]
        .assign(observed_at=frames["pings"]["observed_at"].dt.tz_localize(None))
        .drop(columns="lat"),
        "assignments": [1, 2],
        "roster": frames["roster"].assign(recorded_at=pd.Timestamp("2026-02-01")).drop(columns="status"),
        "homes": gpd.GeoDataFrame(
            {"officer_id": ["o1"], "kind": ["home"]}, geometry=[Polygon([(7, 1), (7, 2), (8, 1)])]
        ),
        "sites": pl.DataFrame({"lon": [1.5]}).lazy(),
    }
    with pytest.raises(InputError) as caught:
        mask(**wrong, policy=frames["policy"], key=SECRET)
    lines = str(caught.value).splitlines()
    for said in (
        "pings: the table lacks the column 'lat'",
        "pings: the column 'observed_at' has times without a time zone",
        "assignments: it is of the type list, which is no table",
        "roster: the table lacks the column 'status'",
        "roster: the column 'recorded_at' has times without a time zone",
        "places: it is a GeoDataFrame without a coordinate system",
        "sites: it is of the type LazyFrame, which is no table (call collect() first)",
    ):
        assert any(line.startswith(said) for line in lines), said
    assert not any(value in str(caught.value) for value in ("51.5", "o1", "d1", "2026-03-02"))


def _stream(error):
    """A stream of Arrow that Python makes, and that ends with an error."""

    def batches():
        yield pa.record_batch({"device_id": ["d1"]})
        raise error

    return pa.RecordBatchReader.from_batches(pa.schema([("device_id", pa.string())]), batches())


class Failing:
    """A table of another library, which raises an error when it is asked for its rows."""

    def __init__(self, error):
        self.error = error

    def __arrow_c_stream__(self, requested_schema=None):
        raise self.error


INTERRUPTED = {
    "a query of DuckDB": lambda: Failing(RuntimeError("Query interrupted")),
    "a query of DuckDB on another thread": lambda: Failing(duckdb.InterruptException("INTERRUPT Error: Interrupted!")),
    "a stream that Python makes": lambda: _stream(KeyboardInterrupt()),
    "Arrow, which took the signal": lambda: Failing(pa.ArrowCancelled("Operation cancelled", 2)),
    "Python": lambda: Failing(KeyboardInterrupt()),
}


@pytest.mark.parametrize("made", INTERRUPTED.values(), ids=INTERRUPTED)
def test_an_interrupt_while_a_table_is_made_is_no_fault_of_the_table(made):
    """A relation of DuckDB is computed only now, which may take long; each error was seen."""
    with pytest.raises(KeyboardInterrupt):
        mask(**{**small(), "pings": made()}, key=SECRET)


@pytest.mark.parametrize("made", [lambda: Failing(ValueError("KeyboardInterrupt")), lambda: _stream(OSError("51.5"))])
def test_any_other_error_of_a_table_is_a_fault_of_it(made):
    """Whatever it quotes."""
    with pytest.raises(InputError, match="pings: it cannot be read as Arrow") as caught:
        mask(**{**small(), "pings": made()}, key=SECRET)
    assert "51.5" not in str(caught.value)


def test_a_table_that_cannot_be_made_says_nothing_of_its_values():
    """A query that fails quotes what it could not read; and ids that became decimals are named beside it."""
    frames = small()
    failing = duckdb.sql("SELECT cast('secret ' || i AS INTEGER) AS device_id FROM range(3) t(i)")
    decimals = frames["assignments"].assign(device_id=7.5)
    with pytest.raises(InputError) as caught:
        mask(**{**frames, "pings": failing, "assignments": decimals}, key=SECRET)
    assert "secret" not in str(caught.value)
    assert "pings: it cannot be read as Arrow" in str(caught.value)
    assert "assignments: the column 'device_id' has the wrong type: text is expected, and these are" in str(
        caught.value
    )
    assert 'read ids as text (dtype="str")' in str(caught.value)


def test_seconds_since_1970_are_declared():
    """The error says how, and that is how."""
    frames = small()
    seconds = frames["pings"]["observed_at"].dt.as_unit("s").astype("int64")
    counted = {**frames, "pings": frames["pings"].assign(observed_at=seconds)}
    with pytest.raises(InputError, match=r'numbers since 1970 are declared: times\.observed_at = "unix_s"'):
        mask(**counted, key=SECRET)
    declared = mask(**counted, key=SECRET, declared={"pings": {"times": {"observed_at": "unix_s"}}})
    assert declared.counts == mask(**frames, key=SECRET).counts


def test_without_a_ping_there_is_no_row():
    """As in a run over a time without pings; the columns are there."""
    frames = small()
    release = mask(**{**frames, "pings": frames["pings"].iloc[:0]}, key=SECRET)
    assert release.frame.empty and list(release.frame) == list(mask(**frames, key=SECRET).frame)
    assert reasons(**{**frames, "pings": frames["pings"].iloc[:0]}).empty


def test_text_without_an_offset_is_named_with_the_rest():
    """And a declaration makes it an instant."""
    frames = small()
    wall = frames["pings"].assign(observed_at=frames["pings"]["observed_at"].dt.strftime("%Y-%m-%dT%H:%M:%S"))
    with pytest.raises(InputError, match="'observed_at' has times without"):
        mask(**{**frames, "pings": wall.drop(columns="lon")}, key=SECRET)
    with pytest.raises(InputError, match="times without an offset are not known"):
        mask(**{**frames, "pings": wall}, key=SECRET)
    declared = {"pings": {"time_zone": "Europe/London"}}
    assert len(mask(**{**frames, "pings": wall}, key=SECRET, declared=declared).frame) == 16


@pytest.mark.parametrize(
    ("metadata", "said"),
    [("{}", "does not say its coordinate system"), ('{"crs": "EPSG:27700"}', "not in longitude and latitude")],
)
def test_geoarrow_says_its_system(metadata, said):
    """Or it is refused; longitude and latitude are taken."""
    frames = small()
    shapes = gpd.GeoSeries([Point(-0.15, 51.52).buffer(0.002)]).to_wkb()

    def sites(text):
        kept = {"ARROW:extension:name": "geoarrow.wkb", "ARROW:extension:metadata": text}
        return pa.table(
            [pa.array(shapes, pa.binary())], schema=pa.schema([pa.field("geometry", pa.binary(), metadata=kept)])
        )

    with pytest.raises(InputError, match=said):
        mask(**{**frames, "sites": sites(metadata)}, key=SECRET)
    assert len(mask(**{**frames, "sites": sites('{"crs": "OGC:CRS84"}')}, key=SECRET).frame) == 16


@pytest.mark.parametrize("in_memory", [True, False])
def test_nothing_is_left_and_nothing_lies_under_a_name(tmp_path, monkeypatch, expected, in_memory):
    """The private folder is empty while tables are decided, also where files lie on the disk, and gone afterwards."""
    if not in_memory:
        monkeypatch.delattr(os, "memfd_create")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    seen = []

    def decided(asked, *rest, **more):
        (folder,) = tmp_path.iterdir()
        seen.append((oct(folder.stat().st_mode & 0o777), list(folder.iterdir())))
        return original(asked, *rest, **more)

    module = sys.modules[mask.__module__]
    original = module.decided
    monkeypatch.setattr(module, "decided", decided)
    release = mask(**small(), key=SECRET)
    assert_frame_equal(release.frame, expected)
    assert seen == [("0o700", [])]
    assert list(tmp_path.iterdir()) == []
    assert "51.5" not in repr(release)


def test_a_log_makes_it_a_run(tmp_path):
    """It is published and signed once; the same tables again change nothing, and an older `as_of` is refused."""
    (tmp_path / "signing.key").write_text(KEY)
    (tmp_path / "signing.key").chmod(0o600)
    asked = {**small(), "key": SECRET, "log": tmp_path / "store", "signing": tmp_path / "signing.key"}
    first = mask(**asked, as_of="2026-04-15")
    again = mask(**asked, as_of="2026-04-15")
    assert (first.run.already, again.run.already) == (False, True)
    assert_frame_equal(first.frame, read_release(tmp_path / "store"))
    assert_frame_equal(first.frame, mask(**small(), key=SECRET, as_of="2026-04-15").frame)
    assert first.counts == again.counts
    with pytest.raises(UsageError, match="--as-of is before"):
        mask(**asked, as_of="2026-04-14")


def test_an_auditor_can_decide_again_from_what_was_kept(tmp_path):
    """Every check of the decision passes; declarations and extra columns go with the tables."""
    frames = small()
    rules = frames["policy"].model_dump()
    rules["release"]["extra_columns"] = ["status"]
    frames["pings"] = frames["pings"].assign(status="busy").rename(columns={"accuracy_m": "acc"})
    frames["roster"] = frames["roster"].assign(duty_code='Dienst "A"')
    declared = {
        "pings": {"columns": {"accuracy_m": "acc"}},
        "roster": {"values": {"duty_code": {"duty": ['Dienst "A"']}}},
    }
    asked = {**frames, "policy": rules, "declared": declared, "key": SECRET, "log": tmp_path / "store"}
    release = mask(**asked, keep=tmp_path / "kept", as_of="2026-04-15")
    assert len(release.frame) == 16
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in (tmp_path / "kept").iterdir()}
    assert set(modes.values()) == {"0o600"} and len(modes) == 7
    (tmp_path / "kept" / "pseudonym.key").write_text(KEY)  # the operator's own look: without it pseudonyms are NOT DONE
    (tmp_path / "kept" / "pseudonym.key").chmod(0o600)
    done = here("verify", tmp_path / "store", "--inputs", tmp_path / "kept" / "job.toml", "--json")
    found = {each["number"]: each["status"] for each in json.loads(done.stdout)["checks"]}
    decided = [number for number in found if number.startswith(("4.", "5.")) and number != "5.4"]
    assert {found[number] for number in decided} == {"PASS"}
    with pytest.raises(UsageError, match="which is there already"):
        mask(**asked, keep=tmp_path / "kept")


def test_what_cannot_be_read_is_told_to_engineers():
    """A bad ping and a bad row of the roster, by table and row."""
    frames = small()
    frames["pings"].loc[3, "lat"] = 91.0
    bad = frames["roster"].assign(starts_at="yesterday", shift_id="r2")
    frames["roster"] = pd.concat([frames["roster"], bad], ignore_index=True)
    found = mask(**frames, key=SECRET).refused
    assert found[["table", "row"]].values.tolist() == [["pings", 3], ["roster", 1]]


def test_extra_columns_of_the_policy_are_released():
    """And no others."""
    frames = small()
    rules = frames["policy"].model_dump()
    rules["release"]["extra_columns"] = ["status"]
    frames["pings"] = frames["pings"].assign(status="busy", note=[object()] * 16)
    release = mask(**{**frames, "policy": rules}, key=SECRET)
    assert release.frame.columns[-1] == "status"
    assert set(release.frame["status"]) == {"busy"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"key": b"short"}, "the key has 5 bytes"),
        ({"key": b"k"}, "the key has 1 byte;"),
        ({"key": KEY}, "digits end up in logs"),
        ({"key": "nowhere.key"}, "the pseudonym key cannot be read"),
        ({"as_of": "2999-01-01"}, "in the future"),
        ({"sites": None}, "inputs.sites is missing"),
        ({"signing": "signing.key"}, "signing and keep are for a log"),
        ({"keep": "tables"}, "signing and keep are for a log"),
        ({"log": "s3://bucket/store"}, "an address in an object store"),
        ({"declared": {"pings": {"format": "csv"}, "roster": {"delimiter": ";"}}}, "pings.format, roster.delimiter is"),
        ({"declared": {"pings": {"time_zone": "Mars"}}}, "declared: inputs.pings.time_zone"),
        ({"policy": {"policy": {"name": "x"}}}, "policy: "),
    ],
)
def test_what_cannot_be_understood_is_refused(changes, said):
    """Before a row is decided."""
    with pytest.raises(UsageError, match=said):
        mask(**{**small(), "key": SECRET, **changes})


def test_one_can_work_from_the_help():
    """It names every parameter, and what is not kept."""
    page = mask.__doc__
    for word in ("key", "as_of", "declared", "log", "sites", "knows no earlier release", ">>> release = offduty.mask("):
        assert word in page
    assert "NOT for analysts" in reasons.__doc__
    assert Reason.of("on_duty").released
    assert {"mask", "reasons", "Release", "read_release", "Policy"} <= set(offduty.__all__)


@pytest.mark.parametrize("name", offduty.__all__)
def test_every_public_name_has_an_example(name):
    """Which the suite runs, as all examples."""
    assert ">>> " in getattr(offduty, name).__doc__
