"""Inputs in object stores: read as files are, exactly what was hashed, and a change of any of them stops the run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from offduty.config.job_paths import JobPath
from offduty.core.errors import InputError
from offduty.core.locations import read_address
from offduty.ingest import object_inputs
from offduty.ingest.input_files import files_of, passed_over
from offduty.objectstore import FoundObject
from tests.cli.command import answered, here
from tests.objectstore.clouds import BUCKET, SECRET, S3Server, error
from tests.world import AFTERWARDS, lay_out, manifest_of, ping, shift, world

AS_OF = ("--as-of", AFTERWARDS)
TABLES = ("assignments", "roster", "places", "sites")


def in_bucket(s3: S3Server, folder: Path, pings: str = f"s3://{BUCKET}/in/pings", given=None) -> Path:
    """A job whose inputs all lie in the bucket, and nowhere else."""
    job = lay_out(given or world(), folder, files=2)
    s3.put_folder(folder / "pings", "in/pings")
    text = job.read_text().replace('"pings"', json.dumps(pings))
    for path in sorted((folder / "pings").iterdir()):
        path.unlink()
    for table in TABLES:
        s3.put(f"in/{table}.csv", folder / f"{table}.csv")
        (folder / f"{table}.csv").unlink()
        text = text.replace(f'"{table}.csv"', f'"s3://{BUCKET}/in/{table}.csv"')
    job.write_text(text)
    return job


def outputs(folder: Path) -> dict[str, bytes]:
    """Release, ledger and quarantine of the one run in a job's store."""
    (run,) = (folder / "store" / "runs").iterdir()
    return {p.relative_to(run).as_posix(): p.read_bytes() for p in run.rglob("*") if p.is_file()}


def left_behind(tmp_path: Path) -> list[Path]:
    """Files with something in them in the private folder."""
    return [p for p in (tmp_path / "tmp").rglob("*") if p.is_file() and p.stat().st_size]


@pytest.mark.parametrize(
    "pings",
    ["in/pings/", "in/**/part-?.csv"],
)
def test_objects_say_what_files_say(s3, tmp_path, pings):
    """A folder, or a pattern: the same outputs byte for byte; the manifest has relative names, hashes, and no bucket."""
    job = in_bucket(s3, tmp_path / "far", f"s3://{BUCKET}/{pings}")
    near = lay_out(world(), tmp_path / "near", files=2)
    told = answered(here("run", job, *AS_OF, "--json"))
    assert answered(here("run", near, *AS_OF, "--json"))["counts"] == told["counts"]
    assert outputs(tmp_path / "far") == outputs(tmp_path / "near")
    inputs, beside = (
        manifest_of(next((tmp_path / at / "store" / "runs").iterdir()))["inputs"] for at in ("far", "near")
    )
    assert [Path(each["name"]).name for each in inputs] == [Path(each["name"]).name for each in beside]
    assert [each["sha256"] for each in inputs] == [each["sha256"] for each in beside]
    assert BUCKET not in json.dumps(inputs)
    assert left_behind(tmp_path) == []


def test_some_here_some_there(s3, tmp_path):
    """One object, other tables in files beside the job."""
    job = lay_out(world(), tmp_path / "world")
    s3.put("in/roster.csv", tmp_path / "world" / "roster.csv")
    (tmp_path / "world" / "roster.csv").unlink()
    job.write_text(job.read_text().replace('"roster.csv"', f'"s3://{BUCKET}/in/roster.csv"'))
    assert answered(here("run", job, *AS_OF, "--json"))["counts"]["on_duty"] == 3


def when(s3: S3Server, method: str, part: str, act, nth: int = 1) -> list[str]:
    """Do something before the nth request of a kind whose address holds a text; what was seen of the kind."""
    come: list[str] = []

    def watch(request):
        address = request["PATH_INFO"] + "?" + request["QUERY_STRING"]
        if request["REQUEST_METHOD"] == method and part in address:
            come.append(address)
            if len(come) == nth:
                return act()
        return None

    s3.front.before = watch
    return come


