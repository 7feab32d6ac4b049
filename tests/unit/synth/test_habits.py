"""Habits change what people do and nothing else: the default force stays as it is, and the truth says who did what."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from offduty.admin.habits_file import HabitsDocument, load_habits
from offduty.core.errors import UsageError
from offduty.runs.run import run
from offduty.synth import Habits, World, write
from offduty.synth.habits import habit_fields
from offduty.synth.toy_keys import TOY_KEY, write_toy_keys
from offduty.synth.trajectories import make_setting, make_track

DEFAULT_FORCE = "8f3e2f1b03612409b1f33f08f123ff7260c7ca7cf1d440591cdd671f264b97b8"
"""Of 24 officers, 9 days, every 900 s, seed 5, from before there were habits to ask for."""
ALL = Habits(
    handed_over=0.1,
    handed_over_by_date=1.0,
    most_days_at_home=4,
    part_absence=0.15,
    ghost_at_home=0.08,
    ghost_phone_off=0.08,
    ghost_phone_lent=0.15,
    recall=0.15,
    late_correction=0.1,
    late_cut=0.15,
    clerks=3,
    abuse_by_one=1.0,
    abusive_edit=0.05,
    self_recorded=0.3,
    declared_job=0.3,
    undeclared_job=0.2,
    off_when_resting=0.0,
)
PEOPLE, DAYS, EVERY_S = 60, 4, 300


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A force in which every habit of work occurs."""
    made = tmp_path_factory.mktemp("habits")
    write(made, PEOPLE, DAYS, EVERY_S, 3, habits=ALL)
    return made


@pytest.fixture(scope="module")
def shifts(folder: Path) -> list[dict[str, str]]:
    """The truth about its shifts."""
    return read(folder / "truth" / "shifts.csv")


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def tracks(folder: Path) -> pa.Table:
    """The pings with their truth, in one table."""
    days = sorted((folder / "pings").glob("*.parquet"))
    sent, true = (
        pa.concat_tables([pq.read_table(part / day.name) for day in days])
        for part in (folder / "pings", folder / "truth" / "pings")
    )
    for name in true.column_names:
        column = true[name]
        sent = sent.append_column(name, column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column)
    return sent


def content(folder: Path) -> str:
    """A hash of all files; of Parquet of the values, which no version of pyarrow changes."""
    total = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        total.update(path.relative_to(folder).as_posix().encode())
        if path.suffix != ".parquet":
            total.update(path.read_bytes())
            continue
        table = pq.read_table(path)
        for name in table.column_names:
            total.update(name.encode() + repr(table[name].to_pylist()).encode())
    return total.hexdigest()


def during(rows: pa.Table, officer: str, shift: dict[str, str]) -> pa.Table:
    """The pings that were carried by an officer in a shift."""
    start, end = (
        pa.scalar(datetime.fromisoformat(shift[name]), pa.timestamp("us", "UTC")) for name in ("starts_at", "ends_at")
    )
    at = rows["observed_at"]
    inside = pc.and_(pc.and_(pc.greater_equal(at, start), pc.less(at, end)), pc.equal(rows["officer_id"], officer))
    return rows.filter(inside)


class TestTheDefaultForce:
    def test_no_byte_of_it_changes(self, tmp_path: Path) -> None:
        write(tmp_path, 24, 9, 900, 5)
        assert content(tmp_path) == DEFAULT_FORCE

    def test_habits_draw_from_streams_of_their_own(self, tmp_path: Path) -> None:
        """What one asks for changes nobody who does not do it: the pings of a force with a register are the same."""
        for name, habits in (("plain", Habits()), ("jobs", Habits(declared_job=0.5))):
            write(tmp_path / name, 6, 2, 900, 5, habits=habits, truth=False)
        day = "pings/2026-03-24.parquet"
        assert (tmp_path / "plain" / day).read_bytes() == (tmp_path / "jobs" / day).read_bytes()


