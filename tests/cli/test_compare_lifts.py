"""`offduty compare --truth` puts the red team's lifts on two releases of a made-up force side by side, and refuses any
other force; what it adds is made again by another hand, but for the lifts.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from offduty import run
from offduty.core.canonical_json import canonical_json
from offduty.redteam.force_worlds import AS_OF, POLICIES, WORLDS, changed
from offduty.synth import write
from offduty.synth.toy_keys import TOY_KEY, write_toy_keys
from offduty.transparency.log import entry_bytes, entry_name, read_log
from offduty.verify.checks.analyses import check_analyses
from offduty.verify.checks.analyses_again import check_made_again
from offduty.verify.entries import read_audited_log
from offduty.verify.evidence import Evidence
from offduty.verify.verdict import Check, Status
from tests.cli.command import here

OFFICERS, DAYS, SEED = 40, 4, 3
WEAK, STRONG = "rules of version 1", "what init proposes"
ATTACKS = (
    "1 rim",
    "3 duty-start gap",
    "4 median of ends",
    "5 heading",
    "6 night dwell",
    "7 averaging",
    "16 silent door",
)


@pytest.fixture(scope="module")
def force(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A force whose phones have no fix near home, run by the rules of version 1, and by those of version 2 into a store
    of its own. ``one`` and ``other`` lead to the folders of the two runs.
    """
    folder = tmp_path_factory.mktemp("lifts")
    write(folder, OFFICERS, DAYS, 60, SEED, truth=True, habits=WORLDS["120 m"])
    write_toy_keys(folder)
    policy, job = ((folder / name).read_text() for name in ("policy.toml", "job.toml"))
    for side, name in (("one", STRONG), ("other", WEAK)):
        (folder / f"{side}.toml").write_text(changed(policy, POLICIES[name]))
        (folder / f"job-{side}.toml").write_text(job.replace("policy.toml", f"{side}.toml").replace("signing = ", "# "))
        done = run(folder / f"job-{side}.toml", as_of=AS_OF, store=folder / f"store-{side}")
        (folder / side).symlink_to(str(done.path))
    return folder


