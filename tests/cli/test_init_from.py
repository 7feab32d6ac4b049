"""`offduty init DIR --from` says what it found in shapes, writes a job that loads, and names no value of any file."""

from __future__ import annotations

import gzip
import json
import tomllib
from pathlib import Path

import pytest

from offduty.config.check_declarations import check_declarations
from offduty.config.job import Job
from offduty.config.policy import Policy
from tests.cli.command import here, offduty
from tests.unit.admin.exports import csv_text, pings, renamed, roster

HANDSETS = {"device_id": ["d1", "d2"], "officer_id": ["o1", "o2"], "valid_from": ["2026-01-01"] * 2}
HOMES = {"officer_id": ["o1"], "kind": ["home"], "lon": ["0.1"], "lat": ["51.5"], "radius_m": ["50"]}
STATIONS = {"lon": ["0.1"], "lat": ["51.5"], "radius_m": ["50"]}
FILES = {"pings": pings(), "assignments": HANDSETS, "roster": roster(), "places": HOMES, "sites": STATIONS}


@pytest.fixture
def exports(tmp_path, monkeypatch) -> Path:
    """A working folder with `exports`, in which each table is a file as the contract has it."""
    (tmp_path / "exports").mkdir()
    for table, columns in FILES.items():
        (tmp_path / "exports" / f"{table}.csv").write_text(csv_text(columns))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def pairs(*tables: str) -> list[str]:
    return [f"{table}=exports/{table}.csv" for table in tables or FILES]


def test_every_table_has_its_section_and_the_job_loads(exports):
    """In a process of its own; the paths of the job lead from its folder to the files."""
    done = offduty("init", "work", "--from", *pairs(), cwd=exports)
    assert done.returncode == 0, done.stderr
    job = Job.load(exports / "work" / "job.toml")
    check_declarations(job)
    assert {table: path.path.resolve() for table, path in job.inputs.tables.items()} == {
        table: (exports / "exports" / f"{table}.csv").resolve() for table in FILES
    }
    assert "offduty check work/job.toml" in done.stdout
    assert "no questions open" in done.stdout
    assert "made work/job.toml" in done.stderr


def test_from_may_stand_before_each_pair(exports):
    several = [part for pair in pairs() for part in ("--from", pair)]
    assert here("init", "work", *several).returncode == 0
    assert here("init", "other", "--from", *pairs()).returncode == 0
    assert Path("work/job.toml").read_text() == Path("other/job.toml").read_text()


def test_a_table_that_is_not_named_is_open(exports):
    """The job cannot be loaded before that, and the command says at which key."""
    done = here("init", "work", "--from", *pairs("pings", "roster", "sites"))
    assert done.returncode == 0
    text = Path("work/job.toml").read_text()
    assert '\n# places = "?"\n' in text
    assert "inputs.places is missing" in done.stdout
    filled = text.replace('# places = "?"', 'places = "p.csv"').replace('# assignments = "?"', 'assignments = "a.csv"')
    Path("work/job.toml").write_text(filled)
    assert set(Job.load(Path("work/job.toml")).inputs.tables) == set(FILES)


def test_only_sites_may_stay_out(exports):
    done = here("init", "work", "--from", *pairs("pings", "assignments", "roster", "places"))
    assert "cannot be loaded" not in done.stdout
    assert Job.load(Path("work/job.toml")).inputs.sites is None
    assert "legs.rule" in Path("work/job.toml").read_text()


def test_what_is_printed_fits_eighty_columns(exports):
    """Also where names, paths and forms are long."""
    long = "Reporting officer’s personnel number as of the last day of the month"
    odd = csv_text({**renamed(roster(starts_at=["02/03/2026 08:00"] * 30), ends_at="until"), long: ["1"] * 30}, ";")
    folder = exports / ("deep" * 20)
    folder.mkdir()
    (folder / "roster.csv").write_text(odd)
    done = here("init", "work", "--from", f"roster={folder.name}/roster.csv", *pairs("pings"))
    assert done.returncode == 0
    wide = [line for line in done.stdout.splitlines() if len(line) > 80]
    assert [line.strip() for line in wide] in ([], [f"../{folder.name}/roster.csv"])


