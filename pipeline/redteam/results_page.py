"""The page of `offduty attack -o`: when, what and by which policy, a sentence for each attack, and every figure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from offduty.pages.elements import Markup, el, joined
from offduty.pages.language import ENGLISH, Language, in_english
from offduty.pages.page import PageSection, code, p, table
from offduty.pages.page import page as whole_page
from offduty.redteam import summary
from offduty.redteam.results import HEAD, ResultRow, cells


def page(rows: Iterable[ResultRow], about: Sequence[str], language: Language = ENGLISH) -> bytes:
    """A page without scripts. ``about`` are sentences that say when it was made, of what, and by which policy; the
    seeds are taken from the rows. Names of attacks, worlds and masks, and findings, are in English in every language.
    """
    rows, say = list(rows), language.say
    seeds = sorted({row.seed for row in rows})
    told = [*about, *([language.many("attack_page.seeds", len(seeds), seeds=_listed(seeds))] if seeds else [])]
    title = say("attack_page.title")
    head = [
        el("h1", title),
        p(el("strong", in_english(summary.sentence(rows), language))),
        p(" ".join(told), class_="quiet"),
        p(say("attack_page.in_english")) if language is not ENGLISH else None,
    ]
    in_short = el("pre", in_english(summary.table(rows), language), class_="columns", tabindex=0)
    sections = [
        PageSection("in-short", say("attack_page.in_short"), in_short),
        PageSection("attacks", say("attack_page.does"), _sentences(rows, language)),
        PageSection("figures", say("attack_page.figures"), _figures(rows, language)),
    ]
    foot = p(language.markup("attack_page.foot", command=code("offduty attack")))
    return whole_page(title, joined(*head), sections, foot, language)


def _listed(seeds: Iterable[int]) -> str:
    return ", ".join(map(str, seeds))


def _sentences(rows: Iterable[ResultRow], language: Language) -> Markup:
    """What each attack that was tried does, by its number."""
    words = (row.attack.split()[0] for row in rows)
    numbers = sorted({int(word) for word in words if word.isdigit()})
    return el("ol", *(el("li", language.say(f"attack_does.{number}"), value=number) for number in numbers))


def _figures(rows: Sequence[ResultRow], language: Language) -> Markup:
    """Every figure of every row, without the columns that are empty in all of them."""
    lines = [cells(row) for row in rows]
    used = [k for k in range(len(HEAD)) if any(line[k] for line in lines)]
    heads = [in_english(HEAD[k], language) if HEAD[k] else language.say("attack_page.finding") for k in used]
    body = [[in_english(line[k], language) if line[k] else "" for k in used] for line in lines]
    return table(language.say("attack_page.caption"), heads, body)
