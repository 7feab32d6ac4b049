"""What `offduty verify` tells: how each check ended, what it is good for, and one sentence to take away."""

from __future__ import annotations

import hashlib
import json
import shlex
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from offduty import run
from offduty.core.canonical_json import canonical_json
from tests.cli.command import here
from tests.world import lay_out, ping, shift, site, world, write_table

SEED = bytes(range(32)).hex()
DAYS = ["2026-03-02", "2026-03-03", "2026-03-04"]
EARLY, LATE = "2026-03-10T00:00:00Z", "2026-03-11T00:00:00Z"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A job, and a store with a run for each of three days."""
    folder = tmp_path_factory.mktemp("made")
    given = world(
        [ping(f"{day}T09:00:00Z") for day in DAYS],
        roster=[shift(f"{day}T08:00", f"{day}T16:00", shift_id=f"r{day}") for day in DAYS],
        policy={"release": {"keep_superseded": False}},
    )
    job = lay_out(given, folder, signing=SEED)
    for start, end in zip(DAYS, [*DAYS[1:], "2026-03-05"], strict=True):
        run(job, start=start, end=end, as_of=EARLY)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path


def told(folder: Path, *options: object) -> tuple[int, dict[str, Any], dict[str, dict[str, Any]]]:
    """The exit code, the JSON, and its checks by number."""
    done = here("verify", folder / "store", "--json", *options)
    document = json.loads(done.stdout)
    return done.returncode, document, {check["number"]: check for check in document["checks"]}


def test_what_was_not_looked_at_sounds_like_nothing_wrong(folder):
    """Exit 0, no FAIL anywhere, and a sentence that counts what passed and what could not be made."""
    code, document, checks = told(folder)
    assert (code, document["failed"]) == (0, False)
    counts = document["counts"]
    assert document["headline"].startswith(
        f"Nothing wrong was found. {counts['PASS']} checks passed; {counts['NOT DONE']} could not be made, so it is not"
        " known whether every position was released or hidden as the rules say (4.1, 4.2, 5.1, 5.2, 5.3: give --inputs);"
    )
    assert checks["5.1"]["needs"] == ["--inputs"]
    assert counts["FAIL"] == 0
    assert (checks["6.1"]["status"], checks["7.4"]["status"]) == ("DOES NOT APPLY", "DOES NOT APPLY")
    done = here("verify", folder / "store")
    lines = (done.stdout + done.stderr).splitlines()
    assert "FAIL" not in "\n".join(lines)
    assert document["headline"] in " ".join(lines)


def test_each_check_says_what_it_is_good_for_and_its_numbers_are_fields(folder):
    """Nothing must be read out of a sentence."""
    write_table(folder / "pings" / "late.csv", "pings", [ping(f"{DAYS[0]}T10:00:00Z")])
    run(folder / "job.toml", start=DAYS[0], end=DAYS[1], as_of=LATE)
    _, _, checks = told(folder)
    for check in checks.values():
        assert check["protects"]
        assert check["fail_means"]
        assert isinstance(check["count"], int)
        assert check["unit"]
        digits = "".join(filter(str.isdigit, check["why"]))
        assert all(str(each["count"]) in digits for each in check["numbers"])
    assert {"count": 1, "unit": "files"} in checks["2.1"]["numbers"]  # of the release that was withdrawn
    assert checks["6.1"]["figures"] == []


@pytest.mark.parametrize(
    "place", ["beside/leak.csv", "runs/leak.csv", "runs/{run}/leak.csv", f"runs/{'5' * 32}/leak.csv"]
)
def test_a_missing_entry_is_no_excuse_for_a_file_that_it_cannot_have_named(folder, place):
    """An entry names the files of one run, in the folder of that run: whatever else lies there was handed out."""
    run_id = json.loads((folder / "store/log/000000000000.entry").read_bytes().partition(b"\n\n")[0])["run_id"]
    path = folder / "store" / place.format(run=run_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("positions")
    (folder / "store" / "log" / "000000000001.entry").unlink()
    _, document, checks = told(folder)
    assert (checks["2.2"]["found"], checks["2.2"]["follows"]) == (2, False)
    assert "2.2, the store has a file that no run published" in document["headline"]


def one_run(folder: Path) -> tuple[Path, Path, list[Path]]:
    """A store with one run over all three days, its ledger, and its release: a file for each day."""
    shutil.rmtree(folder / "store")
    run(folder / "job.toml", start=DAYS[0], end="2026-03-05", as_of=EARLY)
    (ledger,) = (folder / "store").rglob("ledger/*.parquet")
    return folder / "store", ledger, sorted((folder / "store").rglob("release/*/*.parquet"))


def with_a_row_more(path: Path) -> None:
    """The file with its last row twice."""
    rows = pq.read_table(path, partitioning=None)
    pq.write_table(pa.concat_tables([rows, rows.slice(len(rows) - 1)]), path)


def wrong_from_the_run_on(store: Path, path: Path) -> None:
    """A release with a row that should not be there, as the run's own entry names it."""
    old = hashlib.sha256(path.read_bytes()).hexdigest()
    with_a_row_more(path)
    entry = store / "log" / "000000000000.entry"
    manifest, _, checkpoint = entry.read_bytes().partition(b"\n\n")
    document = json.loads(manifest)
    (output,) = (each for each in document["outputs"] if each["sha256"] == old)
    content = path.read_bytes()
    output |= {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    entry.write_bytes(canonical_json(document) + b"\n\n" + checkpoint)


@pytest.mark.parametrize("altered", ["ledger", "release of another day"])
def test_a_changed_file_is_no_excuse_for_a_release_that_was_wrong_before(folder, altered):
    """Rows that should not be there, in a file with the bytes that the entry names, follow from no other file."""
    store, ledger, (first, second, _) = one_run(folder)
    wrong_from_the_run_on(store, first)
    if altered == "ledger":
        pq.write_table(pq.read_table(ledger), ledger, compression="gzip")
    else:
        with_a_row_more(second)
    _, document, checks = told(folder, "--inputs", folder / "job.toml")
    assert [checks[number]["status"] for number in ("2.1", "5.2")] == ["FAIL", "FAIL"]
    assert not checks["5.2"]["follows"]
    assert "5.2, rows were added" in document["headline"]


def test_rows_that_are_wrong_only_in_a_changed_release_are_a_consequence(folder):
    """Whoever added a row to a release afterwards changed a file; the filter decided as it should."""
    _, _, (first, _, _) = one_run(folder)
    with_a_row_more(first)
    _, _, checks = told(folder, "--inputs", folder / "job.toml")
    assert (checks["5.1"]["status"], checks["5.2"]["status"], checks["5.2"]["follows"]) == ("PASS", "FAIL", True)


def test_a_sample_of_decisions_does_not_ask_more_than_each_released_row(folder):
    """Of a sample, 5.1 passes by a bound alone: whether every released row is possible is then not known."""
    one_run(folder)
    _, document, checks = told(folder, "--inputs", folder / "job.toml", "--sample", "1", "--seed", "dice")
    assert (checks["5.1"]["status"], checks["5.4"]["status"]) == ("PASS", "NOT DONE")
    assert "1 of 3 rows: 1 drawn by the seed given" in checks["5.1"]["why"]
    assert "5.4 was not needed" not in document["headline"]
    assert "(5.4: give --reference)" in document["headline"]


def test_a_widening_is_a_figure_with_its_causes(folder):
    """Another table that has no record times: NOT DONE, no FAIL, with the number and the table."""
    shutil.rmtree(folder / "store")
    write_table(folder / "pings" / "part-0.csv", "pings", [ping(f"{DAYS[0]}T09:00:00Z", "street")])
    run(folder / "job.toml", as_of=EARLY)
    write_table(folder / "sites.csv", "sites", [site(), site("street", site_id="s2")])
    run(folder / "job.toml", as_of=LATE)
    code, document, checks = told(folder)
    (figure,) = checks["6.1"]["figures"]
    assert (figure["count"], figure["unit"], figure["causes"]) == (1, "rows", ["table:sites"])
    assert (code, checks["6.1"]["status"]) == (0, "NOT DONE")
    assert "sites changed, and have no record times" in checks["6.1"]["why"]
    assert "FAIL" not in document["headline"]


def test_what_follows_from_a_changed_file_accuses_nobody(folder):
    """One file that is cut short fails five checks: one says that it was changed, the others that they follow."""
    path = sorted((folder / "store").rglob("ledger/*.parquet"))[0]
    path.write_bytes(path.read_bytes()[:-40])
    code, document, checks = told(folder)
    assert code == 7
    failed = {number for number, check in checks.items() if check["status"] == "FAIL"}
    assert failed == {"2.1", "3.1", "3.4", "3.5", "4.3"}
    assert {number for number in failed if checks[number]["follows"]} == failed - {"2.1"}
    assert "3.1, 3.4, 3.5, 4.3, a consequence of what was changed" in document["headline"]
    assert "analysts see more" not in here("verify", folder / "store").stdout


def test_a_missing_entry_is_said_once(folder):
    """What follows is called a consequence: not one finding for every entry after it."""
    (folder / "store" / "log" / "000000000001.entry").unlink()
    code, document, checks = told(folder)
    assert code == 7
    assert checks["1.1"]["findings"] == ["entry 1 is missing; what else follows from that is a consequence"]
    assert checks["1.2"]["found"] == 1
    assert [number for number, check in checks.items() if check["follows"]] == ["1.2", "2.2"]
    assert "an entry was edited" not in document["headline"]
    assert len(checks["2.2"]["findings"]) == 1
    assert "with all that is in it" in checks["2.2"]["findings"][0]
    assert "a consequence" in checks["2.2"]["why"]
    assert document["headline"].startswith("3 checks found something wrong: 1.1, an entry of the log was deleted")
    done = here("verify", folder / "store")
    assert "this FAIL means: an entry of the log was deleted or damaged" in " ".join(
        (done.stdout + done.stderr).split()
    )


def test_the_command_that_a_run_prints_decides_every_row_again(tmp_path):
    """Also where the path has a space in it: it can be copied as it stands."""
    folder = tmp_path / "two words"
    folder.mkdir()
    done = here("run", lay_out(world(), folder), "--as-of", EARLY)
    line = next(line for line in done.stderr.splitlines() if " verify " in line)
    name, *command = shlex.split(line)
    assert (name, command[1:]) == ("offduty", [f"{folder / 'store'}", "--inputs", f"{folder / 'job.toml'}"])
    again = here(*command, "--json")
    states = {check["number"]: check["status"] for check in json.loads(again.stdout)["checks"]}
    assert {states[number] for number in ("5.1", "5.2", "5.3")} == {"PASS"}