def test_a_folder_and_a_pattern(exports):
    """As a job has them; a name with brackets is that file."""
    (exports / "exports" / "a[1].csv").write_text(csv_text(pings()))
    for given, written in (("exports/a[1].csv", "../exports/a[1].csv"), ("exports/p*.csv", "../exports/p*.csv")):
        folder = f"work{len(given)}{written[-8:-6]}".replace("*", "x").replace("[", "x")
        done = here("init", folder, "--from", f"pings={given}")
        assert done.returncode == 0, done.stderr
        assert tomllib.loads(Path(folder, "job.toml").read_text())["inputs"]["pings"]["path"] == written
    absolute = exports / "exports" / "pings.csv"
    here("init", "third", "--from", f"pings={absolute}")
    assert tomllib.loads(Path("third/job.toml").read_text())["inputs"]["pings"]["path"] == str(absolute)


def test_a_folder_behind_a_link(exports):
    """The way back from it leads past the link."""
    (exports / "far" / "away").mkdir(parents=True)
    (exports / "near").symlink_to(exports / "far" / "away")
    assert here("init", "near/work", "--from", *pairs("pings")).returncode == 0
    (raw,) = {path.raw for path in [_pings_path(exports / "near" / "work")]}
    assert (exports / "far" / "away" / "work" / raw).resolve() == (exports / "exports" / "pings.csv").resolve()


def _pings_path(folder: Path):
    text = (folder / "job.toml").read_text()
    for table in ("assignments", "roster", "places"):
        text = text.replace(f'# {table} = "?"', f'{table} = "x.csv"')
    (folder / "job.toml").write_text(text)
    return Job.load(folder / "job.toml").inputs.pings


