"""The OpenLineage events of runs (docs/how-to/scheduling.md) have names and counts, and no value of any row."""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from offduty.config.contracts import contract
from offduty.core.errors import UsageError
from offduty.integrations.column_lineage import FILTERS, OUTPUTS, origins
from offduty.integrations.openlineage import open_lineage
from offduty.outputs import release
from offduty.outputs.ledger import SCHEMA as LEDGER
from offduty.outputs.quarantine import SCHEMA as QUARANTINE
from tests.cli.command import answered, here
from tests.cli.test_silence import NUMBERS, planted, sightings
from tests.world import AFTERWARDS, lay_out, ping, shift, world

DAY = ("--from", "2026-03-02", "--to", "2026-03-03", "--as-of", AFTERWARDS)


def events(path: Path) -> list[dict]:
    """The events in a file, in order."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def by_name(datasets: list[dict]) -> dict[str, dict]:
    """Inputs or outputs of an event."""
    return {dataset["name"]: dataset for dataset in datasets}


@pytest.fixture
def catalogue():
    """An endpoint on the loopback address that records what it receives, and answers with the status `answer`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.received.append((self.path, self.headers.get("Authorization"), json.loads(body)))
            self.send_response(server.answer)
            self.end_headers()

        def log_message(self, *words):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.received, server.answer = [], 200
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


def test_a_run_that_goes_well_sends_start_and_complete(tmp_path):
    """One run in the catalogue, under one id; only the second event has counts and checks."""
    job = lay_out(world([ping("09:00"), ping("05:00"), ping("nonsense")]), tmp_path)
    run_id = answered(here("run", job, *DAY, "--json", "--lineage", tmp_path / "events.ndjson"))["run_id"]
    start, complete = events(tmp_path / "events.ndjson")
    assert (start["eventType"], complete["eventType"]) == ("START", "COMPLETE")
    assert start["run"]["runId"] == complete["run"]["runId"]
    assert start["job"]["name"] == complete["job"]["name"] == "tests.run"
    assert complete["run"]["facets"]["nominalTime"]["nominalStartTime"] == "2026-03-02T00:00:00Z"
    assert {test["status"] for test in complete["run"]["facets"]["test"]["tests"]} == {"pass"}
    assert len(complete["run"]["facets"]["test"]["tests"]) == 3
    inputs, outputs = by_name(complete["inputs"]), by_name(complete["outputs"])
    assert {name: found["inputFacets"]["inputStatistics"]["rowCount"] for name, found in inputs.items()} == {
        "pings": 3,
        "assignments": 1,
        "roster": 1,
        "places": 1,
        "sites": 1,
    }
    assert {name: found["outputFacets"]["outputStatistics"]["rowCount"] for name, found in outputs.items()} == {
        "release": 1,
        "ledger": 2,
        "quarantine": 1,
    }
    read = {
        name: found["inputFacets"]["dataQualityAssertions"]["assertions"][0]["success"]
        for name, found in inputs.items()
    }
    assert read == {"pings": False, "assignments": True, "roster": True, "places": True, "sites": True}
    assert {found["facets"]["version"]["datasetVersion"] for found in outputs.values()} == {run_id}
    assert "test" not in start["run"]["facets"]
    assert all(found.get("inputFacets") in ({}, None) for found in start["inputs"])


def test_columns_have_their_origins_and_whether_they_are_masked(tmp_path):
    """Every column of the release has its origins; all but the duty code and the extra columns are masked."""
    given = world([{**ping("09:00"), "battery": "80"}], policy={"release": {"extra_columns": ["battery"]}})
    answered(here("run", lay_out(given, tmp_path), *DAY, "--json", "--lineage", tmp_path / "events.ndjson"))
    facets = by_name(events(tmp_path / "events.ndjson")[1]["outputs"])["release"]["facets"]
    assert [field["name"] for field in facets["schema"]["fields"]] == [*release.SCHEMA.names, "battery"]
    masked = {
        column: {how["masking"] for origin in found["inputFields"] for how in origin["transformations"]}
        for column, found in facets["columnLineage"]["fields"].items()
    }
    assert set(masked) == {*release.SCHEMA.names, "battery"}
    assert {column for column, how in masked.items() if how != {True}} == {"duty_code", "battery"}
    home = [origin for origin in facets["columnLineage"]["dataset"] if origin["name"] == "places"]
    assert {origin["transformations"][0]["subtype"] for origin in home} == {"FILTER"}


def test_the_columns_are_those_of_the_schemas():
    """Those of the outputs, and the contracts of the inputs."""
    written = {"release": release.SCHEMA, "ledger": LEDGER, "quarantine": QUARANTINE}
    assert {part: [name for name, _ in columns] for part, columns in OUTPUTS.items()} == {
        part: schema.names for part, schema in written.items()
    }
    used = [(table, column) for part in OUTPUTS for found in origins(part).values() for table, column, *_ in found]
    assert all(column in contract(table).names for table, column in [*used, *FILTERS])


