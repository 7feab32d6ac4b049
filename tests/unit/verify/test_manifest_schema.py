"""The form of a manifest: what the models accept and refuse, what a finding says, and the published JSON Schema."""

from __future__ import annotations

import copy
import json
import time
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from offduty import run
from offduty.config.policy import (
    FARTHEST_KM,
    FARTHEST_M,
    GREATEST_FACTOR,
    LARGEST_KM2,
    LONGEST_S,
    MOST_DAYS,
    Policy,
)
from offduty.verify.auditor import Auditor, verify
from offduty.verify.checks.log import question, run_id
from offduty.verify.entries import AuditedEntry
from offduty.verify.manifest_policy import AccuracyRules, LegRules, PlaceRules, ReleaseRules
from offduty.verify.manifest_schema import faults_of, published_schema
from offduty.verify.verdict import Status
from tests.world import AFTERWARDS, lay_out, ping, world


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The manifest of a run."""
    folder = tmp_path_factory.mktemp("log")
    run(lay_out(world(), folder), as_of=AFTERWARDS)
    return json.loads((folder / "store" / "log" / "000000000000.entry").read_bytes().partition(b"\n\n")[0])


def changed(manifest: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy of a manifest with another value at a path such as ``policy.legs.rule``."""
    document = copy.deepcopy(manifest)
    *parents, key = path.split(".")
    part = document
    for parent in parents:
        part = part[parent] if not isinstance(part, list) else part[0][parent]
    (part[0] if isinstance(part, list) else part)[key] = value
    return document


def test_a_manifest_of_a_run_is_valid_for_the_models_and_for_the_published_schema(manifest):
    assert list(faults_of(manifest)) == []
    jsonschema.validate(manifest, published_schema())


@pytest.mark.parametrize("count", ["fewer than 10", "10", "9999", "10000", "25512", "660000000"])
def test_a_count_of_odd_rows_may_be_large(manifest, count):
    """A day with ten thousand positions of devices that nobody holds is no damaged log."""
    document = changed(manifest, "reported_counts", {"pings": {"unassigned": count}, "sites": {}})
    assert list(faults_of(document)) == []
    jsonschema.validate(document, published_schema())


@pytest.mark.parametrize("count", ["", "0", "9", "09", "1,234", "12.5", "fewer than 11", "o1", "1" * 19, " 12"])
def test_a_count_of_odd_rows_is_a_count(manifest, count):
    """Of ten or more, or the words for fewer; nothing else can stand there."""
    document = changed(manifest, "reported_counts", {"pings": {"unassigned": count}})
    (fault,) = faults_of(document)
    assert fault.endswith("reported_counts.pings.unassigned is not what it must be")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, published_schema())


def test_ten_thousand_positions_of_unknown_devices_verify(tmp_path):
    """From the run on: check 1.1 passes, and so does each that asks for the run."""
    many = [ping("09:00", device="unknown") for _ in range(10_000)]
    run(lay_out(world([ping("12:00"), *many]), tmp_path), as_of=AFTERWARDS)
    failed = [check.number for check in verify(tmp_path / "store", Auditor()).checks if check.status is Status.FAIL]
    assert failed == []


@pytest.mark.parametrize(
    ("path", "value", "finding"),
    [
        ("policy.legs.rule", "PC 1234", "policy.legs.rule is not what it must be"),
        ("policy.accuracy.when_missing", "51.5, -0.1", "policy.accuracy.when_missing is not what it must be"),
        ("inputs.rows", "51.5", "inputs.rows is not what it must be"),
        ("keys.\x1b[2J", "51.5", "keys has a key that the format does not have"),
        ("PC 1234", "51.5", "it has a key that the format does not have"),
        ("interval.from", "2026-03-02", "interval.from is not what it must be"),
        ("interval", {"from": ""}, "interval.to is missing"),
        ("policy", [], "policy is not what it must be"),
    ],
)
def test_a_finding_names_the_key_and_never_a_value(manifest, path, value, finding):
    """Whoever wrote the manifest may have chosen both unknown keys and values: neither is printed."""
    document = changed(manifest, path, value)
    assert list(faults_of(document)) == [f"is not a valid manifest of its kind: {finding}"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, published_schema())


