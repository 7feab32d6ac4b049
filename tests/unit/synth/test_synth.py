"""A synthetic world has the same bytes for one seed and any number of threads, and the promised people and faults."""

from __future__ import annotations

import csv
import itertools
import json
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from offduty.admin.init import policy_text
from offduty.config.policy import Policy
from offduty.core.errors import UsageError
from offduty.synth import Habits, World, stream, write
from offduty.synth.arrays import DAY_MIN, DAY_S, Floats
from offduty.synth.device_errors import chunk_steps, report
from offduty.synth.people import NEVER
from offduty.synth.ping_stream import PING_COLUMNS
from offduty.synth.shift_pattern import DayKind, make_shifts
from offduty.synth.trajectories import Track, make_setting, make_track
from tests.paths import ROOT

SAMPLE = ROOT / "sample_data"
SAMPLE_WORLD = (25, 7, 120, 145)  # officers, days, seconds between pings, seed: as in its README
MOST_SAMPLE_BYTES = 3_000_000


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample data, made again."""
    folder = tmp_path_factory.mktemp("sample")
    write(folder, *SAMPLE_WORLD)
    return folder


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    """The sample's roster."""
    return read_csv(SAMPLE / "roster.csv")


@pytest.fixture(scope="module")
def features() -> list[dict[str, dict[str, object]]]:
    """The sample's protected places."""
    return list(json.loads((SAMPLE / "places.geojson").read_text())["features"])


@pytest.fixture(scope="module")
def day() -> pa.Table:
    """One day of two thousand devices."""
    return pa.Table.from_batches(stream(2_000, 1, 600, 7))


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_days(folder: Path) -> pa.Table:
    return pa.concat_tables([pq.read_table(path) for path in sorted(folder.glob("*.parquet"))])


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def same_table(one: pa.Table, other: pa.Table) -> bool:
    """Equal schema, rows, order, NULLs and NaNs."""
    if one.schema != other.schema or len(one) != len(other):
        return False
    return all(same_column(a, b) for a, b in zip(one.columns, other.columns, strict=True))


def same_column(one: pa.ChunkedArray, other: pa.ChunkedArray) -> bool:
    if not pa.types.is_floating(one.type):
        return bool(one.equals(other))
    nulls_agree = bool(one.is_null().equals(other.is_null()))
    return nulls_agree and np.array_equal(one.to_numpy(), other.to_numpy(), equal_nan=True)


class TestSampleData:
    def test_it_has_the_files_that_synth_makes_and_a_readme(self, sample: Path) -> None:
        assert names(SAMPLE) - {"README.md"} == names(sample)

    def test_every_text_file_is_equal_byte_by_byte(self, sample: Path) -> None:
        for name in sorted(names(sample)):
            if not name.endswith(".parquet"):
                assert (SAMPLE / name).read_bytes() == (sample / name).read_bytes(), name

    def test_every_parquet_file_has_the_same_table(self, sample: Path) -> None:
        # Not byte by byte: another pyarrow may write the same table differently.
        for name in sorted(names(sample)):
            if name.endswith(".parquet"):
                assert same_table(pq.read_table(SAMPLE / name), pq.read_table(sample / name)), name

    def test_its_policy_is_what_init_proposes_with_every_key(self) -> None:
        written = tomllib.loads((SAMPLE / "policy.toml").read_text())
        proposed = tomllib.loads(policy_text())
        assert {section: set(keys) for section, keys in written.items()} == {
            section: set(keys) for section, keys in proposed.items()
        }
        named = {"name": written["policy"]["name"], "purpose": written["policy"]["purpose"]}
        proposed["policy"] |= named
        assert Policy.from_dict(written) == Policy.from_dict(proposed)

    def test_it_is_small(self) -> None:
        assert sum(path.stat().st_size for path in SAMPLE.rglob("*") if path.is_file()) < MOST_SAMPLE_BYTES

    def test_no_key_is_in_it(self) -> None:
        assert not list(SAMPLE.rglob("*.key"))

    def test_pings_have_the_columns_of_the_contract(self) -> None:
        schema = pq.read_schema(SAMPLE / "pings" / "2026-03-29.parquet")
        assert schema.names == PING_COLUMNS
        assert schema.types == [pa.string(), pa.timestamp("us", tz="UTC"), *[pa.float64()] * 3]

    def test_truth_has_one_row_for_each_ping(self) -> None:
        for path in (SAMPLE / "pings").glob("*.parquet"):
            truth = pq.read_table(SAMPLE / "truth" / "pings" / path.name)
            assert len(truth) == pq.read_metadata(path).num_rows
            assert truth["state"].null_count == 0

    def test_about_three_in_ten_pings_are_of_somebody_at_work(self) -> None:
        states = read_days(SAMPLE / "truth" / "pings")["state"].to_numpy()
        at_work = np.isin(states, ["station", "beat", "court", "training", "lunch_leg", "lunch_home"])
        assert 0.22 < at_work.mean() < 0.36

    def test_the_job_does_not_name_the_truth(self) -> None:
        assert "truth" not in (SAMPLE / "job.toml").read_text()


