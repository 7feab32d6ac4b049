"""A superseded release is withdrawn, and none is added under another policy unless that is asked for
(specification#supersede, specification#supersede-policy).
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from offduty import read_release, run
from offduty.core.errors import InputError, StorageError
from offduty.runs import withdraw
from offduty.runs.withdraw import changed_keys
from offduty.transparency.log import check_log, read_log
from tests.cli.command import answered, here
from tests.logs import kinds
from tests.made_before import ran
from tests.world import lay_out, ping, policy_of, shift, world, write_table

SEED = bytes(range(32)).hex()
DAYS = ["2026-03-02", "2026-03-03"]
END = "2026-03-04"
EARLY, LATE, LATEST = "2026-03-10T00:00:00Z", "2026-03-11T00:00:00Z", "2026-03-12T00:00:00Z"


def two_days(**policy: dict[str, Any]) -> dict[str, Any]:
    """A released ping on each of two days, under the default for superseded releases."""
    release = {"keep_superseded": False, **policy.pop("release", {})}
    return world(
        [ping(f"{day}T09:00:00Z") for day in DAYS],
        roster=[shift(f"{day}T08:00", f"{day}T16:00", shift_id=f"r{day}") for day in DAYS],
        policy={"release": release, **policy},
    )


def job_of(folder: Path, **policy: dict[str, Any]) -> Path:
    return lay_out(two_days(**policy), folder, signing=SEED)


def late_file(job: Path, clock: str = "10:00") -> None:
    """A further ping of the first day, in a file of its own."""
    write_table(job.parent / "pings" / f"late-{clock[:2]}.csv", "pings", [ping(clock)])


def another_policy(job: Path, old: str = "buffer_m = 200.0", new: str = "buffer_m = 300.0") -> None:
    path = job.parent / "policy.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def releases(job: Path) -> dict[str, list[str]]:
    """The released files that are there, by run in the order of the log."""
    store = job.parent / "store"
    runs = [entry.document["run_id"] for entry in read_log(store / "log") if entry.is_run]
    return {run_id: sorted(path.name for path in (store / "runs" / run_id).rglob("date=*")) for run_id in runs}


def verdict(job: Path, *options: object) -> dict[str, dict[str, Any]]:
    """Each check of the store, by number; nothing in it FAILs."""
    done = here("verify", job.parent / "store", "--json", *options)
    checks = {check["number"]: check for check in json.loads(done.stdout)["checks"]}
    assert done.returncode == 0, [check for check in checks.values() if check["status"] == "FAIL"]
    return checks


def test_the_older_release_is_withdrawn_and_its_ledger_stays(tmp_path):
    """An expiry of its own after the run's entry names exactly the older release; the answer says so, in both forms."""
    job = job_of(tmp_path)
    first = answered(here("run", job, "--as-of", EARLY, "--json"))
    late_file(job)
    second = answered(here("run", job, "--as-of", LATE, "--json"))
    assert second["withdrawn"] == [first["run_id"]]
    assert kinds(tmp_path / "store") == ["run", "run", "expiry"]
    withdrawn = read_log(tmp_path / "store" / "log")[2].document
    assert (withdrawn["superseded_by"], withdrawn["before"]) == (second["run_id"], "")
    assert {file["run_id"] for file in withdrawn["files"]} == {first["run_id"]}
    assert releases(job) == {first["run_id"]: [], second["run_id"]: [f"date={day}" for day in DAYS]}
    older = tmp_path / "store" / "runs" / first["run_id"]
    assert (older / "ledger" / "part-00000.parquet").is_file()
    assert (older / "quarantine" / "part-00000.parquet").is_file()
    late_file(job, "11:00")
    third = here("run", job, "--as-of", LATEST)
    assert f"the release of run {second['run_id']} was withdrawn" in third.stderr