@pytest.mark.parametrize(
    ("path", "value", "finding"),
    [
        ("inputs.file", 7, "inputs are not numbered one by one"),
        ("interval", {"from": "2026-03-02T00:00:00Z", "to": "2026-03-02T00:00:00Z"}, "ends before it begins"),
        ("inputs.table", "sites", "a table has no input at all"),
    ],
)
def test_parts_must_not_contradict_each_other(manifest, path, value, finding):
    (fault,) = faults_of(changed(manifest, path, value))
    assert finding in fault


KEPT = {"file": 1, "sha256": "ab" * 32, "bytes": 1}


@pytest.mark.parametrize("name", ["00001", f"00001-{'ab' * 8}"])
def test_a_table_that_was_kept_is_named_by_its_number_and_its_hash(manifest, name):
    """By the number alone in older versions."""
    kept = {"recipient": "", "files": [{**KEPT, "name": f"references/{name}.age"}]}
    assert list(faults_of(changed(manifest, "sealed", kept))) == []


@pytest.mark.parametrize("name", ["00002", f"00002-{'ab' * 8}", "00001-3512340987654321"])
def test_a_table_that_was_kept_has_no_name_of_its_own(manifest, name):
    """Sixteen digits could be those of a device."""
    kept = {"recipient": "", "files": [{**KEPT, "name": f"references/{name}.age"}]}
    (fault,) = faults_of(changed(manifest, "sealed", kept))
    assert "has a name of its own" in fault


def test_a_million_faults_give_few_findings_and_take_no_memory(manifest):
    """A manifest of millions of keys or items was written to break its reader."""
    document = copy.deepcopy(manifest)
    document["inputs"] = [{} for _ in range(300_000)]
    document["columns_ignored"]["pings"] = [1] * 300_000
    document["keys"] = {f"key {number}": "" for number in range(300_000)}
    began = time.monotonic()
    assert len(list(faults_of(document))) < 20
    assert time.monotonic() - began < 5


def test_a_run_of_a_version_without_a_hold_is_valid():
    """Its manifest has no `legs.hold_s`, which means 0; a hold of another type is not valid."""
    legs = Policy.from_dict(
        {"policy": {"name": "n", "purpose": "p", "timezone": "UTC"}, "duty": {"on_codes": ["duty"]}}
    ).as_document()["legs"]
    LegRules.model_validate(legs)
    LegRules.model_validate({"rule": "anchored"})
    for wrong in ({**legs, "hold_s": hold_s} for hold_s in (-1, "900", 900.0, True, 10**13)):
        with pytest.raises(ValidationError):
            LegRules.model_validate(wrong)
    for wrong in ({"hold_s": 0}, ["anchored"]):
        with pytest.raises(ValidationError):
            LegRules.model_validate(wrong)


DECLARED: dict[str, Any] = {
    "time_zone": "Europe/London",
    "format": "csv",
    "compression": "gzip",
    "encoding": "utf-16",
    "delimiter": ";",
    "decimal": ",",
    "skip_rows": 2,
    "columns": {"officer_id": "Staff No", "radius_m": "r"},
    "constants": {"valid_to": ""},
    "values": {"kind": {"H": "home", "": "clinic"}},
    "times": {"valid_from": "%d/%m/%Y"},
    "units": {"lon": "1e-7", "radius_m": "ft"},
    "ignore": ["end"],
    "distinct": ["officer_id"],
}


def declared(**changes: Any) -> dict[str, Any]:
    """All that may be declared about places, with some of it changed."""
    return {"places": {**DECLARED, **changes}}


