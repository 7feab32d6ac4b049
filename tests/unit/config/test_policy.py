"""The policy is read strictly: what is not a key of the specification is an error (specification#strict-documents)."""

import hashlib
import json
import math

import pytest

from offduty.config.policy import FARTHEST_M, NEVER_EXTRA, Policy, deciding_sha256, decimal_text
from offduty.config.toml_reader import expected_of, keys_of
from offduty.config.zones import zone_names
from offduty.core.canonical_json import canonical_json
from offduty.core.errors import UsageError

LEAST = {
    "policy": {"name": "presence", "purpose": "presence on duty", "timezone": "Europe/London"},
    "duty": {"on_codes": ["duty", "overtime", "court", "training"]},
}

SPECIFIED = """
[policy]
name = "presence"
purpose = "presence on duty"
timezone = "Europe/London"

[duty]
on_codes = ["duty", "overtime", "court", "training"]
late_edit_tolerance_s = 0

[accuracy]
max_m = 100
factor = 2.0
when_missing = "mask"
zero = "imprecise"

[places]
buffer_m = 200
require_home = true
max_km = 500

[legs]
rule = "anchored"
max_gap_s = 300
pass_by_s = 0
hold_s = 900
max_site_km2 = 5

[release]
time_step_s = 60
decimals = 4
extra_columns = []
keep_superseded = false
keep_days = 0

[pseudonym]
rotate = "week"
"""


def policy_with(key, value):
    """The least policy with one key changed."""
    section, name = key.split(".")
    return Policy.from_dict({**LEAST, section: {**LEAST.get(section, {}), name: value}})


def refusal(document):
    with pytest.raises(UsageError) as caught:
        Policy.from_dict(document)
    return str(caught.value)


def refusal_of(key, value):
    with pytest.raises(UsageError) as caught:
        policy_with(key, value)
    return str(caught.value)


def test_what_is_left_out_has_the_defaults_of_the_specification(tmp_path):
    path = tmp_path / "policy.toml"
    path.write_text(SPECIFIED)
    assert Policy.from_dict(LEAST) == Policy.load(path)
    assert Policy.from_dict(LEAST).sha256 == Policy.load(path).sha256


@pytest.mark.parametrize("key", ["policy.name", "policy.purpose", "policy.timezone", "duty.on_codes"])
def test_what_has_no_default_must_be_there(key):
    section, name = key.split(".")
    without = {**LEAST, section: {k: v for k, v in LEAST[section].items() if k != name}}
    assert refusal(without).startswith(f"policy.toml: {key} is missing: expected ")


def test_a_missing_section_is_named_with_what_it_needs():
    assert refusal({"policy": LEAST["policy"]}) == "policy.toml: section [duty] is missing: expected it with on_codes"


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        ("accuracy.max_m", True, "true"),
        ("accuracy.max_m", "100", '"100"'),
        ("accuracy.max_m", -0.001, "-0.001"),
        ("accuracy.max_m", math.nan, "nan"),
        ("accuracy.max_m", math.inf, "inf"),
        ("accuracy.max_m", FARTHEST_M + 1, str(FARTHEST_M + 1)),
        ("accuracy.max_m", 10**400, "a number that is far too large"),
        ("accuracy.factor", -1, "-1"),
        ("accuracy.when_missing", 0, "0"),
        ("accuracy.when_missing", -5.0, "-5.0"),
        ("accuracy.when_missing", True, "true"),
        ("accuracy.when_missing", "MASK", '"MASK"'),
        ("accuracy.when_missing", math.inf, "inf"),
        ("places.buffer_m", -1, "-1"),
        ("places.require_home", 1, "1"),
        ("places.require_home", "true", '"true"'),
        ("places.max_km", -1, "-1"),
        ("places.max_km", math.nan, "nan"),
        ("places.max_km", 40_077, "40077"),
        ("places.max_km", True, "true"),
        ("accuracy.zero", "mask", '"mask"'),
        ("accuracy.zero", 0, "0"),
        ("duty.late_edit_tolerance_s", -1, "-1"),
        ("duty.late_edit_tolerance_s", 1.0, "1.0"),
        ("duty.late_edit_tolerance_s", True, "true"),
        ("duty.late_edit_tolerance_s", 10**13, "10000000000000"),
        ("duty.on_codes", "duty", '"duty"'),
        ("duty.on_codes", [1], "1"),
        ("duty.on_codes", [""], '""'),
        ("duty.on_codes", ["duty "], '"duty "'),
        ("legs.rule", "none", '"none"'),
        ("legs.rule", False, "false"),
        ("legs.max_gap_s", -1, "-1"),
        ("legs.max_gap_s", 300.0, "300.0"),
        ("legs.pass_by_s", -1, "-1"),
        ("legs.pass_by_s", "300", '"300"'),
        ("legs.hold_s", -1, "-1"),
        ("legs.hold_s", 10**13, "10000000000000"),
        ("legs.max_site_km2", -0.1, "-0.1"),
        ("legs.max_site_km2", math.inf, "inf"),
        ("release.time_step_s", 0, "0"),
        ("release.time_step_s", 60.0, "60.0"),
        ("release.decimals", -1, "-1"),
        ("release.decimals", 10, "10"),
        ("release.decimals", True, "true"),
        ("release.extra_columns", ["speed", "Speed"], "a list"),
        ("release.extra_columns", [""], '""'),
        ("release.keep_superseded", 0, "0"),
        ("release.keep_days", -1, "-1"),
        ("release.keep_days", 1.5, "1.5"),
        ("pseudonym.rotate", "year", '"year"'),
        ("policy.name", "", '""'),
        ("policy.purpose", "a\nb", '"a\\nb"'),
        ("policy.timezone", "Europe/Nowhere", '"Europe/Nowhere"'),
        ("policy.timezone", "europe/london", '"europe/london"'),
        ("policy.timezone", "Factory", '"Factory"'),
        ("policy.timezone", "../zones", '"../zones"'),
        ("policy.name", {}, "a table"),
    ],
)
def test_a_wrong_value_names_key_expectation_and_finding(key, value, found):
    message = refusal_of(key, value)
    assert message.startswith(f"policy.toml: {key}: expected ")
    assert f", found {found}" in message