LISTING = "prefix=in%2Fpings"
STEPS = {"between listing and reading": ("/part-1.csv", 1), "between reading and publishing": (LISTING, 2)}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("act", ["put", "delete"])
def test_an_object_that_changes_stops_the_run(s3, tmp_path, act, step):
    """Exit 3, with the object's relative name; nothing is published, nothing is left."""
    job = in_bucket(s3, tmp_path / "world")
    other = b"device_id,observed_at,lon,lat,accuracy_m\n"
    changing = {"put": lambda: s3.put("in/pings/part-1.csv", other), "delete": lambda: s3.delete("in/pings/part-1.csv")}
    come = when(s3, "GET", *STEPS[step][:1], changing[act], STEPS[step][1])
    done = here("run", job, *AS_OF)
    assert len(come) >= STEPS[step][1]
    assert done.returncode == 3, done.stderr
    assert "part-1.csv: the object" in done.stderr
    assert "in/pings" not in done.stderr
    assert list((tmp_path / "world" / "store" / "log").iterdir()) == []
    assert left_behind(tmp_path) == []


def test_a_server_that_ignores_the_condition_is_noticed(s3, tmp_path):
    """What comes has another tag than what was listed."""
    job = in_bucket(s3, tmp_path / "world")

    def ignoring(request):
        if request.pop("HTTP_IF_MATCH", None) and "part-1.csv" in request["PATH_INFO"]:
            s3.put("in/pings/part-1.csv", s3.get("in/pings/part-1.csv").replace(b"12:00", b"13:00"))

    s3.front.before = ignoring
    done = here("run", job, *AS_OF)
    assert done.returncode == 3
    assert "part-1.csv: the object changed" in done.stderr


@pytest.mark.parametrize(
    ("trouble", "code", "words"),
    [
        ("nothing there", 3, "no file is found for inputs.pings"),
        ("no bucket", 3, "inputs.pings cannot be read: it is not there"),
        ("refused", 3, "inputs.pings cannot be read: access was refused"),
        ("no credentials", 3, "inputs.pings cannot be read: access was refused, or no credentials were found"),
        ("no server", 6, "inputs.pings cannot be read: the object store did not answer"),
        ("a server that goes", 6, "inputs.pings cannot be read: the object store did not answer"),
        ("no library", 2, "pip install 'offduty[s3]'"),
        ("a password", 2, "without a user name or a password"),
        ("a query", 2, "contains a query"),
        ("hidden by a dot", 3, "starts with a dot"),
        ("the wrong ending", 3, "must end in one of"),
        ("a name too long", 6, "inputs.pings cannot be copied to this machine: file name too long"),
        ("a name that is a folder", 3, "an object has the name of another object's folder"),
    ],
)
def test_what_may_go_wrong(s3, tmp_path, monkeypatch, trouble, code, words):
    """Exit 3 where somebody must mend it, 6 where it may pass, 2 where the job is wrong; never a secret or a server's
    word.
    """
    address = {
        "nothing there": "in/none",
        "a password": "pw-in-job",
        "a query": f"in/pings?X-Amz-Signature={SECRET}",
        "hidden by a dot": "in/dotted/.*.csv",
        "the wrong ending": "in/dotted/x.exe",
        "a name too long": "in/long",
        "a name that is a folder": "in/twice",
    }.get(trouble, "in/pings")
    bucket = {"no bucket": "no-such-bucket", "a password": f"me:{SECRET}@{BUCKET}"}.get(trouble, BUCKET)
    job = in_bucket(s3, tmp_path / "world", f"s3://{bucket}/{address}")
    s3.put("in/dotted/.a.csv", b"x")
    for key in ("dotted/x.exe", f"long/{'a' * 300}.csv", "twice/a.csv", "twice/a.csv/b.csv"):
        s3.put(f"in/{key}", b"x")
    if trouble == "refused":
        s3.front.before = lambda request: error("403 Forbidden", "AccessDenied")
    if trouble == "no credentials":
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    if trouble == "no server":
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    if trouble == "a server that goes":
        when(s3, "GET", "/part-1.csv", lambda: error("500 Gone", "InternalError"))
    if trouble == "no library":
        monkeypatch.setitem(sys.modules, "obstore.store", None)
    done = here("plan" if trouble == "refused" else "run", job)
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert not [word for word in (SECRET, "key-of", "127.0.0.1", "Traceback", f"{BUCKET}/") if word in done.stderr]
    assert left_behind(tmp_path) == []


