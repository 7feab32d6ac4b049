"""Which files a stream takes for late: those that no run over the interval has read, by whatever name."""

from __future__ import annotations

from offduty import run
from offduty.config.job import Job
from offduty.ingest.sources import find_sources
from offduty.runs.follow import was_read
from tests.world import lay_out, manifest_of, ping, world, write_table


def test_a_file_whose_name_holds_a_device_is_known_by_its_hash(tmp_path):
    """In the log it is called otherwise. Another file of that size is not known, nor is one that changed."""
    job = lay_out(
        world([], assignments=[{"device_id": "car-1042", "officer_id": "o1", "valid_from": "2026-01-01"}]),
        tmp_path,
        files=0,
    )
    for name, clock in (("car-1042.csv", "09:00"), ("plain.csv", "09:30")):
        write_table(tmp_path / "pings" / name, "pings", [ping(clock, device="car-1042")])
    document = manifest_of(run(job).path)
    known = {(each["name"], each["bytes"]) for each in document["inputs"] if each["table"] == "pings"}
    assert {name for name, _ in known} & {"pings/car-1042.csv"} == set()
    sources = find_sources(Job.load(job).inputs)[:2]
    assert [was_read(source, known) for source in sources] == [True, True]
    write_table(tmp_path / "pings" / "car-1042.csv", "pings", [ping("09:59", device="car-1042")])
    assert [was_read(source, known) for source in sources] == [False, True]
