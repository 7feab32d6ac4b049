"""Says for each signal of the roster audit what it may be without anybody's fault: it stands beside every finding."""

from __future__ import annotations

from offduty.pages.language import ENGLISH, Language

SIGNALS = tuple(f"R{number}" for number in range(1, 11))


def lawful_reasons(language: Language) -> dict[str, str]:
    """What each signal may be, without anybody's fault."""
    return {name: language.say(f"roster_audit.lawful.{name}") for name in SIGNALS}


LAWFUL = lawful_reasons(ENGLISH)