def test_a_backfill_fetches_each_object_once(s3, tmp_path):
    """Four days, each a run of its own: every object is fetched by one GET; given again, all are already there."""
    job = in_bucket(s3, tmp_path / "world")
    days = ("--from", "2026-03-01", "--to", "2026-03-05", "--each", "day")
    s3.front.seen.clear()
    assert len(answered(here("run", job, *days, "--json"))["days"]) == 4
    fetched = [path for method, path in s3.front.seen if method == "GET" and path.endswith(".csv")]
    assert sorted(fetched) == sorted(
        {f"/{BUCKET}/in/{t}.csv" for t in TABLES} | {f"/{BUCKET}/in/pings/part-{n}.csv" for n in (0, 1)}
    )
    again = answered(here("run", job, *days, "--json"))["days"]
    assert all("already" in day for day in again)


def test_an_object_that_changes_between_two_days_is_fetched_again(s3, tmp_path):
    """The days before it stand on the old one, those after it on the new one."""
    job = in_bucket(s3, tmp_path / "world")
    late = s3.get("in/pings/part-1.csv").decode().rstrip().splitlines()[0] + "\nd1,2026-03-02T09:00:00Z,0.0,51.0,10\n"
    when(s3, "GET", LISTING, lambda: s3.put("in/pings/part-1.csv", late.encode()), nth=3)
    days = answered(here("run", job, "--from", "2026-03-01", "--to", "2026-03-03", "--each", "day", "--json"))["days"]
    hashes = []
    for day in days:
        inputs = manifest_of(tmp_path / "world" / "store" / "runs" / day["run_id"])["inputs"]
        hashes.append({each["name"]: each["sha256"] for each in inputs if each["table"] == "pings"})
    assert hashes[0]["part-0.csv"] == hashes[1]["part-0.csv"]
    assert hashes[0]["part-1.csv"] != hashes[1]["part-1.csv"]


def test_plan_names_what_changed(s3, tmp_path):
    """By the object's relative name; the same bytes put again are no change, though the object is a new one."""
    job = in_bucket(s3, tmp_path / "world")
    day = ("--from", "2026-03-02", "--to", "2026-03-03")
    assert here("run", job, *day).returncode == 0
    s3.put("in/roster.csv", s3.get("in/roster.csv"))
    assert "1 current" in here("plan", job, *day).stdout
    s3.put("in/pings/part-2.csv", s3.get("in/pings/part-1.csv"))
    (found,) = answered(here("plan", job, *day, "--json"))["intervals"]
    assert found["because"] == [{"what": "pings", "how": "new", "name": "part-2.csv"}]


def test_verify_and_report_have_the_inputs_at_hand(s3, tmp_path):
    """Every row is decided again from the objects, and one that has changed since is not taken for what was read."""
    job = in_bucket(
        s3, tmp_path / "world", given=world([ping("08:30"), ping("12:00", "street"), ping("15:30")], roster=[shift()])
    )
    assert here("run", job, *AS_OF).returncode == 0
    store = tmp_path / "world" / "store"
    checks = {c["number"]: c for c in json.loads(here("verify", store, "--inputs", job, "--json").stdout)["checks"]}
    assert (checks["5.1"]["status"], checks["5.1"]["count"], checks["5.2"]["status"]) == ("PASS", 3, "PASS")
    beside = {c["number"]: c for c in json.loads(here("verify", store, "--reference", job, "--json").stdout)["checks"]}
    assert (beside["5.4"]["status"], beside["5.4"]["count"]) == ("PASS", 3)
    made = here("report", store, "--inputs", job, "-o", tmp_path / "report.html")
    assert made.returncode == 0, made.stderr
    own = here("report", store, "--inputs", job, "--officer", "o1", "-o", tmp_path / "own.html")
    assert "3 released positions" in own.stderr
    s3.put("in/roster.csv", s3.get("in/roster.csv").replace(b",duty,", b",leave,"))
    after = {c["number"]: c for c in json.loads(here("verify", store, "--inputs", job, "--json").stdout)["checks"]}
    assert (after["4.1"]["status"], after["5.1"]["status"]) == ("FAIL", "NOT DONE")
    assert left_behind(tmp_path) == []


