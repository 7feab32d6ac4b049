"""Says what was found about declared interests: figures that everybody may see, and one officer's own section. A4, A7.

A figure is about at least ten people of twenty or more, none of whom is more than half of it. Counts are in tens.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from offduty.analyses.common_rules import NOTICE, may_print
from offduty.analyses.error_cards import measured_lines, right_line
from offduty.analyses.interests import NOT_ASSESSED, RULES, Interests
from offduty.analyses.presence_summary import NOT_PRINTED, plain_rows
from offduty.core.count_words import number_of
from offduty.core.disclosure import printable, rounded
from offduty.pages.language import ENGLISH, Language

COLUMNS = ["rule", "findings", "cleared"]
MINUTES_OF = {"I1": "in common", "I2": "a week on average", "I3": "of rest at most", "I6": "in common"}
"""What the minutes of a finding are, by its rule."""
THEOREM = ENGLISH.say("interests.proves")
LIMITS = ENGLISH.say("interests.cannot_say")
WHOM = ENGLISH.say("interests.ask")
CARD_WORDS = ENGLISH.below("interests.card.")


def summary(found: Interests, language: Language = ENGLISH) -> dict[str, Any]:
    """What everybody may see, as a JSON document: rules with their lawful reasons, error card, and limits. No figure is
    about fewer than ten people; None stands where it is not printed. Its sentences are in the ``language``.
    """
    return {
        "analysis": "interests",
        "proves": language.say("interests.proves"),
        "purpose": found.terms.purpose,
        "recipients": list(found.terms.recipients),
        "keep_days": found.terms.keep_days,
        "officers_assessed": language.people(found.declaring, found.declaring),
        "interests_not_assessed": language.count(printable(found.not_assessed)),
        "from": "" if found.start is None else f"{found.start}",
        "to": "" if found.end is None else f"{found.end}",
        "release": "read" if found.with_release else "not read",
        "rules": [_with_words(row, found.with_release, language) for row in plain_rows(rules(found))],
        "error_card": dict(found.card),
        "cannot_say": language.say("interests.cannot_say"),
        "notice": language.say("answer.notice"),
        "ask": language.say("interests.ask"),
    }


def rules(found: Interests) -> pd.DataFrame:
    """How many findings each rule has that was agreed on, and how many of them a release clears, in tens: `COLUMNS`.

    None stands for what is about too few people; so it does where those that are cleared, or those that are not, are.
    """
    rows = [_rule(found, rule) for rule in found.rules]
    return pd.DataFrame(rows, columns=COLUMNS).astype({"findings": "Int64", "cleared": "Int64"})


def summary_text(document: Mapping[str, Any]) -> list[str]:
    """The summary as lines for people."""
    asked = document["from"] or document["to"]
    return [
        "Declared interests: whether they fit the rostered hours and their conditions",
        document["proves"],
        f"only for: {document['purpose']}; to be read by {', '.join(document['recipients'])} alone",
        f"to be deleted after {number_of(document['keep_days'], 'day')}",
        f"officers with a declared interest: {document['officers_assessed']}",
        f"interests that are not assessed: {document['interests_not_assessed']}",
        *([f"from {document['from'] or 'the beginning'} until before {document['to'] or 'the end'}"] if asked else []),
        "",
        *(line for row in document["rules"] for line in _rule_lines(row)),
        "",
        *card_text(document["error_card"]),
        "",
        document["cannot_say"],
        document["notice"],
        document["ask"],
    ]


def own_text(section: pd.DataFrame) -> list[str]:
    """One officer's section, as sentences. None of them has a word that judges (A7). Where an interest is not assessed
    no sentence says that there is no finding.
    """
    silent = section[section["state"] == NOT_ASSESSED]
    found = section[section["state"] != NOT_ASSESSED]
    lines = ["What register and roster say of the officer’s declared interests:", "", *_silent_lines(silent)]
    columns = (found[name].tolist() for name in found.columns)
    for rule, interest, begins, minutes, state, _ in zip(*columns, strict=True):
        about = f"interest {interest}" if interest else "all interests together"
        long = f", {minutes} min {MINUTES_OF[rule]}" if rule in MINUTES_OF else ""
        lines.append(f"{state} {rule}: {about}, from {begins}{long}.")
        lines.append(f"    {ENGLISH.say(f'interests.question.{rule}')}. It may be: {_lawful(rule, ENGLISH)}.")
    if found.empty:
        lines.append("No finding." if silent.empty else "About any other interest nothing was found.")
    return [*lines, "", THEOREM, LIMITS, NOTICE, WHOM]


def _silent_lines(silent: pd.DataFrame) -> list[str]:
    """The interests that are not assessed: how many, and each with its reason."""
    if silent.empty:
        return []
    names = [f"interest {name}" if name else "no interest is named" for name in silent["interest_id"]]
    return [
        f"{NOT_ASSESSED}: {number_of(len(silent), 'interest')}. Ask whoever keeps the register to correct it.",
        *(f"    {name}: {why}." for name, why in zip(names, silent["why"], strict=True)),
    ]


def card_text(card: Mapping[str, Any]) -> list[str]:
    """The error card as lines; one line where there is none."""
    if not card:
        return ["No error card."]
    return [*measured_lines(card, "forces", CARD_WORDS), right_line(card, ENGLISH.say("interests.card_true"))]


def _rule(found: Interests, rule: str) -> dict[str, Any]:
    mine = found.findings[found.findings["rule"] == rule]
    figure = _counted(mine, found.declaring)
    cleared, others = (_counted(mine[mine["cleared"] == state], found.declaring) for state in (True, False))
    known = rule == "I1" and found.with_release and None not in (figure, cleared, others)
    return {"rule": rule, "findings": figure, "cleared": cleared if known else None}


def _counted(findings: pd.DataFrame, everybody: int) -> int | None:
    amounts = {str(who): int(count) for who, count in findings.groupby("officer").size().items()}
    return rounded(len(findings)) if may_print(amounts, everybody) else None


def _with_words(row: dict[str, Any], with_release: bool, language: Language) -> dict[str, Any]:
    """A row with its question, its figures in words, and its lawful reasons."""
    not_printed = language.say("answer.not_printed")
    printed, cleared = (
        not_printed if row[name] is None else language.say("answer.about", count=row[name])
        for name in ("findings", "cleared")
    )
    if row["rule"] != "I1":
        cleared = language.say("interests.not_for_this")
    elif not with_release:
        cleared = language.say("answer.not_assessed")
    return {
        **row,
        "question": language.say(f"interests.question.{row['rule']}"),
        "printed": printed,
        "printed_cleared": cleared,
        "lawful_reasons": _lawful(row["rule"], language),
    }


def _lawful(rule: str, language: Language) -> str:
    return language.say(f"interests.lawful.{rule}")


def _rule_lines(row: Mapping[str, Any]) -> list[str]:
    cleared = f"; cleared: {row['printed_cleared']}" if row["rule"] == "I1" else ""
    return [
        f"  {row['rule']} {row['question']}: {row['printed']}{cleared}",
        f"      It may be: {row['lawful_reasons']}.",
    ]


__all__ = ["NOT_PRINTED", "RULES", "card_text", "own_text", "rules", "summary", "summary_text"]
