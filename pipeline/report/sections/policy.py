"""The part of a report that says what the rules were, sentence by sentence, and which others were used before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from offduty.report.content import ReportContent
from offduty.report.html.elements import Markup, el, joined
from offduty.report.html.labels import moment, short
from offduty.report.html.page import PageSection, code, p, table
from offduty.report.html.policy_text import HOW, WHERE, WHO, differences, sentences


def rules(told: ReportContent) -> PageSection:
    """The newest policy in full, and what differed in each of the others."""
    newest_hash, newest = told.policies[-1]
    parts = [
        p("A position is hidden unless all of this proves that it may be seen. What is not known hides it too."),
        *in_words(newest),
        p("Hash of these rules: ", code(newest_hash), class_="quiet small"),
    ]
    for sha256, policy in told.policies[:-1]:
        parts += _other(told, sha256, policy, newest)
    return PageSection("rules", "What the rules were", joined(*parts))


def in_words(policy: Mapping[str, Any], level: str = "h3") -> list[Markup]:
    """A policy as headings and lists of sentences."""
    said = sentences(policy)
    parts: list[Markup] = []
    for topic in (WHO, WHERE, HOW):
        items = [
            el(
                "li",
                el("strong", "Weaker than usual: ") if one.loud else None,
                one.text,
                class_="loud" if one.loud else None,
            )
            for one in said
            if one.topic == topic
        ]
        parts += [el(level, topic), el("ul", *items)] if items else []
    return parts


def _other(told: ReportContent, sha256: str, policy: Mapping[str, Any], newest: Mapping[str, Any]) -> list[Markup]:
    runs = [run for run in told.chosen.counted if run.document["policy_sha256"] == sha256]
    first = min(run.as_of_us for run in runs)
    rows = [(before or "nothing", now or "nothing") for before, now in differences(policy, newest)]
    many = "one run" if len(runs) == 1 else f"{len(runs)} of the runs"
    return [
        el("h3", f"Other rules, used before: “{policy['policy']['name']}”"),
        p(f"Used for {many} counted here, first as of {moment(first, told.zone)}. Hash ", code(short(sha256)), "."),
        table("What they said otherwise", ["Those rules", "The newest rules"], rows),
    ]