class TestPhones:
    """Which steps of a day are silent, and where the phone truly is then."""

    @pytest.fixture(scope="class")
    @staticmethod
    def near_home() -> dict[str, tuple[float, int]]:
        """For each habit: how near to home the nearest ping is in metres, and how many there are."""
        found = {}
        for name, habits in {
            "usual": Habits(two_homes=0, moves_house=0, off_when_resting=0),
            "door": Habits(no_fix_at_home=1, two_homes=0, moves_house=0, off_when_resting=0),
            "120 m": Habits(no_fix_at_home=1, no_fix_within_m=120, two_homes=0, moves_house=0, off_when_resting=0),
            "off": Habits(off_at_home=1, two_homes=0, moves_house=0, off_when_resting=0),
        }.items():
            setting = make_setting(World(30, 1, 60, 3, habits=habits))
            track = make_track(setting, 0)
            cells = track.cells(0, track.steps, len(setting.devices))
            steps = np.arange(track.steps)[:, None]
            x_m, y_m = (track.pieces[f"{a}0_m"][cells] + track.pieces[f"{a}_step_m"][cells] * steps for a in "xy")
            officer = track.pieces["officer"][cells]
            home = setting.people.home[officer]
            away_m = np.where(officer >= 0, np.hypot(x_m - home[:, :, 0], y_m - home[:, :, 1]), np.inf)
            lost = np.flatnonzero(track.gaps["arrives"] < 0)
            for gap in lost.tolist():
                away_m[track.gaps["begin"][gap] : track.gaps["end"][gap], track.gaps["device"][gap]] = np.inf
            found[name] = (float(away_m.min()), int(np.isfinite(away_m).sum()))
        return found

    def test_a_usual_phone_reports_from_home(self, near_home: dict[str, tuple[float, int]]) -> None:
        assert near_home["usual"][0] < 1

    def test_without_a_fix_at_home_the_last_is_at_the_door(self, near_home: dict[str, tuple[float, int]]) -> None:
        assert 25 <= near_home["door"][0] < 120

    def test_nor_within_a_distance(self, near_home: dict[str, tuple[float, int]]) -> None:
        assert near_home["120 m"][0] >= 120

    def test_a_phone_that_is_switched_off_is_off_before_home(self, near_home: dict[str, tuple[float, int]]) -> None:
        assert near_home["off"][0] > 60
        assert 1_000 < near_home["off"][1] < near_home["door"][1]

    def test_what_comes_late_is_the_same_pings_hours_later(self, tmp_path: Path) -> None:
        for name, habits in (("usual", Habits()), ("late", Habits(late_from_home=1.0))):
            write(tmp_path / name, 8, 2, 600, 3, habits=habits)
        usual, late = (tracks(tmp_path / name) for name in ("usual", "late"))
        order = [("device_id", "ascending"), ("observed_at", "ascending"), ("lon", "ascending")]
        assert abs(len(usual) - len(late)) < 0.03 * len(usual)
        second = pq.read_table(tmp_path / "late" / "pings" / "2026-03-24.parquet")["observed_at"]
        before = pc.less(second, pa.scalar(datetime.fromisoformat("2026-03-23T22:00:00+00:00"), second.type))
        assert pc.sum(before).as_py() > 20
        some = late.sort_by(order)["lon"].slice(0, 5).to_pylist()
        assert set(some) <= set(usual["lon"].to_pylist())

    def test_a_phone_that_dozes_says_nothing_at_rest(self) -> None:
        shares = []
        for dozes in (0.0, 1.0):
            setting = make_setting(World(30, 1, 60, 3, habits=Habits(dozes=dozes)))
            track = make_track(setting, 0)
            silent = np.zeros((track.steps, len(setting.devices)), bool)
            for begin, end, device in zip(*(track.gaps[name] for name in ("begin", "end", "device")), strict=True):
                silent[begin:end, device] = True
            moving = track.pieces["x_step_m"][track.cells(0, track.steps, len(setting.devices))] != 0
            shares.append((silent[moving].mean(), silent[~moving].mean()))
        assert shares[1][0] < 0.1
        assert shares[0][1] < 0.1 < 0.6 < shares[1][1]