@pytest.mark.parametrize("column", sorted(NEVER_EXTRA))
def test_no_extra_column_may_undo_the_release(column):
    assert "release.extra_columns" in refusal_of("release.extra_columns", [column])
    assert "release.extra_columns" in refusal_of("release.extra_columns", [column.upper()])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("accuracy.max_m", 0),
        ("accuracy.factor", 0),
        ("accuracy.when_missing", 50),
        ("places.buffer_m", 0),
        ("places.require_home", False),
        ("duty.on_codes", []),
        ("accuracy.zero", "missing"),
        ("places.max_km", 0),
        ("places.max_km", 40_076),
        ("legs.rule", "off"),
        ("legs.max_gap_s", 0),
        ("legs.pass_by_s", 0),
        ("legs.hold_s", 0),
        ("legs.max_site_km2", 0),
        ("release.keep_superseded", True),
        ("release.keep_days", 36_600),
        ("release.time_step_s", 1),
        ("release.decimals", 0),
        ("release.decimals", 9),
        ("release.extra_columns", ["speed"]),
        ("policy.timezone", "Antarctica/Troll"),
    ],
)
def test_the_edge_of_what_is_allowed_is_allowed(key, value):
    section, name = key.split(".")
    read = getattr(getattr(policy_with(key, value), section), name)
    assert read == (tuple(value) if isinstance(value, list) else value)


@pytest.mark.parametrize(
    ("document", "hint"),
    [
        ({**LEAST, "places": {"bufer_m": 1}}, "unknown key places.bufer_m: did you mean places.buffer_m?"),
        ({**LEAST, "accuracy": {"buffer_m": 1}}, "unknown key accuracy.buffer_m: did you mean places.buffer_m?"),
        ({**LEAST, "buffer_m": 1}, "unknown key buffer_m: did you mean places.buffer_m?"),
        ({**LEAST, "leg": {"rule": "off"}}, "unknown section [leg]: did you mean legs?"),
        (
            {**LEAST, "places": {"zzz": 1}},
            "unknown key places.zzz: known here are places.buffer_m, places.require_home, places.max_km",
        ),
        ({**LEAST, "legs": "off"}, 'legs: expected a section [legs], found "off"'),
    ],
)
def test_an_unknown_key_is_met_with_what_may_have_been_meant(document, hint):
    assert refusal(document) == f"policy.toml: {hint}"


def test_a_near_miss_of_a_word_or_zone_is_met_with_what_may_have_been_meant():
    assert refusal_of("policy.timezone", "Europe/Londn").endswith('did you mean "Europe/London"?')
    assert refusal_of("legs.rule", "anchor").endswith('did you mean "anchored"?')


def test_every_wrong_key_is_named_at_once():
    message = refusal({**LEAST, "places": {"buffer_m": -1}, "release": {"decimals": 99}})
    assert [line.split(": ")[1] for line in message.splitlines()] == ["places.buffer_m", "release.decimals"]
    assert all(line.startswith("policy.toml: ") for line in message.splitlines())


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"[policy\n", "cannot be read as TOML"),
        (b"a = 1\na = 2\n", "cannot be read as TOML"),
        (b"\xff\xfe", "it is not UTF-8 text"),
        (b"a = " + b"[" * 100_000, "nested too deeply"),
        (b"", "section [policy] is missing"),
    ],
)
def test_a_file_that_is_not_a_policy_is_named(tmp_path, content, why):
    path = tmp_path / "rules.toml"
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        Policy.load(path)
    assert str(caught.value).startswith("rules.toml: ") and why in str(caught.value)