def test_verify_current_and_the_report_take_it_as_it_is(tmp_path):
    """No FAIL with the inputs; the current release is read; the page says that the older one was withdrawn."""
    job = job_of(tmp_path)
    ran(job, as_of=EARLY)
    late_file(job)
    newest = run(job, as_of=LATE)
    checks = verdict(job, "--inputs", job)
    assert checks["2.1"]["status"] == checks["2.2"]["status"] == checks["1.1"]["status"] == "PASS"
    assert here("current", tmp_path / "store").stdout.split() == [f"{tmp_path}/store/runs/{newest.run_id}/release"]
    assert len(read_release(tmp_path / "store")) == 3
    made = here("report", tmp_path / "store", "--inputs", job, "-o", tmp_path / "report.html")
    assert made.returncode == 0, made.stderr
    assert "superseded; its release was withdrawn" in (tmp_path / "report.html").read_text()


def test_a_policy_may_keep_superseded_releases(tmp_path):
    """Then nothing is withdrawn, and the report says that two releases of one time tell more than one."""
    job = job_of(tmp_path, release={"keep_superseded": True})
    ran(job, as_of=EARLY)
    late_file(job)
    assert run(job, as_of=LATE).withdrawn == ()
    assert kinds(tmp_path / "store") == ["run", "run"]
    assert all(releases(job).values())
    here("report", tmp_path / "store", "-o", tmp_path / "report.html")
    assert "can still be read: two releases of one time tell more than one" in (tmp_path / "report.html").read_text()


def test_intervals_that_only_overlap_withdraw_nothing(tmp_path):
    """A run supersedes what it was asked over again: exactly the same interval."""
    job = job_of(tmp_path)
    ran(job, start=DAYS[0], end=END, as_of=EARLY)
    ran(job, start=DAYS[0], end=DAYS[1], as_of=EARLY)
    assert kinds(tmp_path / "store") == ["run", "run"]
    assert len(read_release(tmp_path / "store")) == 2


def test_day_by_day_each_older_day_is_withdrawn(tmp_path):
    """A backfill over both days, and again with a late file: each day's older release goes, and only that."""
    job = job_of(tmp_path)
    arguments = ("run", job, "--from", DAYS[0], "--to", END, "--each", "day", "--json")
    first = answered(here(*arguments, "--as-of", EARLY))["days"]
    late_file(job)
    second = answered(here(*arguments, "--as-of", LATE))["days"]
    assert [day["withdrawn"] for day in second] == [[day["run_id"]] for day in first]
    assert kinds(tmp_path / "store") == ["run", "run", "run", "expiry", "run", "expiry"]
    verdict(job, "--inputs", job)