def test_copies_are_private_and_those_of_a_killed_run_are_wiped_by_the_next(s3, tmp_path):
    """Files 0600 in folders 0700, while it runs; after kill -9 they lie there until any command fetches something."""
    job = in_bucket(s3, tmp_path / "world")
    process: list[subprocess.Popen] = []
    seen: list[tuple[str, int]] = []

    def look():
        home = tmp_path / "tmp" / f"offduty-{os.getuid()}"
        seen.extend((p.name, p.stat().st_mode & 0o777) for p in [home, *home.rglob("*")])
        process[0].kill()

    when(s3, "GET", LISTING, look, nth=2)
    command = [sys.executable, "-m", "offduty", "run", str(job), *AS_OF]
    process.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    assert process[0].wait(timeout=60) == -9
    assert {mode for _, mode in seen} == {0o700, 0o600}
    assert "part-1.csv" in {name for name, _ in seen}
    assert any(path.name == "part-1.csv" for path in left_behind(tmp_path))
    assert here("plan", job).returncode == 0
    assert left_behind(tmp_path) == []


NAMES = [
    "a.csv",
    "b.csv",
    "_c.csv",
    ".d.csv",
    "x/a.csv",
    "x/y/b.csv",
    "_x/a.csv",
    "x/_SUCCESS",
    "x[1].csv",
    "x1.csv",
    "x/a.parquet",
]


def test_a_pattern_that_meets_a_folder_stops_the_run():
    """What is in the folder would be passed over in silence."""
    address = read_address(f"s3://{BUCKET}/in/*", "inputs.pings")
    listed = [FoundObject("in/a.csv", 0, ""), FoundObject("in/deep/b.csv", 0, "")]
    with pytest.raises(InputError, match="deep: the pattern meets a folder"):
        object_inputs._select(f"s3://{BUCKET}/in/*", address, listed)


@pytest.mark.parametrize(
    "pattern",
    [
        "in",
        "in/*.csv",
        "in/**/*.csv",
        "in/**",
        "in/x/**/a.*",
        "in/?.csv",
        "in/[ab].csv",
        "in/x[1].csv",
        "in/x[[]1].csv",
        "in/*/*",
        "in/x",
        "in/_x/*",
        "in/_c.csv",
        "i*/a.csv",
        "in/x/a.csv",
        "in/**/y/*",
        "in/none",
        "in/.d*",
    ],
)
def test_patterns_mean_what_they_mean_for_files(tmp_path, pattern):
    """The same names in a bucket and in a folder: the same are found, under the same names."""
    for name in (*(f"in/{name}" for name in NAMES), "in2/a.csv", "in.csv"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    elsewhere = tmp_path / "job"
    try:
        there = {name for name, _ in files_of(JobPath(str(tmp_path / pattern), elsewhere), "pings")}
    except InputError:
        there = set()
    address = read_address(f"s3://{BUCKET}/{pattern}", "inputs.pings")
    found = [FoundObject(f"in/{name}", 0, "") for name in NAMES] + [
        FoundObject("in2/a.csv", 0, ""),
        FoundObject("in.csv", 0, ""),
    ]
    prefix = object_inputs._fixed_prefix(address.key) if any(letter in address.key for letter in "*?[") else address.key
    listed = [each for each in found if each.key.startswith(prefix)]
    try:
        selected = object_inputs._select(f"s3://{BUCKET}/{pattern}", address, listed)
    except InputError:
        selected = {}
    assert set(selected) == there
    counted = object_inputs._passed_over(f"s3://{BUCKET}/{pattern}", address, listed, selected)
    assert not there or counted == passed_over(JobPath(str(tmp_path / pattern), elsewhere))