def test_every_key_of_a_declaration_is_valid(manifest):
    """Alone, and together with the others."""
    for key, value in DECLARED.items():
        document = changed(manifest, "declarations", {"places": {key: value}})
        assert list(faults_of(document)) == []
        jsonschema.validate(document, published_schema())
    document = changed(manifest, "declarations", declared())
    assert list(faults_of(document)) == []
    jsonschema.validate(document, published_schema())


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("format", "xlsx"),
        ("compression", "bzip2"),
        ("encoding", 8),
        ("encoding", "utf-16; rm"),
        ("delimiter", ";;"),
        ("delimiter", ""),
        ("decimal", ";"),
        ("skip_rows", -1),
        ("skip_rows", "2"),
        ("skip_rows", True),
        ("skip_rows", 10**6),
        ("columns", ["lon"]),
        ("columns", {"lon": 7}),
        ("columns", {"PC 1234": "x"}),
        ("columns", {"lon": "x" * 1_001}),
        ("constants", {"valid_to": None}),
        ("constants", {"officer_id": "PC 1234"}),
        ("constants", {"lon": "51.5"}),
        ("values", {"kind": ["H"]}),
        ("values", {"kind": {"H": 1}}),
        ("values", {"kind": {"H": ["home"]}}),
        ("values", {"officer_id": {"1": "PC 1234"}}),
        ("times", {"valid_from": 1}),
        ("units", {"radius_m": "yd"}),
        ("units", {"radius_m": 3}),
        ("units", {"lon": "nan"}),
    ],
    ids=str,
)
def test_a_declaration_of_another_type_is_none(manifest, key, value):
    """The finding names the key; a device, a person or a position is in no declaration."""
    document = changed(manifest, "declarations", declared(**{key: value}))
    (fault,) = faults_of(document)
    assert fault.startswith(f"is not a valid manifest of its kind: declarations.places.{key}")
    assert fault.endswith(" is not what it must be")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, published_schema())


@pytest.mark.parametrize("documents", [declared(separator=";"), {"officers": {}}], ids=str)
def test_a_declaration_has_no_other_keys(manifest, documents):
    """Nor is there a declaration of another table."""
    document = changed(manifest, "declarations", documents)
    (fault,) = faults_of(document)
    assert fault.endswith("has a key that the format does not have")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, published_schema())


def test_a_declaration_of_a_million_words_gives_few_findings(manifest):
    """It was written to break its reader."""
    columns = {f"column {number}": number for number in range(300_000)}
    words = {f"word {number}": number for number in range(300_000)}
    document = changed(manifest, "declarations", declared(columns=columns, values={"kind": words}))
    assert list(faults_of(document)) == [
        "is not a valid manifest of its kind: declarations.places.columns is not what it must be",
        "is not a valid manifest of its kind: declarations.places.values.kind is not what it must be",
    ]


@pytest.mark.parametrize(("key", "value"), [*DECLARED.items()], ids=str)
def test_what_is_declared_is_part_of_the_run_id(manifest, key, value):
    """A manifest whose declaration was changed afterwards has another id than its own."""
    documents = (manifest, changed(manifest, "declarations", {"places": {key: value}}))
    asked, otherwise = (AuditedEntry(0, "000000000000.entry", b"", b"", document) for document in documents)
    assert (question(asked), run_id(asked)) == (manifest["question"], manifest["run_id"])
    assert question(otherwise) != manifest["question"]
    assert run_id(otherwise) != manifest["run_id"]


def test_every_policy_that_can_be_agreed_on_can_be_verified():
    """The greatest number that a policy may have is one of a manifest, too: a site as large as the Earth was none."""
    policy = Policy.from_dict(
        {
            "policy": {"name": "p", "purpose": "p", "timezone": "UTC"},
            "duty": {"on_codes": ["duty"], "late_edit_tolerance_s": LONGEST_S},
            "accuracy": {"max_m": FARTHEST_M, "factor": GREATEST_FACTOR},
            "places": {"buffer_m": FARTHEST_M, "max_km": FARTHEST_KM},
            "legs": {"max_gap_s": LONGEST_S, "pass_by_s": LONGEST_S, "hold_s": LONGEST_S, "max_site_km2": LARGEST_KM2},
            "release": {"time_step_s": LONGEST_S, "decimals": 9, "keep_days": MOST_DAYS},
        }
    )
    document = policy.as_document()
    parts = {"legs": LegRules, "places": PlaceRules, "release": ReleaseRules, "accuracy": AccuracyRules}
    for section, rules in parts.items():
        assert rules.model_validate(document[section])