@pytest.mark.parametrize("retry", ["the same run", "another interval"])
def test_a_withdrawal_that_did_not_come_about_is_made_by_the_next_run(tmp_path, monkeypatch, retry):
    """Exit 6 says that the run was published. Whatever runs next, also what is there already, withdraws it, with the
    very bytes.
    """
    job = job_of(tmp_path / "job")
    ran(job, as_of=EARLY)
    late_file(job)
    other = tmp_path / "other"
    shutil.copytree(job.parent / "store", other)
    run(job, as_of=LATE, store=other)

    def full(*_: object) -> None:
        raise OSError(28, "no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(withdraw, "append", full)
        done = here("run", job, "--as-of", LATE)
    assert done.returncode == 6
    assert "the run was published, but the release that it supersedes is not withdrawn yet" in done.stderr
    assert kinds(job.parent / "store") == ["run", "run"]
    found = run(job, as_of=LATE) if retry == "the same run" else run(job, start=DAYS[0], end=END, as_of=LATE)
    assert found.already == (retry == "the same run")
    name = "000000000002.entry"
    assert (job.parent / "store" / "log" / name).read_bytes() == (other / "log" / name).read_bytes()
    assert kinds(job.parent / "store").count("expiry") == 1
    verdict(job, "--inputs", job)


REFUSED = {
    "a buffer": ("buffer_m = 200.0", "buffer_m = 300.0", "places.buffer_m"),
    "the purpose": ('purpose = "conformance"', 'purpose = "something else"', "policy.purpose"),
    "pseudonyms": ('rotate = "week"', 'rotate = "never"', "pseudonym.rotate"),
    "columns": ("extra_columns = []", 'extra_columns = ["battery"]', "release.extra_columns"),
}


def test_a_plan_says_that_a_run_would_be_refused(tmp_path):
    """The interval is stale, and needs the flag; an interval that was never run needs it where a longer run covers it."""
    job = job_of(tmp_path)
    ran(job, start=DAYS[0], end=END, as_of=EARLY)
    assert "refused" not in answered(here("plan", job, "--from", DAYS[0], "--to", END, "--json"))["intervals"][0]
    another_policy(job)
    whole = here("plan", job, "--from", DAYS[0], "--to", END)
    said = " ".join(whole.stdout.split())
    assert "places.buffer_m has changed; no reason would change; refused without --supersede-policy" in said
    days = answered(here("plan", job, "--from", DAYS[0], "--to", END, "--each", "day", "--json"))["intervals"]
    assert [(day["state"], day["refused"]) for day in days] == [("missing", "another policy")] * 2


@pytest.mark.parametrize("change", sorted(REFUSED))
@pytest.mark.parametrize("each", [(), ("--each", "day")], ids=["once", "each day"])
def test_a_second_policy_is_refused(tmp_path, change, each):
    """Exit 2 with the key and the flag, without a value, and before an input is opened: one of them is gone."""
    job = job_of(tmp_path)
    ran(job, start=DAYS[0], end=END, as_of=EARLY)
    old, new, key = REFUSED[change]
    another_policy(job, old, new)
    (tmp_path / "roster.csv").unlink()
    done = here("run", job, "--from", DAYS[0], "--to", END, "--as-of", LATE, *each)
    assert done.returncode == 2
    assert f"{key} changed" in done.stderr
    assert "--supersede-policy" in done.stderr
    assert not any(value in done.stderr for value in ("300", "something else", "never", "battery"))
    assert kinds(tmp_path / "store") == ["run"]
    assert all(releases(job).values())


def test_a_second_policy_withdraws_the_first_when_asked(tmp_path):
    """The older release goes first, whole, although only a day of it is run again; the rest has no release then."""
    job = job_of(tmp_path)
    older = ran(job, start=DAYS[0], end=END, as_of=EARLY)
    another_policy(job)
    arguments = ("--from", DAYS[0], "--to", DAYS[1], "--as-of", LATE, "--supersede-policy", "--json")
    newer = answered(here("run", job, *arguments))
    assert newer["withdrawn"] == [older.run_id]
    assert kinds(tmp_path / "store") == ["run", "expiry", "run"]
    assert read_log(tmp_path / "store" / "log")[1].document["superseded_by"] == newer["run_id"]
    assert here("current", tmp_path / "store").returncode == 3
    with pytest.raises(InputError, match="no current release"):
        read_release(tmp_path / "store")
    assert len(read_release(tmp_path / "store", DAYS[0], DAYS[1])) == 1
    assert verdict(job)["2.1"]["status"] == "PASS"


def test_a_backfill_under_a_second_policy_withdraws_as_it_goes(tmp_path):
    """`--each day` with the flag: the run over both days goes before the first day, and nothing more after it."""
    job = job_of(tmp_path)
    older = ran(job, start=DAYS[0], end=END, as_of=EARLY)
    another_policy(job)
    arguments = ("--from", DAYS[0], "--to", END, "--each", "day", "--as-of", LATE, "--supersede-policy", "--json")
    days = answered(here("run", job, *arguments))["days"]
    assert [day.get("withdrawn", []) for day in days] == [[older.run_id], []]
    assert len(read_release(tmp_path / "store")) == 2


def test_a_run_that_stops_withdraws_nothing(tmp_path):
    """An input that cannot be read: exit 3, and the older release stands as before."""
    job = job_of(tmp_path)
    ran(job, as_of=EARLY)
    another_policy(job)
    (tmp_path / "roster.csv").write_text("nothing,of,a,roster\n1,2,3,4\n")
    done = here("run", job, "--as-of", LATE, "--supersede-policy")
    assert done.returncode == 3
    assert kinds(tmp_path / "store") == ["run"]
    assert all(releases(job).values())


def test_what_has_expired_is_in_nobodys_way(tmp_path):
    """Neither an expired release nor one over another time; and a heartbeat released nothing."""
    job = job_of(tmp_path)
    ran(job, start=DAYS[0], end=DAYS[1], as_of=EARLY)
    ran(job, start="2026-02-01", end="2026-02-02", as_of=EARLY)
    assert answered(here("expire", job, "--before", DAYS[1], "--json"))["files"]
    another_policy(job)
    assert run(job, start=DAYS[0], end=DAYS[1], as_of=LATE).published
    assert run(job, start=DAYS[1], end=END, as_of=LATE).published
    assert run(job, start="2026-02-01", end="2026-02-02", as_of=LATE).published


def test_other_names_and_orders_are_no_other_policy(tmp_path):
    """The name, how long releases are kept, codes in another order, a default written out: the same policy."""
    job = job_of(tmp_path)
    ran(job, as_of=EARLY)
    another_policy(job, 'name = "tests"', 'name = "another name"')
    another_policy(job, '["duty", "overtime", "court", "training"]', '["training", "court", "overtime", "duty"]')
    another_policy(job, "decimals = 4", "decimals = 4\nkeep_days = 30")
    assert run(job, as_of=LATE).published


def test_a_question_that_is_answered_already_is_no_second_release(tmp_path):
    """An old question after a new policy is "already there"."""
    job = job_of(tmp_path)
    first = ran(job, as_of=EARLY)
    another_policy(job)
    assert run(job, as_of=LATE, supersede_policy=True).published
    another_policy(job, "buffer_m = 300.0", "buffer_m = 200.0")
    assert run(job, as_of=EARLY).run_id == first.run_id
    assert here("run", job, "--as-of", LATEST).returncode == 2


def test_what_an_upgrade_changed_is_said():
    """A key that an older version did not have is another policy, unless its default is what always held."""
    now = {"legs": {"rule": "anchored", "hold_s": 900, "pass_by_s": 0}, "accuracy": {"zero": "imprecise"}}
    assert changed_keys({"legs": {"rule": "anchored"}}, now) == ["legs.hold_s"]
    assert changed_keys({"legs": {"rule": "anchored", "hold_s": 900}}, now) == []
    assert changed_keys(now, {**now, "analyses": {"a": 1}, "agreement": {"b": 2}}) == []
    assert changed_keys(policy_of(None), policy_of({"release": {"keep_days": 3}})) == []


def test_the_log_is_whole_after_all_of_it(tmp_path):
    """Two entries of one run are two leaves of the tree; both are signed."""
    job = job_of(tmp_path)
    ran(job, as_of=EARLY)
    late_file(job)
    run(job, as_of=LATE)
    entries = read_log(tmp_path / "store" / "log")
    assert check_log(entries).size == 3
    assert all(entry.is_signed for entry in entries)


def test_a_store_that_another_run_completed_is_left_alone(tmp_path, monkeypatch):
    """A second process that finds the withdrawal due writes the same bytes; where it cannot, the run still stands."""
    job = job_of(tmp_path)
    ran(job, as_of=EARLY)
    late_file(job)

    def busy(*_: object) -> None:
        raise StorageError("another run published first")

    with monkeypatch.context() as patch:
        patch.setattr(withdraw, "append", busy)
        with pytest.raises(StorageError, match="the run was published"):
            run(job, as_of=LATE)
    assert run(job, as_of=LATE).already
    assert kinds(tmp_path / "store") == ["run", "run", "expiry"]


def test_what_was_known_is_not_forgotten(tmp_path):
    """An as_of before that of a run over overlapping time: exit 2, also in a backfill; a retry is answered first."""
    job = job_of(tmp_path)
    run(job, start=DAYS[0], end=END, as_of=LATE)
    done = here("run", job, "--from", DAYS[1], "--to", END, "--as-of", EARLY)
    assert (done.returncode, kinds(tmp_path / "store")) == (2, ["run"])
    assert "--as-of is before that of a run" in done.stderr
    each = ("--from", DAYS[0], "--to", END, "--each", "day")
    assert here("run", job, *each, "--as-of", EARLY).returncode == 2
    for _ in range(2):  # the same as_of for every day, and the same command again
        assert here("run", job, *each, "--as-of", LATE).returncode == 0
    assert run(job, start=DAYS[0], end=END, as_of=LATE).already
    assert run(job, start=END, end="2026-03-05", as_of=EARLY).published


def derived(job: Path) -> dict[str, Any]:
    return json.loads((job.parent / "store" / "current.json").read_text())


def test_a_file_for_engineers_says_what_is_current(tmp_path):
    """The same parts as the command; renewed by each run, also by one that is already there."""
    job = job_of(tmp_path)
    ran(job, start=DAYS[0], end=END, as_of=EARLY)
    second = run(job, start=DAYS[0], end=DAYS[1], as_of=LATE)
    told = answered(here("current", tmp_path / "store", "--json"))
    assert [(part["from"], part["run_id"], part["files"]) for part in derived(job)["parts"]] == [
        (part["from"], part["run_id"], part["files"]) for part in told["parts"]
    ]
    assert (derived(job)["entries"], derived(job)["missing"]) == (2, [])
    assert derived(job)["parts"][0]["path"] == f"runs/{second.run_id}/release"
    assert (tmp_path / "store" / "current.json").stat().st_mode & 0o777 == 0o600
    before = (tmp_path / "store" / "current.json").read_bytes()
    (tmp_path / "store" / "current.json").unlink()
    assert run(job, start=DAYS[0], end=DAYS[1], as_of=LATE).already
    assert (tmp_path / "store" / "current.json").read_bytes() == before
    assert verdict(job)["2.2"]["status"] == "PASS"


def test_a_stale_file_for_engineers_is_said_and_is_no_fail(tmp_path):
    """After an expiry it is as it was; without it nothing is missing; what follows from no log is a foreign file."""
    job = job_of(tmp_path)
    ran(job, as_of=EARLY)
    assert here("expire", job, "--before", END).returncode == 0
    assert verdict(job)["2.2"]["status"] == "PASS"
    assert "stale" in verdict(job)["2.2"]["why"]
    path = tmp_path / "store" / "current.json"
    text = path.read_text()
    for other in (text.replace("date=2026-03-02", "date=2026-03-05"), "51.5 -0.1", "[]", '{"entries":true}'):
        path.write_text(other)
        done = here("verify", tmp_path / "store", "--json")
        (check,) = [each for each in json.loads(done.stdout)["checks"] if each["status"] == "FAIL"]
        assert (done.returncode, check["number"]) == (7, "2.2"), other
        assert "current.json: it does not follow from the log" in check["findings"][0]
    path.unlink()
    assert verdict(job)["2.2"]["status"] == "PASS"
    path.write_text(text.replace('"entries":1', '"entries":9'))
    assert (verdict(job)["2.2"]["status"], "the log is shorter" in verdict(job)["2.2"]["why"]) == ("PASS", True)


def test_a_file_for_engineers_that_cannot_be_written_changes_nothing(tmp_path, monkeypatch):
    """The run is published, exit 0."""
    job = job_of(tmp_path)
    (tmp_path / "store").mkdir(mode=0o700)
    (tmp_path / "store" / "current.json").mkdir()
    assert here("run", job, "--as-of", EARLY).returncode == 0
    assert kinds(tmp_path / "store") == ["run"]