def asked(force: Path, *more: str | Path) -> dict[str, Any]:
    """What is said of both runs, as JSON."""
    sides = [(force / side).resolve() for side in ("one", "other")]
    done = here("compare", *sides, "--inputs", force / "job.toml", "--truth", force / "truth", "--json", *more)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def said(force: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """What is said of both, and the folder with its files."""
    made = tmp_path_factory.mktemp("made")
    return asked(force, "-o", made), made


def attacked(force: Path, side: str) -> Mapping[str, str]:
    """The lifts that `offduty attack` prints of one store, by attack."""
    options = ["--truth", force / "truth", "--roster", force / "roster.csv", "--sites", force / "sites.geojson"]
    numbers = ",".join(name.split()[0] for name in ATTACKS)
    done = here(
        "attack", force / f"store-{side}", *options, "--attacks", numbers, "--key", force / "pseudonym.key", "--json"
    )
    assert done.stdout, done.stderr
    return {row["attack"]: row["lift"] for row in json.loads(done.stdout)["rows"] if row["mask"] == "offduty"}


@pytest.mark.parametrize("side", ["one", "other"])
def test_the_lifts_are_those_of_the_red_team_on_each_store(force, said, side):
    """With their intervals; of phones that are silent near home the rules of version 1 give homes away."""
    found = said[0]["lifts"][side]
    assert set(found["attacks"]) == set(ATTACKS)
    lifts = {
        name: f"{each['lift']:.2f} ({each['low']:.2f}-{each['high']:.2f})" for name, each in found["attacks"].items()
    }
    assert lifts == attacked(force, side)
    assert (found["officers"], found["every_s"]) == (OFFICERS, 60)
    door = found["attacks"]["16 silent door"]
    assert (door["found"] > 0, door["low"] > 1.5) == (side == "other", side == "other")


def test_it_is_said_in_words_and_in_a_table(force, said):
    """By attack, one beside the other."""
    sides = [(force / side).resolve() for side in ("one", "other")]
    text = here("compare", *sides, "--inputs", force / "job.toml", "--truth", force / "truth").stdout
    (line,) = (line for line in text.splitlines() if "16 silent door" in line)
    both = [said[0]["lifts"][side]["attacks"]["16 silent door"] for side in ("one", "other")]
    assert [f"{each['lift']:.2f} (" in line for each in both] == [True, True]
    assert f"one: {OFFICERS} officers" in text
    with (said[1] / "comparison-lifts.csv").open(newline="") as file:
        rows = {(row["side"], row["attack"]): row for row in csv.DictReader(file)}
    assert len(rows) == 2 * len(ATTACKS)
    assert int(rows["other", "16 silent door"]["found"]) == both[1]["found"]


def test_the_radius_that_an_attacker_looks_for_is_that_of_the_policy(force, tmp_path):
    """It is no secret: a rim of 300 m is not looked for at 200."""
    from offduty.redteam.ground_truth import read_force

    wide = (force / "one.toml").read_text().replace("buffer_m = 200", "buffer_m = 300")
    (force / "wide.toml").write_text(wide)
    (force / "job-wide.toml").write_text((force / "job-one.toml").read_text().replace("one.toml", "wide.toml"))
    run(force / "job-wide.toml", as_of=AS_OF, store=tmp_path / "store")
    read = [
        read_force(store, force / "truth", bytes.fromhex(TOY_KEY), None, None, tracks=False)
        for store in (force / "store-one", tmp_path / "store")
    ]
    assert [each.fence_m for each in read] == [240.0, 340.0]
    assert read[0].true_rows is None


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("no job", "name its job with --inputs"),
        ("no truth", "has no homes.csv and no density.csv"),
        ("other positions", "not about the positions that the runs read"),
        ("other homes", "its homes are not those of the places"),
        ("a table that is declared", "not about the positions that the runs read"),
        ("a real key", "made-up force alone"),
    ],
)
def test_of_anybody_else_it_is_refused(force, tmp_path, change, why):
    """And nothing is said, and nothing is logged. The truth of another force would say that no home is found."""
    job, truth = force / "job.toml", force / "truth"
    options: list[str | Path] = ["--inputs", job, "--truth", truth]
    if change == "no job":
        options = ["--truth", truth]
    elif change == "no truth":
        options[-1] = tmp_path
    elif change == "other positions":
        write(tmp_path / "others", OFFICERS, DAYS, 60, SEED + 1, truth=True, habits=WORLDS["120 m"])
        options[-1] = tmp_path / "others" / "truth"
        shutil.copy(truth / "homes.csv", tmp_path / "others/truth")
    elif change == "other homes":
        write(tmp_path / "others", OFFICERS, 1, 60, SEED + 1, truth=True, habits=WORLDS["120 m"])
        options[-1] = tmp_path / "truth"
        shutil.copytree(truth, tmp_path / "truth")
        shutil.copy(tmp_path / "others/truth/homes.csv", tmp_path / "truth")
    elif change == "a table that is declared":
        options[1] = force / "declared.toml"
        declared = job.read_text().replace(
            'roster = "roster.csv"', 'roster = { path = "roster.csv", time_zone = "UTC" }'
        )
        (force / "declared.toml").write_text(declared)
    else:
        options[1] = force / "real.toml"
        (force / "real.key").write_text("5a" * 32)
        (force / "real.key").chmod(0o600)
        (force / "real.toml").write_text(job.read_text().replace("pseudonym.key", "real.key"))
    log = force / "store-other" / "log"
    before = len(list(log.iterdir()))
    done = here("compare", *[(force / side).resolve() for side in ("one", "other")], *options)
    assert (done.returncode, done.stdout, why in done.stderr) == (2, "", True), done.stderr
    assert len(list(log.iterdir())) == before


@pytest.mark.parametrize(("name", "column"), [("homes.csv", "officer_id"), ("density.csv", "weight")])
def test_a_truth_without_its_columns_is_a_wrong_file_and_no_bug(force, tmp_path, name, column):
    """By the name of the file and of the column; so is a row that is cut short."""
    shutil.copytree(force / "truth", tmp_path / "truth")
    path, sides = tmp_path / "truth" / name, [(force / side).resolve() for side in ("one", "other")]
    text = path.read_text()
    for changed_text, why in ((text.replace(column, "x", 1), f"lacks {column}"), (f"{text}x\n", "too few values")):
        path.write_text(changed_text)
        done = here("compare", *sides, "--inputs", force / "job.toml", "--truth", tmp_path / "truth")
        assert (done.returncode, done.stdout) == (3, ""), done.stderr
        assert name in done.stderr
        assert why in done.stderr


def test_without_the_libraries_it_says_what_to_install(force, monkeypatch):
    """Before anything is read."""
    monkeypatch.setattr("offduty.redteam.metrics.EXTRA", ("no_such_library",))
    done = here(
        "compare", force / "nowhere", force / "nowhere", "--inputs", force / "job.toml", "--truth", force / "truth"
    )
    assert (done.returncode, "offduty[attack]" in done.stderr) == (2, True)