def test_a_missing_file_or_a_folder_is_named_with_where_it_was_looked_for(tmp_path):
    for path in (tmp_path / "gone.toml", tmp_path):
        with pytest.raises(UsageError) as caught:
            Policy.load(path)
        assert str(caught.value).startswith(f"{path.name}: ") and str(path.parent) in str(caught.value)


def test_a_byte_order_mark_is_ignored(tmp_path):
    path = tmp_path / "policy.toml"
    path.write_bytes(b"\xef\xbb\xbf" + SPECIFIED.encode())
    assert Policy.load(path) == Policy.from_dict(LEAST)


def test_whole_and_fractional_spellings_are_one_policy():
    assert policy_with("places.buffer_m", 200).sha256 == policy_with("places.buffer_m", 200.0).sha256
    assert policy_with("places.buffer_m", 200).sha256 != policy_with("places.buffer_m", 200.5).sha256
    assert policy_with("places.buffer_m", 0.0).sha256 == policy_with("places.buffer_m", -0.0).sha256


def test_the_document_is_complete_and_has_no_float():
    document = policy_with("accuracy.when_missing", 50).as_document()
    assert document["accuracy"] == {"max_m": "100", "factor": "2", "when_missing": "50", "zero": "imprecise"}
    assert document["places"] == {"buffer_m": "200", "require_home": True, "max_km": "500"}
    assert document["legs"] == {
        "rule": "anchored",
        "max_gap_s": 300,
        "pass_by_s": 0,
        "hold_s": 900,
        "max_site_km2": "5",
    }
    assert document["release"] == {
        "time_step_s": 60,
        "decimals": 4,
        "extra_columns": [],
        "keep_superseded": False,
        "keep_days": 0,
    }
    assert json.loads(canonical_json(document)) == document


def test_the_hash_is_that_of_the_canonical_document():
    policy = Policy.from_dict(LEAST)
    text = json.dumps(policy.as_document(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert policy.sha256 == hashlib.sha256(text.encode()).hexdigest()


def test_canonical_json_refuses_floats_at_any_depth():
    with pytest.raises(TypeError):
        canonical_json({"a": [{"b": 0.5}]})


@pytest.mark.parametrize("number", [0.1, 1e-7, 123456.789, 4e7, 5e-324, 1 / 3])
def test_decimal_text_reads_back_as_the_same_number(number):
    assert float(decimal_text(number)) == number and "e" not in decimal_text(number)


def test_a_policy_is_frozen():
    policy = Policy.from_dict(LEAST)
    with pytest.raises(ValueError, match="frozen"):
        policy.places.buffer_m = 0


def test_zones_come_from_the_pinned_package_whatever_the_machine_has(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("PYTHONTZPATH", "")
    zone_names.cache_clear()
    assert {"Europe/London", "UTC", "America/Los_Angeles"} <= zone_names()


def test_every_key_says_what_it_is_for_and_what_it_wants():
    for section, key, field in keys_of(Policy):
        assert field.description and field.description.endswith("."), f"{section}.{key}"
        assert expected_of(field).words, f"{section}.{key}"


AGREED = {"purpose": "records that were changed", "recipients": ["professional standards"], "keep_days": 90}


def with_audit(**terms):
    """The least policy, in which the roster audit was agreed on."""
    return Policy.from_dict({**LEAST, "analyses": {"roster_audit": {**AGREED, **terms}}})


def test_a_policy_without_analyses_has_the_hash_that_it_had():
    """Nothing is agreed on by default, and an empty section agrees on nothing."""
    assert "analyses" not in Policy.from_dict(LEAST).as_document()
    assert Policy.from_dict({**LEAST, "analyses": {}}).sha256 == Policy.from_dict(LEAST).sha256


def test_what_was_agreed_on_is_in_the_hash_of_the_policy_and_in_no_question_of_a_run():
    """Terms decide nothing about a position (specification#run-id)."""
    plain, agreed, longer = Policy.from_dict(LEAST), with_audit(), with_audit(keep_days=91)
    assert len({plain.sha256, agreed.sha256, longer.sha256}) == 3
    assert len({deciding_sha256(policy.as_document()) for policy in (plain, agreed, longer)}) == 1
    assert agreed.as_document()["analyses"]["roster_audit"] == {
        **AGREED,
        "rest_codes": ["rest", "leave", "sick"],
        "pay_cut_off_day": 0,
    }


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        (
            {"recipients": []},
            "analyses.roster_audit.recipients: expected a list of those who get the findings, as text",
        ),
        ({"keep_days": 0}, "analyses.roster_audit.keep_days: expected a whole number of days"),
        ({"pay_cut_off_day": 29}, "analyses.roster_audit.pay_cut_off_day: expected a day of the month"),
        ({"wanted": 1}, "unknown key analyses.roster_audit.wanted: known here are purpose"),
        ({"purpose": " "}, "analyses.roster_audit.purpose: expected a purpose"),
    ],
)
def test_terms_are_read_as_strictly_as_rules(terms, message):
    """With the name of the key."""
    with pytest.raises(UsageError) as caught:
        with_audit(**terms)
    assert message in str(caught.value)
