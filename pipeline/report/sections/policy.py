"""The section that says what the rules were, sentence by sentence, and which other rules were used before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from offduty.pages.elements import Markup, el, joined
from offduty.pages.language import Language
from offduty.pages.page import PageSection, code, p, table
from offduty.report.content import ReportContent
from offduty.report.html.labels import short_hash
from offduty.report.html.policy_text import (
    HOW,
    WHERE,
    WHO,
    PolicySentence,
    differences,
    in_roster_words,
    sentences,
)


def policy(content: ReportContent) -> PageSection:
    """The newest policy in full, and the differences of every other policy that was used."""
    newest_hash, newest = content.policies[-1]
    language = content.language
    parts = [
        p(language.say("policy.basis")),
        *policy_in_words(in_roster_words(newest, content.documents), language),
        p(language.markup("rules.hash", hash=code(newest_hash)), class_="quiet small"),
    ]
    for sha256, other in content.policies[:-1]:
        parts += _other(content, sha256, other, newest)
    return PageSection("rules", language.say("own.rules_heading"), joined(*parts))


def policy_in_words(document: Mapping[str, Any], language: Language) -> list[Markup]:
    """A policy as headings and lists of sentences."""
    found = sentences(document, language)
    parts: list[Markup] = []
    for topic in (WHO, WHERE, HOW):
        items = [_item(sentence, language) for sentence in found if sentence.topic == topic]
        parts += [el("h3", language.say(topic)), el("ul", *items)] if items else []
    return parts


def _item(sentence: PolicySentence, language: Language) -> Markup:
    if not sentence.weakens:
        return el("li", sentence.text)
    return el("li", el("strong", language.say("policy.weaker")), f" {sentence.text}", class_="warning")


def _other(content: ReportContent, sha256: str, other: Mapping[str, Any], newest: Mapping[str, Any]) -> list[Markup]:
    language = content.language
    runs = [run for run in content.runs.counted if run.document["policy_sha256"] == sha256]
    first = language.time(min(run.as_of_us for run in runs), content.zone)
    nothing = language.say("changes.nothing")
    rows = [(before or nothing, now or nothing) for before, now in differences(other, newest, language)]
    used = "rules.used.one" if len(runs) == 1 else "rules.used.other"
    heads = [language.say("rules.these"), language.say("rules.newest")]
    return [
        el("h3", language.say("rules.other", name=other["policy"]["name"])),
        p(language.markup(used, count=len(runs), first=first, hash=code(short_hash(sha256)))),
        table(language.say("rules.caption"), heads, rows),
    ]
