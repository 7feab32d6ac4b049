"""The contracts are valid ODCS, agree with the specification, and all that is derived from them is up to date."""

import json
import math
import re
import tomllib

import duckdb
import jsonschema
import pytest
import yaml

from offduty.admin.init import job_text, policy_text
from offduty.config.contracts import TABLES, contract, schemas_folder
from offduty.config.job_document import JobDocument
from offduty.config.policy import Policy
from offduty.core.reasons import QuarantineReason, Reason
from tools.write_schemas import derived_files

# The table specification#input-columns; ? marks a column that may be missing or NULL. Marked ~ where the text lets a
# row lack it (cancelled roster rows) though the file must have it, or where the table offers one of two.
COLUMNS = {
    "pings": "device_id observed_at lon lat accuracy_m? received_at? valid?",
    "assignments": "device_id officer_id valid_from valid_to? recorded_at?",
    "roster": "shift_id officer_id starts_at~ ends_at~ timezone? duty_code~ status recorded_at recorded_by?",
    "places": "place_id? officer_id? kind geometry? lon? lat? radius_m? valid_from? valid_to? recorded_at?",
    "sites": "site_id? geometry? lon? lat? radius_m?",
}

ODCS = yaml.safe_load("""
type: object
required: [version, apiVersion, kind, id, status, schema]
additionalProperties: false
properties:
  apiVersion: {const: v3.1.0}
  kind: {const: DataContract}
  id: {type: string}
  name: {type: string}
  version: {type: string}
  status: {enum: [proposed, draft, active, deprecated, retired]}
  description:
    type: object
    additionalProperties: false
    properties: {purpose: {type: string}, usage: {type: string}, limitations: {type: string}}
  schema:
    type: array
    minItems: 1
    maxItems: 1
    items:
      type: object
      required: [name, properties]
      additionalProperties: false
      properties:
        name: {type: string}
        logicalType: {const: object}
        physicalType: {const: table}
        properties: {type: array, minItems: 1, items: {$ref: "#/$defs/property"}}
        quality: {type: array, items: {$ref: "#/$defs/check"}}
$defs:
  property:
    type: object
    required: [name, logicalType, physicalType, required, description, customProperties]
    additionalProperties: false
    properties:
      name: {type: string}
      logicalType: {enum: [string, date, timestamp, time, number, integer, object, array, boolean]}
      logicalTypeOptions:
        type: object
        additionalProperties: false
        properties:
          minimum: {type: number}
          maximum: {type: number}
          timezone: {type: boolean}
          defaultTimezone: {type: string}
      physicalType: {type: string}
      required: {type: boolean}
      description: {type: string}
      customProperties:
        type: array
        items:
          type: object
          required: [property, value]
          additionalProperties: false
          properties: {property: {enum: [offdutyType, offdutyColumn]}, value: {type: string}}
  check:
    type: object
    required: [name, description, type, engine, implementation]
    additionalProperties: false
    properties:
      name: {type: string}
      description: {type: string}
      type: {const: custom}
      engine: {const: duckdb}
      dimension: {enum: [accuracy, completeness, conformity, consistency, coverage, timeliness, uniqueness]}
      implementation: {type: string}
""")


@pytest.mark.parametrize("table", TABLES)
def test_a_contract_uses_only_what_odcs_3_1_allows(table):
    document = yaml.safe_load((schemas_folder() / f"{table}.odcs.yaml").read_text())
    jsonschema.validate(document, ODCS)
    assert document["name"] == document["schema"][0]["name"] == table


@pytest.mark.parametrize("table", TABLES)
def test_a_contract_has_the_columns_of_spec_2(table):
    mark = {(False, True): "", (True, False): "?", (True, True): "~"}
    columns = contract(table).columns
    assert " ".join(c.name + mark[c.nullable, c.must_be_present] for c in columns) == COLUMNS[table]
    assert all(column.description.endswith(".") for column in columns)


def test_degrees_are_never_metres():
    for table in TABLES:
        for column in contract(table).columns:
            assert (column.type == "metres") == column.name.endswith("_m")
            assert (column.type == "degrees") == (column.name in ("lon", "lat"))


def test_a_contract_is_read_once_and_an_unknown_table_is_none():
    assert contract("pings") is contract("pings")
    with pytest.raises(ValueError, match="the tables are pings"):
        contract("../secrets")