def test_the_zone_of_the_force(exports):
    """It is the policy's, and that of times without an offset."""
    (exports / "exports" / "pings.csv").write_text(csv_text(pings(observed_at=["2026-06-02 08:00"] * 2)))
    assert here("init", "work", "--time-zone", "Europe/Paris", "--from", *pairs()).returncode == 0
    assert Policy.load(Path("work/policy.toml")).policy.timezone == "Europe/Paris"
    assert Job.load(Path("work/job.toml")).inputs.declared["pings"].time_zone == "Europe/Paris"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["work", "--from", "ping=exports/pings.csv"], "did you mean pings"),
        (["work", "--from", "exports/pings.csv"], "expected a table"),
        (["work", "--from", "pings="], "expected a table"),
        (["work", "--from", "pings=exports/pings.csv", "pings=exports"], "named twice"),
        (["work", "--from", "pings=exports/none*.csv"], "no file is found"),
        (["work", "--from", "pings=s3://bucket/pings"], "on this machine"),
        (["work", "--from", "roster=postgresql://host/roster"], "on this machine"),
        (["work", "--from", "pings=exports/pings.csv", "--time-zone", "Europe/Pariss"], "did you mean Europe/Paris"),
        (["work", "pings=exports/pings.csv"], "--from"),
        (["work", "--time-zone", "Europe/Paris"], "--from"),
        (["--from", "pings=exports/pings.csv", "roster=exports/roster.csv"], "DIR is missing"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(exports, arguments, words):
    done = here("init", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert [path.name for path in exports.iterdir()] == ["exports"]


def test_existing_files_stay_and_nothing_is_printed(exports):
    (exports / "work").mkdir()
    (exports / "work" / "policy.toml").write_text("precious")
    done = here("init", "work", "--from", *pairs())
    assert (done.returncode, done.stdout) == (2, "")
    assert [path.read_text() for path in (exports / "work").iterdir()] == ["precious"]


def test_without_from_it_stays_as_it_was(tmp_path):
    done = here("init", tmp_path / "work")
    assert (done.returncode, done.stdout) == (0, "")
    assert "next: write in job.toml where the inputs are" in done.stderr


NAMES = ["CANARYSON", "K4N4RY-77", "QX-0417"]
DIGITS = ["7391402", "0.7391", "51.739", "39140"]


def canaries(folder: Path) -> list[str]:
    """Exports in which every value is one that must not be shown, and files without a header or with ids as names."""
    device, officer, number = NAMES[1], f"Anna {NAMES[0]}", DIGITS[0]
    rows = 30
    header = csv_text(
        {
            "deviceId": [device] * rows,
            "fixTime": ["02/03/2026 07:39"] * rows,
            "longitude": [DIGITS[1]] * rows,
            "latitude": [DIGITS[2]] * rows,
            "accuracy": [DIGITS[3]] * rows,
            "driver": [officer] * rows,
        }
    )
    headless = csv_text(
        {device: [device] * 3, "2026-03-02T08:00:00Z": ["x"] * 3, DIGITS[1]: ["y"] * 3, officer: ["z"] * 3}
    )
    recorded = f'2026-06-02T05:00:00Z\t*   \t{{"acc":5,"lat":{DIGITS[2]},"tid":"{device}"}}\n' * 4
    by_id = {
        "type": "FeatureCollection",
        "features": [{"properties": {"name": officer, DIGITS[0]: 1}, "geometry": None}],
    }
    written = {
        "pings": header,
        "assignments": headless,
        "roster": csv_text(
            {**roster(), "duty_code": [NAMES[2], *["QX"] * 29], "officer_id": [number] * 30, "note": [officer] * 30}
        ),
        "places": json.dumps(by_id),
        "sites": recorded,
    }
    for table, text in written.items():
        (folder / f"{table}.csv").write_text(text)
    return [f"{table}={folder.name}/{table}.csv" for table in written]


def test_no_value_is_printed_or_written(tmp_path, monkeypatch):
    """Neither on a stream nor in the job; ids that stand where names should be count, too."""
    (tmp_path / "in").mkdir()
    monkeypatch.chdir(tmp_path)
    done = here("init", "work", "--from", *canaries(tmp_path / "in"))
    assert done.returncode == 0, done.stderr
    everything = done.stdout + done.stderr + Path("work/job.toml").read_text() + Path("work/policy.toml").read_text()
    assert [value for value in (*NAMES, *DIGITS, "QX", "07:39", "02/03/2026") if value in everything] == []


@pytest.mark.parametrize(
    "damage", [b"\x00\xff" * 500, b'"' * 3000, b"{" * 3000, b"\xff\xfe\x00", gzip.compress(b"x", mtime=0)[:-4]]
)
def test_damaged_files_end_in_words(exports, damage):
    """Whatever the bytes are, the job says that they cannot be read, and nothing of them."""
    for table in FILES:
        (exports / "exports" / f"{table}.csv").write_bytes(damage)
    done = here("init", "work", "--from", *pairs())
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("no declaration mends") >= 5
    assert Job.load(Path("work/job.toml"))


def test_a_folder_that_has_a_job_gets_a_proposal_beside_it(exports):
    """Whoever filled in a job and then has other files: nothing is overwritten, and what to do next is said."""
    assert here("init", "work").returncode == 0
    job = Path("work/job.toml")
    job.write_text(job.read_text().replace('store = "store"', 'store = "mine"'))
    before = {path.name: path.read_bytes() for path in Path("work").iterdir()}
    done = here("init", "work", "--from", *pairs())
    assert done.returncode == 0, done.stderr
    assert {name: Path("work", name).read_bytes() for name in before} == before
    assert "work/job.toml is there already: it was not changed" in done.stderr
    assert "made work/job.proposed.toml" in done.stderr
    assert "offduty check work/job.proposed.toml" in done.stdout
    assert here("init", "new", "--from", *pairs()).returncode == 0
    assert Path("work/job.proposed.toml").read_text() == Path("new/job.toml").read_text()
    check_declarations(Job.load(Path("work/job.proposed.toml")))
    again = here("init", "work", "--from", *pairs())
    assert again.returncode == 2
    assert "job.proposed.toml: nothing was made: an earlier proposal is still there" in again.stderr