def made_again(
    force: Path, store: Path, *, job: bool = True, compared: bool = True, beside: Path | None = None
) -> Check:
    """Check 8.2 of the store of the other side."""
    given = Evidence.by(force / "job.toml") if job else None
    one = beside or force / "store-one"
    return check_made_again(store, read_audited_log(store / "log"), given, None, one if compared else None)


def test_what_is_added_is_made_again_but_for_the_lifts(force, said):
    """Windows and days, by another hand, from both releases; what lacks for it is said."""
    store = force / "store-other"
    check = made_again(force, store)
    assert (check.status, check.found, check.count.value > 0) == (Status.NOT_DONE, 0, True)
    assert "a second hand would be a whole red team" in str(check.why)
    assert "need --inputs" in str(made_again(force, store, job=False).why)
    lacking = force / "lacking"
    lacking.mkdir()
    for name in ("job.toml", "pseudonym.key", "sites.geojson"):
        shutil.copy(force / name, lacking / name)
    (lacking / "roster.csv").write_text((force / "roster.csv").read_text() + "\n")
    assert "roster or the sites" in str(made_again(lacking, store, beside=force / "store-one").why)
    (lacking / "pseudonym.key").unlink()
    assert "pseudonym key of the made-up force" in str(made_again(lacking, store, beside=force / "store-one").why)
    elsewhere = made_again(force, store, compared=False)
    assert (elsewhere.status, elsewhere.count.value, "--compared" in str(elsewhere.why)) == (Status.NOT_DONE, 0, True)
    done = here("verify", store, "--reference", force / "job.toml", "--compared", force / "store-one", "--json")
    (again,) = (each for each in json.loads(done.stdout)["checks"] if each["number"] == "8.2")
    assert (again["status"], "a second hand would be" in again["why"]) == ("NOT DONE", True)


def test_a_count_that_the_releases_do_not_give_is_found(force, said, tmp_path):
    """By whoever can write the log anew."""
    shutil.copytree(force / "store-other", tmp_path / "store")
    rewritten(tmp_path / "store", {"comparison-made-up.csv": "0" * 64})
    check = made_again(force, tmp_path / "store")
    assert (check.status, check.found) == (Status.FAIL, 1)
    assert "comparison-made-up.csv is not what the releases give" in check.findings[0]


def test_a_release_that_was_changed_is_not_counted_again(force, said, tmp_path):
    """It is no evidence; that it was changed other checks say."""
    shutil.copytree(force / "store-other", tmp_path / "store")
    release = next((tmp_path / "store").glob("runs/*/release/*/*.parquet"))
    release.write_bytes(release.read_bytes() + b"x")
    check = made_again(force, tmp_path / "store")
    assert (check.status, "was changed" in str(check.why)) == (Status.NOT_DONE, True)
    release.unlink()
    check = made_again(force, tmp_path / "store")
    assert (check.status, "not there any more" in str(check.why)) == (Status.NOT_DONE, True)


def test_what_releases_of_real_people_confirm_is_found(force, said, tmp_path):
    """An entry with such a table is refused where a run has another key than that of made-up forces."""
    shutil.copytree(force / "store-other", tmp_path / "store")
    entries = read_log(tmp_path / "store" / "log")
    shutil.rmtree(tmp_path / "store" / "log")
    (tmp_path / "store" / "log").mkdir()
    for number, entry in enumerate(entries):
        document = dict(entry.document)
        if entry.is_run:
            document["keys"] = {**document["keys"], "pseudonym": "0" * 32}
        put(tmp_path / "store" / "log", number, document)
    log = read_audited_log(tmp_path / "store" / "log")
    check = check_analyses(log, None)
    assert (check.status, "who are not made up" in check.findings[0]) == (Status.FAIL, True)
    check = made_again(force, tmp_path / "store")
    assert (check.status, "who are not made up" in check.findings[0]) == (Status.FAIL, True)


def rewritten(store: Path, hashes: Mapping[str, str]) -> None:
    """The newest entry with other hashes, in a log that was written again."""
    entries = read_log(store / "log")
    document = dict(entries[-1].document)
    document["outputs"] = [{**each, "sha256": hashes.get(each["name"], each["sha256"])} for each in document["outputs"]]
    (store / "log" / entry_name(len(entries) - 1)).unlink()
    put(store / "log", len(entries) - 1, document)


def put(log: Path, number: int, document: Mapping[str, Any]) -> None:
    """Write an entry after those that are there."""
    (log / entry_name(number)).write_bytes(entry_bytes(canonical_json(dict(document)), read_log(log)))
