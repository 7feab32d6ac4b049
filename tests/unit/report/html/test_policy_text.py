"""Every key of the policy is said, every change of a key is heard, and what weakens the protection is loud."""

from __future__ import annotations

import pytest

from offduty.config.policy import Policy
from offduty.config.toml_reader import keys_of
from offduty.report.html.policy_text import differences, sentences

PLAIN = {
    "policy": {"name": "presence", "purpose": "presence on duty", "timezone": "Europe/London"},
    "duty": {"on_codes": ["duty"]},
}
OTHER = {
    "policy.name": ["absence"],
    "policy.purpose": ["audits"],
    "policy.timezone": ["Europe/Paris"],
    "duty.on_codes": [[], ["duty", "court"], ["court"]],
    "duty.late_edit_tolerance_s": [1, 60, 3600, 86400],
    "accuracy.max_m": [50.0, 100.5],
    "accuracy.factor": [0.0, 1.5],
    "accuracy.when_missing": [50.0, 51.0],
    "places.buffer_m": [0.0, 199.0],
    "places.require_home": [False],
    "legs.rule": ["off"],
    "legs.hold_s": [60, 900, 3600],
    "release.time_step_s": [1, 61, 120, 3600],
    "release.decimals": [0, 1, 2, 3, 5, 6, 7, 8, 9],
    "release.extra_columns": [["speed"], ["speed", "battery"]],
    "pseudonym.rotate": ["day", "month", "never"],
}
LOUD = [
    ("duty.late_edit_tolerance_s", 3600),
    ("accuracy.factor", 0.0),
    ("accuracy.when_missing", 50.0),
    ("places.buffer_m", 0.0),
    ("places.require_home", False),
    ("legs.rule", "off"),
    ("release.decimals", 5),
    ("release.extra_columns", ["speed"]),
    ("pseudonym.rotate", "never"),
]


def policy(key: str | None = None, value: object = None) -> dict:
    """A policy as a manifest holds it, with one key changed."""
    document = Policy.from_dict(PLAIN).model_dump()
    if key is not None:
        section, _, name = key.partition(".")
        document[section][name] = value
    return Policy.from_dict(document).as_document()


def texts(document: dict) -> dict[str, str]:
    return {sentence.key: sentence.text for sentence in sentences(document)}


def test_every_key_has_a_sentence():
    """Of the model, none missing and none twice; and this file changes every one."""
    keys = [f"{section}.{key}" for section, key, _ in keys_of(Policy)]
    said = [sentence.key for sentence in sentences(policy())]
    assert sorted(said) == sorted(keys) == sorted(OTHER)


@pytest.mark.parametrize("key", sorted(OTHER))
def test_every_value_has_a_sentence_of_its_own(key):
    """A changed key changes its sentence and no other; no two values say the same."""
    plain = texts(policy())
    found = [plain[key]]
    for value in OTHER[key]:
        changed = texts(policy(key, value))
        assert {other for other in plain if plain[other] != changed[other]} == {key}
        found.append(changed[key])
    assert len(set(found)) == len(found)


def test_the_usual_policy_is_quiet():
    """Nothing in the defaults is a warning."""
    assert [sentence for sentence in sentences(policy()) if sentence.loud] == []


@pytest.mark.parametrize(("key", "value"), LOUD)
def test_what_weakens_is_loud(key, value):
    """And nothing else is, for it."""
    assert [sentence.key for sentence in sentences(policy(key, value)) if sentence.loud] == [key]


def test_legs_off_and_late_edits_are_said_in_so_many_words():
    """Nobody must need to know what a leg is."""
    assert "homes can be found that way" in texts(policy("legs.rule", "off"))["legs.rule"]
    assert "up to 2 hours after" in texts(policy("duty.late_edit_tolerance_s", 7200))["duty.late_edit_tolerance_s"]


def test_a_key_from_another_version_is_not_passed_over():
    """It is said as it stands, and loudly."""
    document = policy()
    document["places"]["moat_m"] = "30"
    (strange,) = [sentence for sentence in sentences(document) if sentence.key == "places.moat_m"]
    assert "places.moat_m = 30" in strange.text
    assert strange.loud


def test_a_key_that_a_version_lacks_is_no_sentence():
    """Older manifests may hold less."""
    document = policy()
    del document["pseudonym"]
    assert "pseudonym.rotate" not in texts(document)


def test_differences_are_then_and_now():
    """In both directions, with nothing where there was nothing."""
    old, new = policy(), policy("places.buffer_m", 300.0)
    ((before, now),) = differences(old, new)
    assert "200 m" in before
    assert "300 m" in now
    assert differences(old, old) == []
    del old["pseudonym"]
    assert [before for before, _ in differences(old, policy())] == [""]
    assert [now for _, now in differences(policy(), old)] == [""]