class TestShifts:
    def test_every_kind_occurs(self, shifts: list[dict[str, str]]) -> None:
        assert set(Counter(shift["attended"] for shift in shifts)) == {
            *("worked", "part", "from_home", "recalled", "invented"),
            *("ghost_at_home", "ghost_phone_off", "ghost_phone_lent"),
        }

    def test_who_worked_was_at_work_and_a_ghost_was_not(self, folder: Path, shifts: list[dict[str, str]]) -> None:
        rows, at_work = tracks(folder), pa.array(["station", "beat", "court", "training"])
        seen: dict[str, list[float]] = {}
        for shift in shifts:
            mine = during(rows, shift["officer_id"], shift)
            if len(mine) > 20:
                share = pc.mean(pc.is_in(mine["state"], at_work).cast(pa.float64())).as_py()
                seen.setdefault(shift["attended"], []).append(share)
        assert np.mean(seen["worked"]) > 0.7 > 0.68 > np.mean(seen["part"]) > 0.2
        assert np.mean(seen["recalled"]) > 0.7
        for kind in ("ghost_at_home", "from_home", "invented"):
            assert np.mean(seen[kind]) < 0.1, kind

    def test_somebody_who_is_partly_away_is_at_home_then(self, folder: Path, shifts: list[dict[str, str]]) -> None:
        rows = tracks(folder)
        away = [shift for shift in shifts if shift["attended"] == "part"]
        states = Counter()
        for shift in away:
            mine = during(
                rows, shift["officer_id"], shift | {"starts_at": shift["away_from"], "ends_at": shift["away_to"]}
            )
            states.update(mine["state"].to_pylist())
            left, back = (datetime.fromisoformat(shift[name]) for name in ("away_from", "away_to"))
            assert shift["starts_at"] < shift["away_from"] < shift["away_to"] < shift["ends_at"]
            assert back - left > timedelta(hours=1)
        assert set(states) <= {"lunch_home", "lunch_leg"}

    def test_a_lent_phone_is_where_the_colleague_is(self, folder: Path, shifts: list[dict[str, str]]) -> None:
        rows = tracks(folder)
        devices = {
            row["officer_id"]: row["device_id"] for row in read(folder / "assignments.csv") if not row["valid_to"]
        }
        lent = [shift for shift in shifts if shift["phone_with"]]
        assert lent
        for shift in lent:
            assert shift["attended"] == "ghost_phone_lent"
            with_whom = during(rows, shift["phone_with"], shift)
            mine = with_whom.filter(pc.equal(with_whom["device_id"], devices[shift["officer_id"]]))
            assert len(mine) > 20 or len(with_whom) < 20

    def test_days_at_home_are_as_many_as_the_truth_says(self) -> None:
        world = World(200, 7, 3_600, 3, habits=Habits(most_days_at_home=4))
        people = make_setting(world).people
        assert set(people.days_at_home.tolist()) == {0, 1, 2, 3, 4}