def test_a_run_that_fails_sends_fail(tmp_path):
    """With the message that people read, which has no values."""
    job = lay_out(world(roster=[shift(), shift(shift_id=None, officer=None, code="leave")]), tmp_path)
    done = here("run", job, *DAY, "--lineage", tmp_path / "events.ndjson")
    assert done.returncode == 3
    start, fail = events(tmp_path / "events.ndjson")
    assert (start["eventType"], fail["eventType"]) == ("START", "FAIL")
    assert "roster.csv, row 1" in fail["run"]["facets"]["errorMessage"]["message"]
    assert "stackTrace" not in {k for k, v in fail["run"]["facets"]["errorMessage"].items() if v}


def test_each_day_is_a_run_of_its_own(tmp_path):
    """Two events and one id for each day."""
    job = lay_out(world(), tmp_path)
    days = ("--from", "2026-03-02", "--to", "2026-03-04", "--each", "day")
    assert here("run", job, *days, env={"OFFDUTY_LINEAGE": str(tmp_path / "events.ndjson")}).returncode == 0
    sent = events(tmp_path / "events.ndjson")
    assert [event["eventType"] for event in sent] == ["START", "COMPLETE"] * 2
    assert len({event["run"]["runId"] for event in sent}) == 2


def test_an_address_gets_events_over_http(tmp_path, catalogue):
    """At its lineage endpoint, in the namespace and with the key that the environment gives."""
    address = f"http://127.0.0.1:{catalogue.server_port}"
    env = {"OPENLINEAGE_NAMESPACE": "the-force", "OPENLINEAGE_API_KEY": "s3cret"}
    done = here("run", lay_out(world(), tmp_path), *DAY, "--lineage", address, env=env)
    assert done.returncode == 0, done.stderr
    assert [event["eventType"] for _, _, event in catalogue.received] == ["START", "COMPLETE"]
    assert {(path, key) for path, key, _ in catalogue.received} == {("/api/v1/lineage", "Bearer s3cret")}
    assert {event["job"]["namespace"] for _, _, event in catalogue.received} == {"the-force"}
    assert "s3cret" not in done.stderr


@pytest.mark.parametrize("how", ["refuses", "is not there"])
def test_a_catalogue_that_fails_does_not_fail_the_run(tmp_path, catalogue, how):
    """It is published, with exit code 0. A message says so, without the address, which may have a password."""
    catalogue.answer = 500
    port = catalogue.server_port if how == "refuses" else 9
    done = here("run", lay_out(world(), tmp_path), *DAY, "--json", "--lineage", f"http://me:s3cret@127.0.0.1:{port}")
    assert answered(done)["published"] is True
    assert done.stderr.count("was not sent") == 2
    assert "s3cret" not in done.stderr


def test_a_file_that_cannot_be_written_does_not_fail_the_run(tmp_path):
    """There is a folder of that name."""
    (tmp_path / "events").mkdir()
    done = here("run", lay_out(world(), tmp_path / "job"), *DAY, "--json", "--lineage", tmp_path / "events")
    assert answered(done)["published"] is True
    assert "was not sent" in done.stderr


@pytest.mark.parametrize("target", ["no/such/folder/events.ndjson", "kafka://broker", "http://"])
def test_an_invalid_target_is_a_usage_error(tmp_path, target):
    """Before anything is run."""
    done = here("run", lay_out(world(), tmp_path), *DAY, "--lineage", target)
    assert done.returncode == 2
    assert not (tmp_path / "store").exists()


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    """Exit 2, not a traceback."""
    monkeypatch.setitem(sys.modules, "openlineage.client.transport.file", None)
    with pytest.raises(UsageError, match=r"offduty\[lineage\]"):
        open_lineage("events.ndjson", print)


@pytest.mark.parametrize("stops", [False, True])
def test_no_value_of_any_row_is_sent(tmp_path, stops):
    """Canaries planted in hidden rows of every table; also when one of them stops the run."""
    given = planted()
    if stops:
        given["tables"]["roster"].append(shift("CANARY-CLERK", shift_id=None, officer=None, code="CANARY-SHIFT"))
    done = here("run", lay_out(given, tmp_path), "--as-of", AFTERWARDS, "--lineage", tmp_path / "events.ndjson")
    assert done.returncode == (3 if stops else 0)
    sent = (tmp_path / "events.ndjson").read_bytes()
    assert sightings({"sent": sent, "stderr": done.stderr.encode()}) == []
    assert not [number for number in NUMBERS if str(abs(number))[:6].encode() in sent]
    assert b'"max"' not in sent
    assert b'"min"' not in sent
    assert str(tmp_path).encode() not in sent