class TestRoster:
    def test_a_saturday_was_made_duty_days_later(self, rows: list[dict[str, str]]) -> None:
        extra = [row for row in rows if row["shift_id"].endswith("2026-03-28-extra")]
        assert extra
        for row in extra:
            assert (row["duty_code"], row["status"], row["recorded_by"]) == ("duty", "active", "supervisor")
            assert row["recorded_at"] > "2026-03-30"

    def test_one_shift_ends_at_a_wall_time_that_does_not_exist(self, rows: list[dict[str, str]]) -> None:
        assert [row["duty_code"] for row in rows if row["ends_at"] == "2026-03-29T01:30:00"] == ["overtime"]

    def test_corrections_come_before_during_and_after(self) -> None:
        kinds = {row["edit"] for row in read_csv(SAMPLE / "truth" / "edits.csv")}
        assert kinds == {"plan", "before", "during", "after", "abusive"}

    def test_every_duty_code_occurs(self, rows: list[dict[str, str]]) -> None:
        codes = {row["duty_code"] for row in rows}
        assert codes >= {"duty", "overtime", "court", "training", "leave", "rest", "sick", "federation", "break"}

    def test_plans_are_recorded_two_weeks_ahead(self, rows: list[dict[str, str]]) -> None:
        plan = next(row for row in rows if row["shift_id"].endswith("2026-03-24"))
        assert plan["recorded_at"].startswith("2026-03-10T1")

    def test_the_rows_of_a_day_are_in_order_of_record_time(self, rows: list[dict[str, str]]) -> None:
        day = [row["recorded_at"] for row in rows if "-2026-03-25" in row["shift_id"]]
        assert day == sorted(day)


class TestPlaces:
    def test_five_places_are_protected_for_everyone(self, features: list[dict[str, dict[str, object]]]) -> None:
        assert sum("officer_id" not in feature["properties"] for feature in features) == 5

    def test_one_officer_has_no_home_on_record(self, features: list[dict[str, dict[str, object]]]) -> None:
        homes = {feature["properties"].get("officer_id") for feature in features}
        unrecorded = {
            row["officer_id"] for row in read_csv(SAMPLE / "truth" / "homes.csv") if row["on_record"] == "False"
        }
        assert len(unrecorded) == 1
        assert not unrecorded & homes

    def test_one_officer_moves_house(self, features: list[dict[str, dict[str, object]]]) -> None:
        ends = [f["properties"]["valid_to"] for f in features if "valid_to" in f["properties"]]
        starts = [f["properties"]["valid_from"] for f in features if "valid_from" in f["properties"]]
        assert len(ends) == 1
        assert starts == ends

    def test_circles_and_polygons_both_occur(self, features: list[dict[str, dict[str, object]]]) -> None:
        assert {feature["geometry"]["type"] for feature in features} == {"Point", "Polygon"}


class TestSameBytes:
    def test_threads_do_not_change_a_byte(self, tmp_path: Path) -> None:
        for threads in (1, 3):
            write(tmp_path / str(threads), officers=9, days=3, every_s=300, seed=5, threads=threads)
        assert names(tmp_path / "1") == names(tmp_path / "3")
        for name in names(tmp_path / "1"):
            assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "3" / name).read_bytes(), name

    def test_truth_does_not_change_the_pings(self, tmp_path: Path) -> None:
        for truth in (True, False):
            write(tmp_path / str(truth), officers=5, days=2, every_s=300, seed=5, truth=truth)
        name = "pings/2026-03-24.parquet"
        assert (tmp_path / "True" / name).read_bytes() == (tmp_path / "False" / name).read_bytes()
        assert not (tmp_path / "False" / "truth").exists()

    def test_another_seed_is_another_world(self) -> None:
        first, other = (pa.Table.from_batches(stream(4, 1, 600, seed)) for seed in (1, 2))
        assert not first.equals(other)

    def test_the_stream_has_the_rows_that_are_written(self, sample: Path) -> None:
        streamed = pa.Table.from_batches(stream(*SAMPLE_WORLD, threads=2))
        plain = streamed.set_column(0, "device_id", streamed["device_id"].cast(pa.string()))
        assert same_table(plain, read_days(sample / "pings"))