class TestRecords:
    def test_edits_of_every_kind_are_recorded_by_the_same_people(self, folder: Path) -> None:
        roster = {(row["shift_id"], row["recorded_at"]): row["recorded_by"] for row in read(folder / "roster.csv")}
        by: dict[str, set[str]] = {}
        for row in read(folder / "truth" / "edits.csv"):
            by.setdefault(row["edit"], set()).add(roster[row["shift_id"], row["recorded_at"]])
        people = {row["recorded_by"]: row["role"] for row in read(folder / "people.csv")}
        assert set(by) == {"plan", "before", "during", "after", "abusive", "recall", "cut"}
        assert {people[name] for name in by["plan"]} == {"planner"}
        for kind in ("recall", "after", "abusive"):
            assert {people[name] for name in by[kind]} == {"clerk", "officer"}, kind
        assert {people[name] for name in by["cut"]} == {"clerk"}

    def test_one_clerk_records_the_abuse_that_nobody_recorded_for_themselves(self, folder: Path) -> None:
        guilty = {row["recorded_by"] for row in read(folder / "truth" / "recorders.csv") if row["abusive"] == "True"}
        people = {row["recorded_by"]: row["role"] for row in read(folder / "people.csv")}
        kinds = {(row["shift_id"], row["recorded_at"]): row["edit"] for row in read(folder / "truth" / "edits.csv")}
        by = {
            row["recorded_by"]
            for row in read(folder / "roster.csv")
            if kinds[row["shift_id"], row["recorded_at"]] == "abusive"
        }
        assert {name for name in by if people[name] == "clerk"} == guilty
        assert len(guilty) == 1

    def test_who_records_for_themselves_is_the_officer(self, folder: Path) -> None:
        own = {row["recorded_by"]: row["officer_id"] for row in read(folder / "people.csv") if row["role"] == "officer"}
        mine = [row for row in read(folder / "roster.csv") if row["recorded_by"] in own]
        assert mine
        assert all(own[row["recorded_by"]] == row["officer_id"] for row in mine)

    def test_ids_have_one_form_and_are_different(self, folder: Path, shifts: list[dict[str, str]]) -> None:
        ids = [shift["shift_id"] for shift in shifts]
        assert len(set(ids)) == len(ids)
        assert all(len(name) == 8 and set(name) <= set("0123456789abcdef") for name in ids)
        assert set(ids) <= {row["shift_id"] for row in read(folder / "roster.csv")}

    def test_what_is_cut_was_worked(self, shifts: list[dict[str, str]]) -> None:
        cut = {shift["attended"] for shift in shifts if int(shift["minutes_cut"])}
        assert cut == {"worked"}

    def test_hand_overs_may_be_dates(self, folder: Path) -> None:
        dates = [row for row in read(folder / "assignments.csv") if len(row["valid_from"]) == 10]
        assert dates
        assert all(len(row["valid_to"]) in (0, 10) for row in dates)

    def test_the_register_holds_what_was_declared(self, folder: Path) -> None:
        jobs = read(folder / "truth" / "jobs.csv")
        declared = [job["officer_id"] for job in jobs if job["declared"] == "True"]
        assert declared == [row["officer_id"] for row in read(folder / "register.csv")]
        assert len(declared) < len(jobs)


class TestTheFile:
    def test_it_has_every_habit_and_its_default(self, tmp_path: Path) -> None:
        assert set(HabitsDocument.model_fields) == set(habit_fields())
        (tmp_path / "none.toml").write_text("")
        assert load_habits(tmp_path / "none.toml") == Habits()

    def test_what_is_wrong_is_named_all_at_once(self, tmp_path: Path) -> None:
        (tmp_path / "h.toml").write_text("dose = 0.5\nrecall = 2\nclerks = 1.5\n")
        with pytest.raises(UsageError) as wrong:
            load_habits(tmp_path / "h.toml")
        for part in ("did you mean dozes?", "recall: expected a share from 0 to 1", "a whole number of clerks"):
            assert part in str(wrong.value)

    def test_ghosts_are_at_most_all(self, tmp_path: Path) -> None:
        (tmp_path / "h.toml").write_text("ghost_at_home = 0.6\nghost_phone_off = 0.6\n")
        with pytest.raises(UsageError, match=r"h\.toml.*together more than 1"):
            load_habits(tmp_path / "h.toml")
        with pytest.raises(UsageError, match="dozes must be a share"):
            World(1, 1, 60, 1, habits=Habits(dozes=1.5))


class TestToyKeys:
    def test_the_folder_runs_as_it_stands(self, folder: Path) -> None:
        assert write_toy_keys(folder)
        assert run(folder / "job.toml", as_of="2026-06-30").counts["on_duty"] > 0

    def test_they_say_what_they_are(self) -> None:
        assert bytes.fromhex(TOY_KEY) == b"toy key: made up, guards nobody!"

    def test_a_key_that_is_there_stays(self, tmp_path: Path) -> None:
        (tmp_path / "signing.key").write_text("mine")
        assert not write_toy_keys(tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == ["signing.key"]


def test_homes_can_lie_beside_clinics() -> None:
    """Not farther than 450 m from the nearest."""
    setting = make_setting(World(50, 1, 3_600, 3, habits=Habits(beside_clinic=1.0)))
    away_m = np.hypot(*(setting.people.home[:, None] - setting.land.refuges[None]).transpose(2, 0, 1)).min(axis=1)
    assert (away_m <= 451).all()
    assert np.median(away_m) > 200
