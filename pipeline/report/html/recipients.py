"""Says from the policy for which purpose the data are, who gets them, how long they are kept, and where to complain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from offduty.pages.language import Language

Fact = tuple[str, str | None]


def recipients_and_retention(
    policy: Mapping[str, Any], language: Language, recipients: str = "first.recipients_are"
) -> list[Fact]:
    """Names and values for a list of facts, from a policy as a manifest has it.

    ``recipients`` is the message that says who the analysts are. Analyses that were agreed on are named with their own
    recipients.
    """
    keep_days = int(policy.get("release", {}).get("keep_days", 0))
    least = language.many("duration.day", keep_days)
    kept = language.say("first.kept_at_least", time=least) if keep_days else language.say("first.kept_not_said")
    return [
        (language.say("first.purpose"), language.say("first.purpose_of", text=policy["policy"]["purpose"])),
        (language.say("first.recipients"), language.say(recipients)),
        (language.say("first.kept"), kept),
        (language.say("first.analyses"), _analyses(policy, language)),
        (language.say("first.complain"), language.say("first.complain_to")),
    ]


def _analyses(policy: Mapping[str, Any], language: Language) -> str | None:
    """Every analysis that was agreed on, with its purpose, its recipients and how long its findings are kept."""
    agreed = [one for one in policy.get("analyses", {}).values() if isinstance(one, Mapping) and "recipients" in one]
    said = [
        language.say(
            "first.analysis",
            purpose=one["purpose"],
            recipients=language.listed(list(one["recipients"]), "and"),
            time=language.many("duration.day", int(one["keep_days"])),
        )
        for one in agreed
    ]
    return "; ".join(said) or None
