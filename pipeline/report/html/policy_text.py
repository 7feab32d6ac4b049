"""Turns a policy into plain sentences: one for every key, and the keys that weaken it are said loudly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Sections = Mapping[str, Mapping[str, Any]]

WHO, WHERE, HOW = "Who can be seen, and when", "Where nobody can be seen", "What analysts get"


@dataclass(frozen=True)
class PolicySentence:
    """What one key of the policy says. ``loud``: it weakens the protection, and a reader must not miss it."""

    key: str
    topic: str
    text: str
    loud: bool = False


def sentences(policy: Sections) -> list[PolicySentence]:
    """All keys of a policy, as a manifest holds it, in the order in which they are best read.

    A key that is not known here, from another version, is said as it stands: nothing is passed over.
    """
    found = []
    for key, (topic, say) in _RULES.items():
        section, _, name = key.partition(".")
        if name in policy.get(section, {}):
            text, loud = say(policy[section][name])
            found.append(PolicySentence(key, topic, text, loud))
    known = set(_RULES)
    for section, values in policy.items():
        for name, value in values.items():
            if f"{section}.{name}" not in known:
                text = f"The policy also says {section}.{name} = {value}, which this version cannot put in words."
                found.append(PolicySentence(f"{section}.{name}", HOW, text, loud=True))
    return found


def differences(old: Sections, new: Sections) -> list[tuple[str, str]]:
    """What was said before and what is said now, for every key of which the sentence changed; '' where there was none."""
    before = {sentence.key: sentence.text for sentence in sentences(old)}
    now = {sentence.key: sentence.text for sentence in sentences(new)}
    keys = [*now, *(key for key in before if key not in now)]
    return [(before.get(key, ""), now.get(key, "")) for key in keys if before.get(key) != now.get(key)]


def duration(seconds: int) -> str:
    """Seconds in the largest unit that divides them.

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
    """Words as a list in a sentence.

    >>> listed(["duty"]), listed(["duty", "court", "training"])
    ('duty', 'duty, court or training')
    """
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def _name(value: Any) -> tuple[str, bool]:
    return f"These rules are called “{value}”.", False


def _purpose(value: Any) -> tuple[str, bool]:
    return (
        f"Released positions may be used for one purpose: “{value}”. For any other purpose every officer would stand under"
        " another pseudonym.",
        False,
    )


def _zone(value: Any) -> tuple[str, bool]:
    return (
        f"Days begin, and roster times are read, by the clocks of {value}, unless an entry of the roster names others.",
        False,
    )


def _codes(value: Any) -> tuple[str, bool]:
    if not value:
        return "No kind of roster entry counts as duty, so nothing is released.", False
    codes = listed([f"“{code}”" for code in value])
    return (
        f"An officer is on duty only while the roster says {codes}. Anything else that it says, such as leave, rest, sickness"
        " or a break, takes duty away, whoever also says otherwise.",
        False,
    )


def _tolerance(value: Any) -> tuple[str, bool]:
    if int(value) == 0:
        return (
            "The duty must have been on the roster when the position was taken, and still be on it when the rules were"
            " applied. Changing the roster afterwards can hide a position, and never show one.",
            False,
        )
    return (
        f"The roster may still be changed up to {duration(int(value))} after a position was taken, and make it visible. For"
        " that long nobody can be sure of not being put on duty afterwards.",
        True,
    )


def _most_error(value: Any) -> tuple[str, bool]:
    return (
        f"A position is hidden when its device says that it may be more than {value} m off, or gives a figure that cannot be.",
        False,
    )


def _factor(value: Any) -> tuple[str, bool]:
    if value == "0":
        return (
            "The error that a device states is passed over: a position counts as being exactly where it says it is.",
            True,
        )
    return (
        f"A position counts as being anywhere within {value} times the error that its device states; all of that circle must"
        " be away from every protected place.",
        False,
    )


def _no_error(value: Any) -> tuple[str, bool]:
    if value == "mask":
        return "A position is hidden when its device does not say how far off it may be.", False
    return (
        f"When a device does not say how far off a position may be, {value} m are assumed, and it can be released.",
        True,
    )


def _buffer(value: Any) -> tuple[str, bool]:
    if value == "0":
        return "A position is hidden when it may lie in a protected place, and shown right next to one.", True
    return (
        f"A position is hidden when it may lie in, or within {value} m of, a protected place: a home, or anywhere else where"
        " nobody may be located.",
        False,
    )


def _home(value: Any) -> tuple[str, bool]:
    if value:
        return "An officer whose home is not on record is not shown at all.", False
    return "Officers whose home is not on record are shown all the same, at that home and on the way there too.", True


def _legs(value: Any) -> tuple[str, bool]:
    if value == "anchored":
        return (
            "The whole way between work and a protected place is hidden too, not only the place. Every stretch that is shown"
            " begins and ends at a workplace, with no protected place on the way.",
            False,
        )
    return (
        "The ways to and from home are not hidden; only the places themselves are. Where a track breaks off points at what"
        " is hidden behind it, and homes can be found that way.",
        True,
    )


def _hold(value: Any) -> tuple[str, bool]:
    if int(value) == 0:
        return "The first and the last minutes of a duty are shown like any other.", False
    return (
        f"The first and the last {duration(int(value))} of each duty are hidden as well, wherever they were spent: a stretch"
        " is then shown from wherever somebody was by that time, though it lies between two workplaces all the same.",
        False,
    )


def _step(value: Any) -> tuple[str, bool]:
    return f"Times are cut down to whole steps of {duration(int(value))}.", False


def _decimals(value: Any) -> tuple[str, bool]:
    metres = 111_320 / 10 ** int(value)
    about = f"{metres / 1000:,.0f} km" if metres >= 1000 else f"{metres:,.0f} m" if metres >= 1 else "less than 1 m"
    places = _many(int(value), "decimal")
    return f"Positions are rounded to {places} of a degree: steps of {about}, about, from north to south.", int(
        value
    ) > 4


def _extra(value: Any) -> tuple[str, bool]:
    if not value:
        return (
            "Of a position they get the pseudonym, the time, the place, a class of accuracy and the kind of duty, and nothing"
            " more.",
            False,
        )
    names = listed([f"“{name}”" for name in value], "and")
    return f"Besides pseudonym, time, place, accuracy and kind of duty they get, as it was recorded: {names}.", True


def _rotate(value: Any) -> tuple[str, bool]:
    if value == "never":
        return "An officer keeps one pseudonym for good, so all that he or she ever did on duty can be linked.", True
    return (
        f"An officer gets a new pseudonym every {value}; duties under different pseudonyms cannot be linked by them.",
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
    "accuracy.max_m": (WHERE, _most_error),
    "accuracy.when_missing": (WHERE, _no_error),
    "legs.rule": (WHERE, _legs),
    "legs.hold_s": (WHERE, _hold),
    "places.require_home": (WHERE, _home),
    "release.extra_columns": (HOW, _extra),
    "release.time_step_s": (HOW, _step),
    "release.decimals": (HOW, _decimals),
    "pseudonym.rotate": (HOW, _rotate),
}
