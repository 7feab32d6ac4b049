"""Every key of the policy has a sentence, every change of a key changes it, and what weakens is marked."""

from __future__ import annotations

import pytest

from offduty.config.policy import Policy
from offduty.config.toml_reader import keys_of
from offduty.pages.language import language
from offduty.report.html.policy_text import differences, in_roster_words, in_short, sentences
from offduty.report.html.recipients import recipients_and_retention

PLAIN = {
    "policy": {"name": "presence", "purpose": "presence on duty", "timezone": "Europe/London"},
    "duty": {"on_codes": ["duty"]},
    "analyses": {
        name: {"purpose": "records", "recipients": ["standards"], "keep_days": 90}
        for name in ("roster_audit", "presence", "site_days", "interests")
    },
}
UNION, COUNCIL, CHIEF = (
    f"{name}+0000000{number}+A{number}{'A' * 42}" for number, name in enumerate(("union", "council", "chief"))
)
PLAIN["agreement"] = {"keys": [UNION], "emergency_keys": []}
AUDIT = {"purpose": "records", "recipients": ("standards",), "keep_days": 90}
OTHER = {
    "policy.name": ["absence"],
    "policy.purpose": ["audits"],
    "policy.timezone": ["Europe/Paris"],
    "duty.on_codes": [[], ["duty", "court"], ["court"]],
    "duty.late_edit_tolerance_s": [1, 60, 3600, 86400],
    "accuracy.max_m": [50.0, 100.5],
    "accuracy.factor": [0.0, 1.5],
    "accuracy.when_missing": [50.0, 51.0],
    "accuracy.zero": ["missing"],
    "places.buffer_m": [0.0, 199.0],
    "places.require_home": [False],
    "places.max_km": [0.0, 50.0, 500.5, 2000.0],
    "legs.rule": ["off"],
    "legs.max_gap_s": [0, 60, 299, 301, 3600],
    "legs.pass_by_s": [60, 300, 301, 3600],
    "legs.hold_s": [0, 60, 899, 901, 3600],
    "legs.max_site_km2": [0.0, 4.5, 5.5],
    "release.time_step_s": [1, 61, 120, 3600],
    "release.decimals": [0, 1, 2, 3, 5, 6, 7, 8, 9],
    "release.extra_columns": [["speed"], ["speed", "battery"]],
    "release.keep_superseded": [True],
    "release.keep_days": [1, 30, 365],
    "pseudonym.rotate": ["day", "month", "never"],
    "analyses.roster_audit": [
        {**AUDIT, "purpose": "pay"},
        {**AUDIT, "recipients": ["standards", "the union"]},
        {**AUDIT, "keep_days": 91},
        {**AUDIT, "rest_codes": []},
        {**AUDIT, "pay_cut_off_day": 20},
    ],
    "analyses.presence": [
        {**AUDIT, "purpose": "pay"},
        {**AUDIT, "recipients": ["the union"]},
        {**AUDIT, "keep_days": 91},
        {**AUDIT, "join_s": 600},
        {**AUDIT, "other_records": "badges"},
    ],
    "analyses.site_days": [
        {**AUDIT, "purpose": "pay"},
        {**AUDIT, "recipients": ["the union"]},
        {**AUDIT, "keep_days": 91},
        {**AUDIT, "join_s": 600},
        {**AUDIT, "least_minutes": 60},
        {**AUDIT, "day_minutes": 60},
        {**AUDIT, "target_percent": 60},
    ],
    "analyses.interests": [
        {**AUDIT, "purpose": "pay"},
        {**AUDIT, "recipients": ["the union"]},
        {**AUDIT, "keep_days": 91},
        {**AUDIT, "join_s": 600},
        *({**AUDIT, switch: False} for switch in ("overlap", "hours", "rest", "approval", "review")),
        {**AUDIT, "sickness": True},
        {**AUDIT, "sickness": True, "sick_codes": ["sick", "injured"]},
    ],
    "agreement.keys": [[COUNCIL], [UNION, COUNCIL]],
    "agreement.emergency_keys": [[COUNCIL, CHIEF], [CHIEF]],
}
WEAKENING = [
    ("duty.late_edit_tolerance_s", 3600),
    ("accuracy.factor", 0.0),
    ("accuracy.when_missing", 50.0),
    ("accuracy.zero", "missing"),
    ("places.buffer_m", 0.0),
    ("places.require_home", False),
    ("places.max_km", 500.5),
    ("legs.rule", "off"),
    ("legs.max_gap_s", 301),
    ("legs.pass_by_s", 301),
    ("legs.hold_s", 899),
    ("legs.hold_s", 0),
    ("legs.max_site_km2", 5.5),
    ("release.decimals", 5),
    ("release.extra_columns", ["speed"]),
    ("release.keep_superseded", True),
    ("pseudonym.rotate", "never"),
    ("agreement.emergency_keys", [CHIEF]),
]


