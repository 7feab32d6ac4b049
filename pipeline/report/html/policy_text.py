"""Turns a policy into plain sentences, one for every key, and marks those that weaken the protection.

The sentences stand in the catalogue (`pages/messages`), under `policy` and `short`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from offduty.pages.language import ENGLISH, Language

Sections = Mapping[str, Mapping[str, Any]]

LONGEST_GAP_S, LONGEST_PASS_S, LEAST_HOLD_S = 300, 300, 900
MOST_KM, LARGEST_KM2 = 500, 5
"""What lies beyond these weakens the protection: the defaults, and of passing by what `offduty init` proposes."""

WHO, WHERE, HOW = "policy.who", "policy.where", "policy.how"
"""The topics of the sentences: keys of their headings in the catalogue."""
METRES_PER_DEGREE = 111_320


@dataclass(frozen=True)
class PolicySentence:
    """What one key of the policy means. ``weakens``: it weakens the protection, so a reader must not miss it."""

    key: str
    topic: str
    text: str
    weakens: bool = False


def sentences(policy: Sections, language: Language = ENGLISH) -> list[PolicySentence]:
    """A sentence for every key of a policy, as a manifest has it, in the order in which they are best read.

    A key of another version, which is not known here, is printed as it is: nothing is left out.
    """
    found = []
    for key, (topic, phrase) in _RULES.items():
        section, _, name = key.partition(".")
        if name in policy.get(section, {}):
            text, weakens = phrase(policy[section][name], language)
            found.append(PolicySentence(key, topic, text, weakens))
    known = set(_RULES)
    for section, values in policy.items():
        for name, value in values.items():
            if f"{section}.{name}" not in known:
                text = language.say("policy.unknown", key=f"{section}.{name}", value=str(value))
                found.append(PolicySentence(f"{section}.{name}", HOW, text, weakens=True))
    return found


def differences(old: Sections, new: Sections, language: Language = ENGLISH) -> list[tuple[str, str]]:
    """The old and the new sentence of every key whose sentence changed; '' where a policy does not have the key."""
    before = {sentence.key: sentence.text for sentence in sentences(old, language)}
    now = {sentence.key: sentence.text for sentence in sentences(new, language)}
    keys = [*now, *(key for key in before if key not in now)]
    return [(before.get(key, ""), now.get(key, "")) for key in keys if before.get(key) != now.get(key)]


@dataclass(frozen=True)
class RosterCode:
    """A code of the policy, and the words of the roster that the job maps to it."""

    code: str
    words: tuple[str, ...]


def in_roster_words(policy: Sections, documents: Iterable[Mapping[str, Any]]) -> Sections:
    """The policy, with the codes of duty as the roster has them: the manifests of the runs say which words the job maps
    to which code. A code itself is such a word, too, unless it is mapped to another one: what is not named stays as it
    is. A policy whose codes no job maps is as it was.
    """
    mapped: dict[str, set[str]] = {}
    for document in documents:
        words = document.get("declarations", {}).get("roster", {}).get("values", {}).get("duty_code", {})
        for word, code in words.items():
            mapped.setdefault(code, set()).add(word)
            mapped[code] |= {code} - words.keys()
    codes = policy.get("duty", {}).get("on_codes", ())
    if not mapped.keys() & set(codes):
        return policy
    written = [RosterCode(code, tuple(sorted(mapped[code]))) if code in mapped else code for code in codes]
    return {**policy, "duty": {**policy["duty"], "on_codes": written}}


def in_short(policy: Sections, language: Language = ENGLISH) -> list[str]:
    """What a policy allows to be seen of a person, in at most five sentences with the policy's own figures.

    They say when, where, on which way and how coarsely, and also what a weak policy shows; a key that the policy of an
    older version does not have gets no sentence.
    """
    duty, places, legs = (policy.get(section, {}) for section in ("duty", "places", "legs"))
    found = [_when(duty, language)] if "on_codes" in duty else []
    if "buffer_m" in places:
        near = "short.edge" if places["buffer_m"] == "0" else "short.near"
        found.append(language.say(near, buffer=language.decimal(str(places["buffer_m"]))))
    if "require_home" in places:
        found.append(language.say("short.home_required" if places["require_home"] else "short.home_not_required"))
    if "rule" in legs:
        found.append(_way(legs, language))
    return [*found, *_coarse(policy, language)]


def _when(duty: Mapping[str, Any], language: Language) -> str:
    if not duty["on_codes"]:
        return language.say("short.never")
    codes = _codes_in_words(duty["on_codes"], language)
    late_s = int(duty.get("late_edit_tolerance_s", 0))
    if late_s:
        return language.say("short.when_late", codes=codes, time=language.duration(late_s))
    return language.say("short.when", codes=codes)


def _way(legs: Mapping[str, Any], language: Language) -> str:
    if legs["rule"] != "anchored":
        return language.say("short.way_shown")
    hold_s = int(legs.get("hold_s", 0))
    return language.say("short.way_and_hold", time=language.duration(hold_s)) if hold_s else language.say("short.way")


def _coarse(policy: Sections, language: Language) -> list[str]:
    release, rotate = policy.get("release", {}), policy.get("pseudonym", {}).get("rotate")
    if "decimals" not in release or "time_step_s" not in release or rotate is None:
        return []
    name = language.say("short.name_for_ever" if rotate == "never" else f"short.name_{rotate}")
    time = language.duration(int(release["time_step_s"]))
    return [language.say("short.coarse", step=_step_m(release["decimals"], language), time=time, name=name)]


def _codes_in_words(codes: Iterable[str | RosterCode], language: Language) -> str:
    """Codes of duty, each by the words of the roster where the job maps some to it."""
    return language.listed([_code_in_words(code, language) for code in codes], "or")


def _code_in_words(code: str | RosterCode, language: Language) -> str:
    if isinstance(code, str):
        return language.say("list.quoted", text=code)
    words = _quoted(code.words, language, "or")
    return language.say("list.read_as", words=words, code=language.say("list.quoted", text=code.code))


def _quoted(values: Any, language: Language, last: str) -> str:
    return language.listed([language.say("list.quoted", text=str(value)) for value in values], last)


def _step_m(decimals: Any, language: Language) -> str:
    """The step of rounded positions, from north to south."""
    metres = METRES_PER_DEGREE / 10 ** int(decimals)
    if metres < 1:
        return language.say("policy.under_a_metre")
    unit, number = ("km", metres / 1000) if metres >= 1000 else ("m", metres)
    return language.say("policy.about", number=round(number), unit=unit)


Phrase = Callable[[Any, Language], tuple[str, bool]]


def _plain(key: str) -> Phrase:
    """A sentence with the value in it, which never weakens."""
    return lambda value, language: (language.say(key, value=value), False)


def _either(wanted: Callable[[Any], bool], good: str, weak: str) -> Phrase:
    """One of two sentences: the second weakens."""

    def phrase(value: Any, language: Language) -> tuple[str, bool]:
        is_good = wanted(value)
        return language.say(good if is_good else weak, value=language.decimal(str(value))), not is_good

    return phrase


def _seconds(zero: str, other: str, weakens: Callable[[int], bool]) -> Phrase:
    """A sentence for 0 seconds, and one for any other time."""

    def phrase(value: Any, language: Language) -> tuple[str, bool]:
        seconds = int(value)
        return language.say(other if seconds else zero, time=language.duration(seconds)), weakens(seconds)

    return phrase


def _up_to(key: str, most: int) -> Phrase:
    """A sentence with a number that weakens where it is larger than ``most``."""
    return lambda value, language: (language.say(key, value=language.decimal(str(value))), Decimal(value) > most)


def _codes(value: Any, language: Language) -> tuple[str, bool]:
    if not value:
        return language.say("policy.no_codes"), False
    return language.say("policy.codes", codes=_codes_in_words(value, language)), False


def _decimals(value: Any, language: Language) -> tuple[str, bool]:
    places = language.many("policy.places", int(value))
    return language.say("policy.decimals", places=places, step=_step_m(value, language)), int(value) > 4


def _extra(value: Any, language: Language) -> tuple[str, bool]:
    if not value:
        return language.say("policy.no_extra"), False
    return language.say("policy.extra", names=_quoted(value, language, "and")), True


def _keep_days(value: Any, language: Language) -> tuple[str, bool]:
    if int(value) == 0:
        return language.say("policy.keep_not_said"), False
    return language.say("policy.keep", time=language.many("duration.day", int(value))), False


def _rotate(value: Any, language: Language) -> tuple[str, bool]:
    return language.say(f"policy.rotate_{value}"), value == "never"


def _roster_audit(value: Any, language: Language) -> tuple[str, bool]:
    day = int(value["pay_cut_off_day"])
    codes = _quoted(value["rest_codes"], language, "and") if value["rest_codes"] else language.say("policy.no_rest")
    return (
        language.say(
            "policy.roster_audit",
            purpose=value["purpose"],
            recipients=language.listed(list(value["recipients"]), "and"),
            time=language.many("duration.day", int(value["keep_days"])),
            codes=codes,
            pay=language.say("policy.pay_on" if day else "policy.pay_not_said", day=str(day)),
        ),
        False,
    )


def _presence(value: Any, language: Language) -> tuple[str, bool]:
    tried = value["other_records"]
    other = language.say("policy.other_records" if tried else "policy.no_other_records", tried=tried)
    return language.say("policy.presence", other=other, **_for_whom(value, language)), False


def _site_days(value: Any, language: Language) -> tuple[str, bool]:
    target = str(value["target_percent"])
    agreed = language.say("policy.target" if int(target) else "policy.no_target", target=target)
    return (
        language.say(
            "policy.site_days",
            agreed=agreed,
            least=language.many("duration.minute", int(value["least_minutes"])),
            whole=language.many("duration.minute", int(value["day_minutes"])),
            **_for_whom(value, language),
        ),
        False,
    )


def _interests(value: Any, language: Language) -> tuple[str, bool]:
    names = [name for name in ("overlap", "hours", "rest", "approval", "review", "sickness") if value[name]]
    rules = [language.say(f"policy.interests_rule.{name}") for name in names]
    codes = _quoted(value["sick_codes"], language, "and") if value["sick_codes"] else language.say("policy.no_rest")
    said = language.say(
        "policy.interests",
        rules=language.listed(rules, "and") if rules else language.say("policy.no_interests_rule"),
        sickness=language.say("policy.interests_sick", codes=codes) if value["sickness"] else "",
        **_for_whom(value, language),
    )
    return said.rstrip(), False


def _for_whom(value: Any, language: Language) -> dict[str, str]:
    """What the sentences of all analyses of a release say: what for, for whom, for how long, and what is joined."""
    return {
        "purpose": value["purpose"],
        "recipients": language.listed(list(value["recipients"]), "and"),
        "time": language.many("duration.day", int(value["keep_days"])),
        "join": language.many("duration.second", int(value["join_s"])),
    }


def _signers(value: Any, language: Language) -> tuple[str, bool]:
    return language.say("policy.signers", names=_owners(value, language)), False


def _exceptions(value: Any, language: Language) -> tuple[str, bool]:
    if not value:
        return language.say("policy.no_exceptions"), False
    return language.say("policy.exceptions", names=_owners(value, language)), True


def _owners(keys: Any, language: Language) -> str:
    """The names of public keys."""
    return _quoted([key.partition("+")[0] for key in keys], language, "and")


def _never(seconds: int) -> bool:
    return False


_RULES: dict[str, tuple[str, Phrase]] = {
    "policy.name": (WHO, _plain("policy.name")),
    "policy.purpose": (WHO, _plain("policy.purpose")),
    "duty.on_codes": (WHO, _codes),
    "duty.late_edit_tolerance_s": (WHO, _seconds("policy.no_tolerance", "policy.tolerance", bool)),
    "policy.timezone": (WHO, _plain("policy.timezone")),
    "places.buffer_m": (WHERE, _either(lambda value: value != "0", "policy.buffer", "policy.no_buffer")),
    "accuracy.factor": (WHERE, _either(lambda value: value != "0", "policy.factor", "policy.no_factor")),
    "accuracy.max_m": (WHERE, _plain("policy.max_accuracy")),
    "accuracy.when_missing": (WHERE, _either(lambda value: value == "mask", "policy.missing", "policy.assumed")),
    "accuracy.zero": (WHERE, _either(lambda value: value != "missing", "policy.zero", "policy.zero_is_missing")),
    "legs.rule": (WHERE, _either(lambda value: value == "anchored", "policy.legs", "policy.no_legs")),
    "legs.max_gap_s": (WHERE, _seconds("policy.no_gap", "policy.gap", lambda s: s > LONGEST_GAP_S)),
    "legs.pass_by_s": (WHERE, _seconds("policy.no_passing", "policy.passing", lambda s: s > LONGEST_PASS_S)),
    "legs.hold_s": (WHERE, _seconds("policy.no_hold", "policy.hold", lambda s: s < LEAST_HOLD_S)),
    "legs.max_site_km2": (WHERE, _up_to("policy.max_site", LARGEST_KM2)),
    "places.require_home": (WHERE, _either(bool, "policy.home", "policy.no_home")),
    "places.max_km": (WHERE, _up_to("policy.far", MOST_KM)),
    "release.extra_columns": (HOW, _extra),
    "release.time_step_s": (HOW, _seconds("policy.step", "policy.step", _never)),
    "release.decimals": (HOW, _decimals),
    "pseudonym.rotate": (HOW, _rotate),
    "release.keep_superseded": (HOW, _either(lambda value: not value, "policy.withdrawn", "policy.kept")),
    "release.keep_days": (HOW, _keep_days),
    "analyses.roster_audit": (HOW, _roster_audit),
    "analyses.presence": (HOW, _presence),
    "analyses.site_days": (HOW, _site_days),
    "analyses.interests": (HOW, _interests),
    "agreement.keys": (HOW, _signers),
    "agreement.emergency_keys": (HOW, _exceptions),
}