def test_a_column_is_found_by_its_name():
    assert contract("roster").column("status").type == "word"
    with pytest.raises(KeyError):
        contract("roster").column("nobody")


def test_the_checks_are_in_the_order_of_the_quarantine_reasons():
    assert [reason for reason, _ in contract("pings").checks] == [reason.word for reason in QuarantineReason]


GOOD = {"device_id": "d1", "observed_us": 1_000, "received_us": None, "lon": -0.1, "lat": 51.5, "valid": None}


def first_failed(**changes):
    """The name of the first check that is not true for the row, as the reader tests it; None for a valid row."""
    row = {**GOOD, **changes}
    types = ("VARCHAR", "BIGINT", "BIGINT", "DOUBLE", "DOUBLE", "VARCHAR")
    typed = ", ".join(f"CAST(? AS {kind}) AS {name}" for name, kind in zip(row, types, strict=True))
    checks = contract("pings").checks
    conditions = ", ".join(f"({sql}) IS TRUE" for _, sql in checks)
    with duckdb.connect() as connection:
        (passed,) = connection.execute(f"SELECT {conditions} FROM (SELECT {typed})", list(row.values())).fetchall()
    return next((reason for (reason, _), true in zip(checks, passed, strict=True) if not true), None)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"device_id": None}, "no_device"),
        ({"observed_us": None}, "bad_time"),
        ({"observed_us": -1}, None),
        ({"received_us": 1_000}, None),
        ({"received_us": -59_999_000}, None),
        ({"received_us": -59_999_001}, "future_time"),
        ({"lon": None}, "bad_position"),
        ({"lat": None}, "bad_position"),
        ({"lon": math.nan}, "bad_position"),
        ({"lat": math.nan}, "bad_position"),
        ({"lon": math.inf}, "bad_position"),
        ({"lat": -math.inf}, "bad_position"),
        ({"lon": 180.0, "lat": 90.0}, None),
        ({"lon": -180.0, "lat": -90.0}, None),
        ({"lon": math.nextafter(180, 181)}, "bad_position"),
        ({"lat": math.nextafter(-90, -91)}, "bad_position"),
        ({"lat": 400.17}, "bad_position"),
        ({"lon": 0.0, "lat": 0.0}, "bad_position"),
        ({"lon": -0.0, "lat": 0.0}, "bad_position"),
        ({"lon": 0.0}, None),
        ({"lat": 0.0}, None),
        ({"lon": 5e-324, "lat": 0.0}, None),
        (dict.fromkeys(GOOD), "no_device"),
        ({"device_id": None, "lat": None}, "no_device"),
        ({"received_us": -60_000_000, "lat": None}, "future_time"),
        *(({"valid": word}, None) for word in ("true", "t", "yes", "y", "1", "a", "valid")),
        *(({"valid": word}, "bad_position") for word in ("false", "f", "no", "n", "0", "v", "invalid", "2", " ", "")),
        ({"received_us": -60_000_000, "valid": "0"}, "future_time"),
    ],
)
def test_a_row_is_valid_only_where_every_check_is_true(changes, reason):
    assert first_failed(**changes) == reason


def test_what_is_derived_is_up_to_date():
    top = schemas_folder().parent
    for path, text in derived_files().items():
        assert (top / path).read_text(encoding="utf-8") == text, f"{path} is out of date: run make docs"