def policy(key: str | None = None, value: object = None) -> dict:
    """A policy as a manifest has it, with one key changed."""
    document = Policy.from_dict(PLAIN).model_dump()
    if key is not None:
        section, _, name = key.partition(".")
        document[section][name] = value
    return Policy.from_dict(document).as_document()


def texts(document: dict) -> dict[str, str]:
    """The sentence of each key."""
    return {sentence.key: sentence.text for sentence in sentences(document)}


def test_every_key_has_a_sentence():
    """Every key of the model has exactly one, and this file changes every key."""
    keys = [f"{section}.{key}" for section, key, _ in keys_of(Policy)]
    found = [sentence.key for sentence in sentences(policy())]
    assert sorted(found) == sorted(keys) == sorted(OTHER)


@pytest.mark.parametrize("key", sorted(OTHER))
def test_every_value_has_a_sentence_of_its_own(key):
    """A changed key changes its sentence and no other; no two values have the same sentence."""
    plain = texts(policy())
    found = [plain[key]]
    for value in OTHER[key]:
        changed = texts(policy(key, value))
        assert {other for other in plain if plain[other] != changed[other]} == {key}
        found.append(changed[key])
    assert len(set(found)) == len(found)


def test_the_usual_policy_has_no_warning():
    """None of the defaults weakens the protection."""
    assert [sentence for sentence in sentences(policy()) if sentence.weakens] == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("places.max_km", 500.0),
        ("places.max_km", 50.0),
        ("legs.max_gap_s", 300),
        ("legs.max_gap_s", 60),
        ("legs.pass_by_s", 300),
        ("legs.hold_s", 900),
        ("legs.hold_s", 3600),
        ("legs.max_site_km2", 5.0),
        ("legs.max_site_km2", 1.0),
        ("release.keep_days", 30),
    ],
)
def test_what_hides_as_much_or_more_is_no_warning(key, value):
    """At the default, at what `init` proposes, and on the other side of it."""
    assert [sentence.key for sentence in sentences(policy(key, value)) if sentence.weakens] == []


@pytest.mark.parametrize(("key", "value"), WEAKENING)
def test_what_weakens_is_marked(key, value):
    """And no other sentence is."""
    assert [sentence.key for sentence in sentences(policy(key, value)) if sentence.weakens] == [key]


def test_legs_off_and_late_edits_are_plain():
    """A reader does not need to know what a leg is."""
    assert "homes can be found that way" in texts(policy("legs.rule", "off"))["legs.rule"]
    assert "up to 2 hours after" in texts(policy("duty.late_edit_tolerance_s", 7200))["duty.late_edit_tolerance_s"]


def test_a_key_of_another_version_is_printed():
    """As it is, and as a warning."""
    document = policy()
    document["places"]["moat_m"] = "30"
    (strange,) = [sentence for sentence in sentences(document) if sentence.key == "places.moat_m"]
    assert "places.moat_m = 30" in strange.text
    assert strange.weakens


