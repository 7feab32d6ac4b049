"""Lays out the page of an answer: what it cannot prove, the figures, the error card, its limits, and whom to ask (A8).

A page is made from the document that everybody may see, and from nothing else, so it says nothing that the document
does not. Its sentences are those of the catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from offduty.analyses.error_cards import right_of_100, two_decimals
from offduty.pages.elements import Markup, el, joined
from offduty.pages.language import Language
from offduty.pages.page import PageSection, code, p, render, table


def answer_page(
    name: str,
    document: Mapping[str, Any],
    language: Language,
    figures: Sequence[PageSection],
    more_facts: Sequence[tuple[str, str]] = (),
    below: str | None = None,
) -> bytes:
    """The page of the question ``name`` (presence, site_days or roster_audit), with these sections of ``figures``.

    ``document`` is that of `summary`, in the same language. ``below`` is a further sentence under the limits.
    """
    limits = joined(p(document["cannot_say"]), p(below) if below else None)
    return render(
        "answer.html",
        language,
        title=language.say(f"{name}.title"),
        proves=document["proves"],
        facts=[*_facts(name, document, language), *more_facts],
        sections=[
            *figures,
            PageSection(
                "wrong", language.say("answer.wrong"), error_card_tables(name, document["error_card"], language)
            ),
            PageSection("limits", language.say("answer.limits"), limits),
            PageSection("ask", language.say("answer.whom"), whom_to_ask(document["ask"], language)),
        ],
        command=code(f"offduty {document['analysis']}"),
    )


def folded(language: Language, figures: Markup) -> Markup:
    """A table that is opened by whoever wants the figures of a picture; in print it is open."""
    return el("details", el("summary", language.say("answer.as_table")), figures)


def count_or_not(language: Language, number: int | None, key: str = "answer.about") -> str:
    """A rounded figure in words, or that it is not printed."""
    return language.say("answer.not_printed") if number is None else language.say(key, count=number)


def weeks_between(first: str | None, last: str | None, language: Language) -> str:
    """Some weeks by their first and last Monday; None is an end of which nobody is told when it is."""
    if first is None:
        return language.say("answer.weeks_all") if last is None else language.say("answer.weeks_until", last=last)
    if last is None:
        return language.say("answer.weeks_from", first=first)
    return first if first == last else language.say("answer.interval", first=first, last=last)


def unit_or_all(name: str, language: Language) -> str:
    """The name of a unit; where there is none, the figures are of all units together."""
    return name or language.say("answer.all_units")


def percent_or_not(language: Language, percent: int | None) -> str:
    """A share that was rounded down, in words, or that it is not printed."""
    return count_or_not(language, percent, "answer.percent_or_more")


def whom_to_ask(ask: str, language: Language) -> Markup:
    """Whom to ask first; what those who are in the figures may do; and how to check them without trusting the page."""
    contest = language.say("answer.contest", to=language.say("first.complain_to"))
    return joined(p(ask), p(contest), p(language.markup("answer.check", command=code("offduty verify"))))


def _facts(name: str, document: Mapping[str, Any], language: Language) -> list[tuple[str, str]]:
    assessed = document["officers"] if "officers" in document else document["officers_assessed"]
    return [
        (language.say("answer.purpose"), document["purpose"]),
        (language.say("answer.recipients"), ", ".join(document["recipients"])),
        (language.say("answer.keep"), language.many("duration.day", document["keep_days"])),
        (language.say("interests.officers" if name == "interests" else "answer.assessed"), assessed),
    ]


def error_card_tables(name: str, card: Mapping[str, Any], language: Language) -> Markup:
    """The error card of the question ``name`` as tables: shares, their intervals, and what a conclusion is worth."""
    if not card:
        return p(language.say("answer.no_card"))
    first, last = (str(seed) for seed in card["worlds"]["seeds"])
    rows = [
        [words, _decimal(card[figure]["percent"], language), _interval(card[figure], language)]
        for figure, words in language.below(f"{name}.card.").items()
        if figure in card
    ]
    heads = [language.say(f"answer.card_{head}") for head in ("what", "percent", "interval")]
    shares = table(language.say("answer.card_caption"), heads, rows, frozenset({1, 2}))
    about = p(language.say("answer.measured", first=first, last=last))
    right = right_of_100(card)
    silence = card.get("rules_that_take_silence_for_absence")
    return joined(
        about,
        shares,
        _true(name, right, language) if right else None,
        None if silence is None else _silence(name, silence, language),
    )


def _true(name: str, right: Mapping[str, str], language: Language) -> Markup:
    rows = [[language.decimal(share), language.decimal(number)] for share, number in right.items()]
    heads = [language.say(f"{name}.card_true_{head}") for head in ("share", "of")]
    said = table(language.say(f"{name}.card_true_caption"), heads, rows, frozenset({1}))
    return joined(p(language.say(f"{name}.card_true")), said)


def _silence(name: str, silence: Mapping[str, Any], language: Language) -> Markup:
    """What rules that take silence for something would do to people who worked."""
    by_rule = {rule.replace(" ", "_"): found["worked_windows_wronged"] for rule, found in silence.items()}
    rows = [
        [words, _decimal(wrong["percent"], language), _interval(wrong, language)]
        for rule, words in language.below(f"{name}.silence_rules.").items()
        for wrong in (by_rule[rule],)
    ]
    heads = [
        language.say(f"{name}.silence_rule"),
        language.say(f"{name}.silence_wrong"),
        language.say("answer.card_interval"),
    ]
    said = table(language.say(f"{name}.silence_caption"), heads, rows, frozenset({1, 2}))
    return joined(p(language.say(f"{name}.silence")), said)


def _interval(figure: Mapping[str, Any], language: Language) -> str:
    first, last = (_decimal(figure[end], language) for end in ("from", "to"))
    return language.say("answer.interval", first=first, last=last)


def _decimal(number: float, language: Language) -> str:
    return language.decimal(two_decimals(number))