@pytest.mark.parametrize(
    ("name", "text", "model"), [("job", job_text(), JobDocument), ("policy", policy_text(), Policy)]
)
def test_the_json_schemas_accept_what_init_writes_and_refuse_what_the_models_refuse(name, text, model):
    schema = json.loads((schemas_folder() / f"{name}.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    document = tomllib.loads(text)
    jsonschema.validate(document, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**document, "unknown": 1}, schema)


def manifest_schema():
    return json.loads((schemas_folder() / "manifest.schema.json").read_text())


def test_the_manifest_schema_admits_no_number_with_a_fraction():
    schema = manifest_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert not re.search(r'"number"|"null"', json.dumps(schema))


def test_the_manifest_schema_counts_by_the_reasons_there_are():
    schema = manifest_schema()
    parts = schema["$defs"]
    assert list(parts["ReasonCounts"]["properties"]) == [reason.word for reason in Reason]
    assert list(parts["QuarantineCounts"]["properties"]) == [reason.word for reason in QuarantineReason]


def a_manifest():
    return {
        "kind": "run",
        "run_id": "0" * 32,
        "interval": {"from": "2026-03-02T00:00:00Z", "to": ""},
        "as_of": "2026-03-09T00:00:00.000001Z",
        "policy": Policy.from_dict(
            {
                "policy": {"name": "n", "purpose": "p", "timezone": "UTC"},
                "duty": {"on_codes": ["duty"]},
            }
        ).as_document(),
        "policy_sha256": "0" * 64,
        "inputs": [{"file": 0, "table": "pings", "name": "p.csv", "sha256": "0" * 64, "bytes": 9, "rows": 1}],
        "outputs": [{"name": "ledger/part-00000.parquet", "sha256": "0" * 64, "bytes": 9, "rows": 1}],
        "counts": {**dict.fromkeys((reason.word for reason in Reason), 0), "on_duty": 1},
        "quarantined": {**dict.fromkeys((reason.word for reason in QuarantineReason), 0), "bad_time": 1},
        "question": "0" * 32,
        "keys": {"pseudonym": "0" * 32},
        "columns_ignored": {"pings": ["speed"]},
        "declarations": {"roster": {"time_zone": "Europe/London", "distinct": ["officer_id"]}},
        "refused": [],
        "reported": [{"table": "assignments", "file": 1, "row": 0, "why": "w"}],
        "reported_counts": {"places": {"far": "fewer than 10"}},
        "recorded_after_as_of": {"roster": 2},
        "after_as_of": 0,
        "open_windows": 0,
        "last_recorded_at": "",
        "versions": dict.fromkeys(["offduty", "python", "duckdb", "pyarrow", "shapely", "geos", "proj", "tzdata"], "1"),
    }


def test_the_manifest_schema_accepts_a_manifest():
    jsonschema.validate(a_manifest(), manifest_schema())


AN_EXPIRY = {
    "kind": "expiry",
    "recorded_at": "2026-11-24T09:00:00.000001Z",
    "before": "2026-03-09",
    "why": "",
    "files": [{"run_id": "0" * 32, "name": "quarantine/part-00000.parquet", "sha256": "0" * 64, "bytes": 9}],
    "versions": {"offduty": "1"},
}
A_ROTATION = {
    "kind": "rotation",
    "recorded_at": "2026-11-24T09:00:00Z",
    "old_key": "",
    "lost_old_key": True,
    "new_key": "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    "new_key_sha256": "0" * 64,
    "versions": {"offduty": "1"},
}

AN_ANALYSIS = {
    "kind": "analysis",
    "recorded_at": "2026-11-24T09:00:00Z",
    "analysis": "presence",
    "answer": "single_case",
    "role": "standards",
    "because": "a complaint",
    "parameters": {"from": "2026-03-02"},
    "runs": ["0" * 32],
    "tables": [{"table": "roster", "sha256": "0" * 64, "bytes": 9}],
    "policy_sha256": "0" * 64,
    "pseudonym": "0" * 32,
    "rules_sha256": "0" * 64,
    "outputs": [],
    "keyed_sha256": "0" * 64,
    "about": "0" * 64,
    "versions": {"offduty": "1"},
}


@pytest.mark.parametrize("manifest", [AN_EXPIRY, A_ROTATION, AN_ANALYSIS], ids=["expiry", "rotation", "analysis"])
def test_the_manifest_schema_knows_the_other_kinds(manifest):
    """Each kind is valid with all of its keys, invalid without any one of them, and invalid as a run."""
    jsonschema.validate(manifest, manifest_schema())
    for key in manifest:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({other: value for other, value in manifest.items() if other != key}, manifest_schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**manifest, "kind": "run"}, manifest_schema())


def test_no_ledger_can_expire():
    files = [{**AN_EXPIRY["files"][0], "name": "ledger/part-00000.parquet"}]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**AN_EXPIRY, "files": files}, manifest_schema())


@pytest.mark.parametrize(
    "change",
    [
        {"counts": {**a_manifest()["counts"], "on_duty": 1.5}},
        {"counts": {**a_manifest()["counts"], "released": 1}},
        {"anything": 1},
        {"open_windows": 0.5},
        {"open_windows": None},
        {"kind": "try"},
        {"policy_sha256": "0"},
        {"outputs": [{"name": "/absolute.parquet", "sha256": "0" * 64, "bytes": 9, "rows": 1}]},
    ],
)
def test_the_manifest_schema_refuses_what_the_specification_does_not_allow(change):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**a_manifest(), **change}, manifest_schema())