def test_a_missing_key_has_no_sentence():
    """Older manifests may have fewer keys."""
    document = policy()
    del document["pseudonym"]
    assert "pseudonym.rotate" not in texts(document)


def test_differences_have_both_sentences():
    """In both directions, with an empty text where a policy does not have the key."""
    old, new = policy(), policy("places.buffer_m", 300.0)
    ((before, now),) = differences(old, new)
    assert "200 m" in before
    assert "300 m" in now
    assert differences(old, old) == []
    del old["pseudonym"]
    assert [before for before, _ in differences(old, policy())] == [""]
    assert [now for _, now in differences(policy(), old)] == [""]


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        (None, None, "Nobody can put you on duty afterwards."),
        (None, None, "Never within 200\u00a0m of your home"),
        (None, None, "not in the first and last 15 minutes of each duty"),
        (
            None,
            None,
            "steps of about 11\u00a0m, times to 1 minute. Analysts see a code instead of your name, another one each",
        ),
        ("duty.on_codes", [], "Never: no kind of roster entry"),
        ("duty.late_edit_tolerance_s", 7200, "could still be changed up to 2 hours afterwards"),
        ("places.buffer_m", 0.0, "but right next to them"),
        ("places.buffer_m", 62.5, "Never within 62.5\u00a0m of"),
        ("places.require_home", False, "you could be seen at home, too"),
        ("legs.rule", "off", "homes can be found that way"),
        ("legs.hold_s", 0, "Not on the way between such a place and work."),
        ("pseudonym.rotate", "never", "which never changes"),
        ("release.decimals", 2, "steps of about 1\u00a0km"),
    ],
)
def test_the_first_screen_has_the_policy_s_own_figures(key, value, said):
    """And says what a weak policy shows."""
    found = in_short(policy(key, value))
    assert len(found) == 5
    assert said in " ".join(found)


def test_codes_are_said_in_the_words_of_the_roster():
    """Nobody finds “duty” in a roster that says D and N: the words stand as the job maps them, in every language."""
    mapped = {"declarations": {"roster": {"values": {"duty_code": {"N": "duty", "D": "duty", "AL": "leave"}}}}}
    document = in_roster_words(policy("duty.on_codes", ["duty", "court"]), [{}, mapped])
    (first, *_) = in_short(document)
    assert first.startswith("Only while the roster said “D”, “N” or “duty” (read as “duty”) or “court” for you")
    (long,) = [each.text for each in sentences(document) if each.key == "duty.on_codes"]
    assert "only while the roster says “D”, “N” or “duty” (read as “duty”) or “court”." in long
    assert "„D“, „N“ oder „duty“ (gilt als „duty“)" in in_short(document, language("de"))[0]
    assert in_roster_words(policy(), [{}]) == policy()
    turned = {"declarations": {"roster": {"values": {"duty_code": {"D": "duty", "duty": "leave"}}}}}
    document = in_roster_words(policy("duty.on_codes", ["duty"]), [turned])
    assert in_short(document)[0].startswith("Only while the roster said “D” (read as “duty”) for you")


def test_an_older_policy_has_fewer_sentences():
    """What it does not have is not said."""
    document = policy()
    del document["legs"], document["pseudonym"]
    assert len(in_short(document)) == 3


def test_recipients_and_retention_are_those_of_the_policy():
    """With every analysis that was agreed on; where the policy says nothing, the page says so."""
    facts = dict(recipients_and_retention(policy("release.keep_days", 30), language("en")))
    assert facts["Purpose"] == "“presence on duty”"
    assert facts["Kept"].startswith("for at least 30 days")
    assert facts["Also agreed on"] == "; ".join(["“records”: for standards; must be deleted after 90 days"] * 4)
    assert "GDPR, Article 77" in facts["Complain to"]
    silent = policy()
    silent.pop("analyses", None)
    facts = dict(recipients_and_retention(silent, language("en")))
    assert "do not say how long" in facts["Kept"]
    assert facts["Also agreed on"] is None
