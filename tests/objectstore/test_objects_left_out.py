"""Of the pings in an object store only what a run reads is fetched; of Parquet the footer is looked at before."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from offduty import run
from offduty.core.errors import InputError
from offduty.ingest import object_files
from tests.cli.command import answered, here
from tests.cli.test_night_files import BY_NAME, DAYS, NIGHT, folder_of, read_by
from tests.objectstore.clouds import BUCKET, S3Server
from tests.world import manifest_of

READ, OTHERS = DAYS[1:4], [DAYS[0], *DAYS[4:]]


def in_bucket(s3: S3Server, folder: Path, form: str = "parquet", **inputs) -> Path:
    """The job of many nights, whose pings lie in the bucket and nowhere else."""
    job = folder_of(folder, form, **inputs)
    s3.put_folder(folder / "pings", "in/pings")
    for path in (folder / "pings").iterdir():
        path.unlink()
    job.write_text(job.read_text().replace('"pings"', json.dumps(f"s3://{BUCKET}/in/pings")))
    return job


def fetched(s3: S3Server) -> tuple[set[str], set[str]]:
    """The days of which something is fetched from now on: of which a range, and of which the whole object."""
    parts: set[str] = set()
    whole: set[str] = set()

    def watch(request):
        if request["REQUEST_METHOD"] == "GET" and "/in/pings/" in request["PATH_INFO"]:
            (parts if request.get("HTTP_RANGE") else whole).add(Path(request["PATH_INFO"]).stem)

    s3.front.before = watch
    return parts, whole


@pytest.mark.parametrize("end_bytes", [16, 1 << 16])
def test_of_parquet_the_footers_are_fetched_and_of_what_counts_the_rest(s3, tmp_path, monkeypatch, end_bytes):
    """Also a footer that is longer than what is fetched at first: the same run as with files."""
    monkeypatch.setattr(object_files, "END_BYTES", end_bytes)
    far, near = in_bucket(s3, tmp_path / "far"), folder_of(tmp_path / "near")
    parts, whole = fetched(s3)
    there = run(far, **NIGHT)
    assert (parts, whole) == (set(DAYS), set(READ))
    document, beside = manifest_of(there.path), manifest_of(run(near, **NIGHT).path)
    assert [each["sha256"] for each in document["inputs"]] == [each["sha256"] for each in beside["inputs"]]
    assert [document[key] for key in ("files_left_out", "counts")] == [3, beside["counts"]]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_by_the_date_in_the_name_nothing_else_is_fetched(s3, tmp_path, form):
    """What is left out is listed, and that is all."""
    job = in_bucket(s3, tmp_path, form, **BY_NAME)
    parts, whole = fetched(s3)
    assert read_by(manifest_of(run(job, **NIGHT).path)) == READ
    assert (parts, whole) == (set(), set(READ))


def test_text_without_a_date_is_fetched_by_every_run(s3, tmp_path):
    """It does not say its time, so it may hold what hides a position."""
    job = in_bucket(s3, tmp_path, "csv")
    parts, whole = fetched(s3)
    assert read_by(manifest_of(run(job, **NIGHT).path)) == DAYS
    assert (parts, whole) == (set(), set(DAYS))


def test_day_by_day_each_object_is_fetched_once(s3, tmp_path):
    """Also where the day before only looked at it."""
    job = in_bucket(s3, tmp_path)
    s3.front.seen.clear()
    days = answered(here("run", job, "--from", DAYS[1], "--to", DAYS[4], "--each", "day", "--json"))["days"]
    gets = [path for method, path in s3.front.seen if method == "GET" and path.endswith(".parquet")]
    assert len(days) == 3
    assert {day: sum(day in path for path in gets) for day in DAYS} == {day: 1 if day == DAYS[5] else 2 for day in DAYS}


@pytest.mark.parametrize("which", [READ[0], OTHERS[0]])
def test_only_a_change_of_what_was_read_stops_the_run(s3, tmp_path, which):
    """A left-out object that is written anew meanwhile is for the next run."""
    job = in_bucket(s3, tmp_path)

    def put_anew(request):
        if request["REQUEST_METHOD"] == "GET" and f"/{READ[2]}.parquet" in request["PATH_INFO"]:
            s3.put(f"in/pings/{which}.parquet", b"other bytes")

    s3.front.before = put_anew
    if which in READ:
        with pytest.raises(InputError, match="the object changed while it was read"):
            run(job, **NIGHT)
    else:
        assert read_by(manifest_of(run(job, **NIGHT).path)) == READ


def test_an_object_that_only_looks_like_parquet_is_read_and_stops_the_run(s3, tmp_path):
    """A footer that cannot be read leaves a doubt."""
    job = in_bucket(s3, tmp_path)
    s3.put(f"in/pings/{OTHERS[0]}.parquet", b"PAR1 no footer " + (9).to_bytes(4, "little") + b"PAR1")
    with pytest.raises(InputError, match=OTHERS[0]):
        run(job, **NIGHT)


def test_a_fault_of_an_object_names_no_id(s3, tmp_path):
    """An object whose name holds a device is called by its number."""
    job = in_bucket(s3, tmp_path)
    s3.put("in/pings/dev-d1-x.parquet", s3.get(f"in/pings/{READ[0]}.parquet"))

    def put_anew(request):
        if request["REQUEST_METHOD"] == "GET" and "dev-d1-x" in request["PATH_INFO"] and not request.get("HTTP_RANGE"):
            s3.put("in/pings/dev-d1-x.parquet", b"other bytes")

    s3.front.before = put_anew
    with pytest.raises(InputError, match="its name holds an id") as raised:
        run(job, **NIGHT)
    assert "d1" not in str(raised.value)