class TestFaults:
    """The faults of real exports, each at a small rate, in one day of two thousand devices."""

    def test_malformed_values_occur(self, day: pa.Table) -> None:
        lon, lat, accuracy_m = (day[name].to_numpy() for name in ("lon", "lat", "accuracy_m"))
        instants = day["observed_at"].cast(pa.int64())
        assert (lat == 400.17).any()
        assert ((lon == 0) & (lat == 0)).any()
        assert np.isnan(lon).any()
        assert (accuracy_m == 0).any()
        assert (accuracy_m == 94_000).any()
        assert day["accuracy_m"].null_count
        assert day["device_id"].null_count
        assert day["observed_at"].null_count
        assert 0 in instants.to_pylist()
        assert max(instants.drop_null().to_pylist()) > datetime(2090, 1, 1, tzinfo=UTC).timestamp() * 1e6

    def test_fewer_than_one_in_a_thousand_rows_is_malformed(self, day: pa.Table) -> None:
        lat = day["lat"].to_numpy()
        assert 0 < (np.isnan(lat) | (np.abs(lat) > 90) | (lat == 0)).mean() < 0.001

    def test_some_rows_are_sent_twice_and_some_at_two_positions(self, day: pa.Table) -> None:
        keys = day.select(["device_id", "observed_at"]).drop_null()
        instants = keys.group_by(["device_id", "observed_at"]).aggregate([]).num_rows
        positions = day.drop_null().group_by(["device_id", "observed_at", "lon", "lat"]).aggregate([]).num_rows
        assert instants < positions < len(day)

    def test_some_rows_come_more_than_ten_minutes_late(self, day: pa.Table) -> None:
        instants_us = day["observed_at"].cast(pa.int64()).drop_null().to_numpy()
        sane = instants_us[(instants_us > 1.7e15) & (instants_us < 1.9e15)]
        behind_us = np.maximum.accumulate(sane) - sane
        assert 0 < (behind_us > 700e6).mean() < 0.05

    def test_late_rows_may_be_in_the_file_of_the_next_day(self, tmp_path: Path) -> None:
        write(tmp_path, officers=300, days=2, every_s=300, seed=3)
        second = pq.read_table(tmp_path / "pings" / "2026-03-24.parquet")["observed_at"].cast(pa.int64()).drop_null()
        midnight_us = datetime(2026, 3, 24, tzinfo=UTC).timestamp() * 1e6
        assert ((second.to_numpy() > 1.7e15) & (second.to_numpy() < midnight_us - 600e6)).any()


class TestTracks:
    @pytest.mark.parametrize("every_s", [60, 7, 3_600])
    def test_each_device_is_somewhere_at_every_step(self, every_s: int) -> None:
        setting = make_setting(World(12, 2, every_s, 3))
        for day in (0, 1):
            track = make_track(setting, day)
            steps = track.pieces["end"] - track.pieces["begin"]
            assert np.bincount(track.pieces["device"], weights=steps).tolist() == [track.steps] * len(setting.devices)

    def test_days_meet_without_a_gap_or_an_overlap(self) -> None:
        setting = make_setting(World(3, 4, 7, 3))
        tracks = [make_track(setting, day) for day in range(4)]
        for before, after in itertools.pairwise(tracks):
            assert before.first_step + before.steps == after.first_step

    def test_nobody_is_faster_than_a_car_from_one_day_to_the_next(self) -> None:
        world = World(40, 3, 60, 11, habits=Habits(handed_over=0, moves_house=0.2))
        setting = make_setting(world)
        places_m = np.concatenate([true_places_m(make_track(setting, day), len(setting.devices)) for day in range(3)])
        speeds_m_s = np.abs(np.diff(places_m, axis=0)).sum(axis=2) / world.every_s
        assert speeds_m_s.max() < 60
        assert np.quantile(speeds_m_s, 0.9999) < 25

    def test_at_most_half_a_million_rows_are_made_together(self) -> None:
        for officers in (1, 500, 5_000):
            setting = make_setting(World(officers, 1, 1, 1))
            assert chunk_steps(setting) * len(setting.devices) <= 524_288

    def test_columns_of_truth_are_made_only_on_request(self) -> None:
        setting = make_setting(World(4, 1, 600, 1))
        sent = report(setting, make_track(setting, 0), 0, 20, with_truth=False)
        assert set(sent.now) == {"device", "observed_us", "lon", "lat", "accuracy_m"}


