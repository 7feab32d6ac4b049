"""Turns a policy into plain sentences, one for every key, and marks those that weaken the protection."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Sections = Mapping[str, Mapping[str, Any]]

LONGEST_GAP_S, LONGEST_PASS_S, LEAST_HOLD_S = 300, 300, 900
MOST_KM, LARGEST_KM2 = 500, 5
"""What lies beyond these weakens the protection: the defaults, and of passing by what `offduty init` proposes."""

WHO, WHERE, HOW = "Who can be seen, and when", "Where nobody can be seen", "What analysts get"


@dataclass(frozen=True)
class PolicySentence:
    """What one key of the policy means. ``weakens``: it weakens the protection, so a reader must not miss it."""

    key: str
    topic: str
    text: str
    weakens: bool = False


def sentences(policy: Sections) -> list[PolicySentence]:
    """A sentence for every key of a policy, as a manifest has it, in the order in which they are best read.

    A key of another version, which is not known here, is printed as it is: nothing is left out.
    """
    found = []
    for key, (topic, phrase) in _RULES.items():
        section, _, name = key.partition(".")
        if name in policy.get(section, {}):
            text, weakens = phrase(policy[section][name])
            found.append(PolicySentence(key, topic, text, weakens))
    known = set(_RULES)
    for section, values in policy.items():
        for name, value in values.items():
            if f"{section}.{name}" not in known:
                text = (
                    f"The policy also has {section}.{name} = {value}. This version of offduty cannot say it in words."
                )
                found.append(PolicySentence(f"{section}.{name}", HOW, text, weakens=True))
    return found


def differences(old: Sections, new: Sections) -> list[tuple[str, str]]:
    """The old and the new sentence of every key whose sentence changed; '' where a policy does not have the key."""
    before = {sentence.key: sentence.text for sentence in sentences(old)}
    now = {sentence.key: sentence.text for sentence in sentences(new)}
    keys = [*now, *(key for key in before if key not in now)]
    return [(before.get(key, ""), now.get(key, "")) for key in keys if before.get(key) != now.get(key)]


def duration(seconds: int) -> str:
    """Seconds in words, in the largest unit that divides them.

    >>> duration(60), duration(7_200), duration(90), duration(172_800)
    ('1 minute', '2 hours', '90 seconds', '2 days')
    """
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds and seconds % length == 0:
            return _many(seconds // length, unit)
    return _many(seconds, "second")


def _many(count: int, unit: str) -> str:
    return f"{count:,} {unit}" + ("" if count == 1 else "s")


def listed(words: list[str], last: str = "or") -> str:
    """Words as a list in a sentence, for at least one word.

    >>> listed(["duty"]), listed(["duty", "court", "training"])
    ('duty', 'duty, court or training')
    """
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def _name(value: Any) -> tuple[str, bool]:
    return f"These rules are called “{value}”.", False


def _purpose(value: Any) -> tuple[str, bool]:
    return (
        f"Released positions may be used for one purpose: “{value}”. For another purpose, every officer would have"
        " another pseudonym.",
        False,
    )


def _zone(value: Any) -> tuple[str, bool]:
    return (
        f"Days and roster times follow the clock of {value}, unless a roster entry names another time zone.",
        False,
    )


def _codes(value: Any) -> tuple[str, bool]:
    if not value:
        return "No kind of roster entry counts as duty, so nothing is released.", False
    codes = listed([f"“{code}”" for code in value])
    return (
        f"An officer is on duty only while the roster says {codes}. Any other entry, such as leave, rest, sickness or a"
        " break, takes duty away, even if another entry says duty for the same time.",
        False,
    )


def _tolerance(value: Any) -> tuple[str, bool]:
    if int(value) == 0:
        return (
            "The duty must have been on the roster when the position was taken, and it must still be there when the"
            " rules are applied. A later change of the roster can hide a position. It can never show one.",
            False,
        )
    return (
        f"The roster may still be changed up to {duration(int(value))} after a position was taken, and the change can"
        " make the position visible. For that long, nobody can be sure not to be put on duty afterwards.",
        True,
    )


def _max_accuracy(value: Any) -> tuple[str, bool]:
    return (
        f"A position is hidden if its device says that it may be more than {value} m off, or gives a figure that is not"
        " possible.",
        False,
    )


def _factor(value: Any) -> tuple[str, bool]:
    if value == "0":
        return (
            "The accuracy that a device states is ignored: a position is taken to be exactly where the device says.",
            True,
        )
    return (
        f"A position may be anywhere in a circle of {value} times the accuracy that its device states. The whole circle"
        " must be away from every protected place.",
        False,
    )


def _missing_accuracy(value: Any) -> tuple[str, bool]:
    if value == "mask":
        return "A position is hidden if its device does not say how far off it may be.", False
    return (
        f"If a device does not say how far off a position may be, {value} m are assumed, and the position can be"
        " released.",
        True,
    )


def _zero_accuracy(value: Any) -> tuple[str, bool]:
    if value == "missing":
        return (
            "A device that says it is 0 m off is treated as one that says nothing about it. This is right only for"
            " devices that write 0 if they do not know.",
            True,
        )
    return "A position is hidden if its device says that it is 0 m off: no device is that good.", False


def _buffer(value: Any) -> tuple[str, bool]:
    if value == "0":
        return "A position is hidden if it may be inside a protected place, but it is shown right next to one.", True
    return (
        f"A position is hidden if it may be inside a protected place, or within {value} m of one. A protected"
        " place is a home, or any other place where nobody may be located.",
        False,
    )


def _home(value: Any) -> tuple[str, bool]:
    if value:
        return "An officer whose home is not on record is not shown at all.", False
    return "Officers whose home is not on record are shown too: also at that home, and on the way to it.", True


def _far(value: Any) -> tuple[str, bool]:
    return (
        f"A home that is more than {value} km from every workplace is taken for a mistake. It is protected where it is,"
        " but it does not count as a home on record. If latitude and longitude seem to be swapped in it, its officer is"
        " not shown at all.",
        Decimal(value) > MOST_KM,
    )


def _legs(value: Any) -> tuple[str, bool]:
    if value == "anchored":
        return (
            "Not only a protected place is hidden, but also the whole way between it and work. Every part of a track"
            " that is shown begins and ends at a workplace, with no protected place in between.",
            False,
        )
    return (
        "The ways to and from home are not hidden; only the places themselves are. A track that breaks off points to"
        " what is hidden, and homes can be found that way.",
        True,
    )


def _silence(value: Any) -> tuple[str, bool]:
    seconds = int(value)
    if seconds == 0:
        return (
            "Only positions at workplaces are shown, because any time between two positions counts as a silence.",
            False,
        )
    return (
        f"If a device is silent for longer than {duration(seconds)}, the officer may have been at home. The ways to and"
        " from such a silence are hidden, as if it were a home.",
        seconds > LONGEST_GAP_S,
    )


def _passing(value: Any) -> tuple[str, bool]:
    seconds = int(value)
    if seconds == 0:
        return (
            "Driving past a place where nobody may be located counts as a visit, however short it was: the way before"
            " and after it is hidden too.",
            False,
        )
    return (
        f"Driving past a place that is protected for everyone, such as a school, within {duration(seconds)} does not"
        " count as a visit. The positions there are hidden, the way before and after them is shown. This never applies"
        " to the homes of officers.",
        seconds > LONGEST_PASS_S,
    )


def _hold(value: Any) -> tuple[str, bool]:
    seconds = int(value)
    if seconds == 0:
        return (
            "The first and last minutes of a duty are treated like the rest of it. They can tell how far from work an"
            " officer lives.",
            True,
        )
    return (
        f"The first and last {duration(seconds)} of each duty are hidden too, wherever the officer was. A part of a"
        " track may then begin or end away from a workplace, but it is still between two visits to one.",
        seconds < LEAST_HOLD_S,
    )


def _large_sites(value: Any) -> tuple[str, bool]:
    return (
        f"A workplace that is larger than {value} square kilometres does not count as one: the way home could lie"
        " inside it.",
        Decimal(value) > LARGEST_KM2,
    )


def _step(value: Any) -> tuple[str, bool]:
    return f"Times are rounded down to whole steps of {duration(int(value))}.", False


def _decimals(value: Any) -> tuple[str, bool]:
    metres = 111_320 / 10 ** int(value)
    step = (
        f"about {metres / 1000:,.0f} km" if metres >= 1000 else f"about {metres:,.0f} m" if metres >= 1 else "under 1 m"
    )
    places = _many(int(value), "decimal")
    return f"Positions are rounded to {places} of a degree: steps of {step} from north to south.", int(value) > 4


def _extra(value: Any) -> tuple[str, bool]:
    if not value:
        return (
            "For each position, analysts get the pseudonym, the time, the place, a class of accuracy and the kind of"
            " duty. They get nothing else.",
            False,
        )
    names = listed([f"“{name}”" for name in value], "and")
    return (
        "For each position, analysts get the pseudonym, the time, the place, a class of accuracy and the kind of duty."
        f" They also get, exactly as it was recorded: {names}.",
        True,
    )


def _superseded(value: Any) -> tuple[str, bool]:
    if value:
        return (
            "When a newer release replaces an older one, the older one stays readable. Two releases of the same time"
            " tell more than one.",
            True,
        )
    return "When a newer release replaces an older one, the older one is withdrawn.", False


def _keep_days(value: Any) -> tuple[str, bool]:
    if int(value) == 0:
        return "These rules do not say how long a release must be kept. It may be deleted at any time.", False
    return (
        f"A release must be kept for {_many(int(value), 'day')} after its last day. Every check names a release that"
        " was deleted earlier.",
        False,
    )


def _rotate(value: Any) -> tuple[str, bool]:
    if value == "never":
        return "An officer keeps the same pseudonym for ever, so all duties of an officer can be linked.", True
    return (
        f"An officer gets a new pseudonym every {value}. Duties under different pseudonyms cannot be linked by the"
        " pseudonym.",
        False,
    )


def _roster_audit(value: Any) -> tuple[str, bool]:
    codes = listed([f"“{code}”" for code in value["rest_codes"]] or ["none"], "and")
    day = int(value["pay_cut_off_day"])
    pay = f"hours are settled for pay on day {day} of each month" if day else "it is not said when hours are settled"
    return (
        "Changes that were made to the roster after the fact may be examined"
        f" (“{value['purpose']}”). The findings are for {listed(list(value['recipients']), 'and')}, and are deleted"
        f" after {_many(int(value['keep_days']), 'day')}. No position is read for it. Codes of rest, leave and"
        f" sickness: {codes}; {pay}.",
        False,
    )


def _for_whom(value: Any) -> str:
    return (
        f"(“{value['purpose']}”). The answers are for {listed(list(value['recipients']), 'and')}, and are deleted"
        f" after {_many(int(value['keep_days']), 'day')}"
    )


def _presence(value: Any) -> tuple[str, bool]:
    tried = value["other_records"]
    other = (
        f"Other records that were tried first: “{tried}”" if tried else "It is not said which other record was tried"
    )
    return (
        f"It may be asked on how much of the rostered duty a device was seen at work {_for_whom(value)}. Only released"
        f" positions are read; those at most {duration(int(value['join_s']))} apart count as one stretch. {other}.",
        False,
    )


def _site_days(value: Any) -> tuple[str, bool]:
    target = int(value["target_percent"])
    agreed = f"Agreed are {target} of 100 days" if target else "No number of days is agreed"
    return (
        f"It may be asked whether the agreed number of days on site can be shown {_for_whom(value)}. Only released"
        f" positions are read; those at most {duration(int(value['join_s']))} apart count as one stretch. A day counts"
        f" with {_many(int(value['least_minutes']), 'confirmed minute')} at a site, and is left out with less than"
        f" {_many(int(value['day_minutes']), 'minute')} of duty. {agreed}.",
        False,
    )


_RULES: dict[str, tuple[str, Callable[[Any], tuple[str, bool]]]] = {
    "policy.name": (WHO, _name),
    "policy.purpose": (WHO, _purpose),
    "duty.on_codes": (WHO, _codes),
    "duty.late_edit_tolerance_s": (WHO, _tolerance),
    "policy.timezone": (WHO, _zone),
    "places.buffer_m": (WHERE, _buffer),
    "accuracy.factor": (WHERE, _factor),
    "accuracy.max_m": (WHERE, _max_accuracy),
    "accuracy.when_missing": (WHERE, _missing_accuracy),
    "accuracy.zero": (WHERE, _zero_accuracy),
    "legs.rule": (WHERE, _legs),
    "legs.max_gap_s": (WHERE, _silence),
    "legs.pass_by_s": (WHERE, _passing),
    "legs.hold_s": (WHERE, _hold),
    "legs.max_site_km2": (WHERE, _large_sites),
    "places.require_home": (WHERE, _home),
    "places.max_km": (WHERE, _far),
    "release.extra_columns": (HOW, _extra),
    "release.time_step_s": (HOW, _step),
    "release.decimals": (HOW, _decimals),
    "pseudonym.rotate": (HOW, _rotate),
    "release.keep_superseded": (HOW, _superseded),
    "release.keep_days": (HOW, _keep_days),
    "analyses.roster_audit": (HOW, _roster_audit),
    "analyses.presence": (HOW, _presence),
    "analyses.site_days": (HOW, _site_days),
}