def true_places_m(track: Track, devices: int) -> Floats:
    cells = track.cells(0, track.steps, devices)
    steps = np.arange(track.steps)[:, None]
    axes = [track.pieces[f"{a}0_m"][cells] + track.pieces[f"{a}_step_m"][cells] * steps for a in "xy"]
    return np.stack(axes, axis=2)


class TestRota:
    def test_after_a_night_shift_comes_another_or_rest(self) -> None:
        setting = make_setting(World(300, 9, 60, 2))
        kinds = [make_shifts(setting.world, setting.people, day).kind for day in range(9)]
        for night, after in itertools.pairwise(kinds):
            assert set(after[night == DayKind.NIGHT].tolist()) <= {DayKind.NIGHT, DayKind.REST}

    def test_a_night_shift_over_the_change_of_clocks_is_an_hour_shorter(self) -> None:
        world = World(1, 7, 60, 2)
        night = np.array([5 * DAY_MIN + 22 * 60, 6 * DAY_MIN + 7 * 60])
        assert int(np.diff(world.instant_s(night))[0]) == 8 * 3_600
        assert int(np.diff(world.instant_s(night - DAY_MIN))[0]) == 9 * 3_600

    def test_the_clocks_change_on_one_day_of_the_default_week(self) -> None:
        world = World(1, 7, 60, 2)
        assert [day for day in range(7) if world.clocks_change(day)] == [6]

    def test_the_clocks_change_in_an_autumn_week(self) -> None:
        world = World(1, 7, 60, 2, start=date(2026, 10, 19))
        assert [day for day in range(7) if world.clocks_change(day)] == [6]

    def test_a_world_that_starts_later_has_the_same_rota(self) -> None:
        one, other = World(50, 9, 60, 2), World(50, 7, 60, 2, start=date(2026, 3, 25))
        kinds = [make_shifts(w, make_setting(w).people, d).kind >= DayKind.EARLY for w, d in ((one, 4), (other, 2))]
        assert (kinds[0] == kinds[1]).all()


class TestHabits:
    def test_habits_can_make_every_shift_begin_at_home(self) -> None:
        people = make_setting(World(50, 1, 60, 1, habits=Habits(starts_at_home=1.0, moves_house=0))).people
        assert people.starts_at_home.all()
        assert (people.moves_on == NEVER).all()

    def test_habits_can_make_every_beat_surround_the_home(self) -> None:
        world = World(30, 1, 60, 1, habits=Habits(stops_all_round=1.0, moves_house=0))
        setting = make_setting(world)
        assert (setting.people.beat == setting.people.home).all()

    @pytest.mark.parametrize(
        ("name", "numbers"),
        [("officers", (0, 1, 60, 1)), ("days", (1, 0, 60, 1)), ("every_s", (1, 1, 0, 1)), ("seed", (1, 1, 60, -1))],
    )
    def test_an_empty_world_is_refused(self, name: str, numbers: tuple[int, int, int, int]) -> None:
        with pytest.raises(UsageError, match=name):
            World(*numbers)

    def test_a_world_may_have_one_officer(self, tmp_path: Path) -> None:
        write(tmp_path, officers=1, days=1, every_s=3_600, seed=1)
        assert pq.read_metadata(tmp_path / "pings" / "2026-03-23.parquet").num_rows > 0

    def test_pings_of_another_world_are_refused(self, tmp_path: Path) -> None:
        write(tmp_path, officers=1, days=2, every_s=3_600, seed=1)
        with pytest.raises(UsageError, match="another world"):
            write(tmp_path, officers=1, days=1, every_s=3_600, seed=1)

    def test_devices_are_handed_over_while_switched_off(self) -> None:
        setting = make_setting(World(10, 3, 60, 4))
        carried = setting.devices.carried
        device = next(d for d in range(len(setting.devices)) if (carried[:, 0] == d).sum() == 3)
        times = carried[carried[:, 0] == device]
        assert (times[1:, 2] == times[:-1, 3]).all()
        assert times[1, 1] == setting.world.officers + len(setting.land.stations)
        assert (times[1, 2:] % DAY_S).tolist() == [36_000, 50_400]
