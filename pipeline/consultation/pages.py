"""Lays the pack out: a cover, the seven steps of an impact assessment, the questions, and a sheet for each worker."""

from __future__ import annotations

from collections.abc import Mapping

from offduty.consultation.gather import Pack
from offduty.consultation.questions import BLANK, NOT_ANSWERED, QUESTIONS, PackQuestion
from offduty.core.count_words import number_of
from offduty.pages.elements import Markup, el, joined
from offduty.pages.language import ENGLISH
from offduty.pages.page import PageSection, bullets, code, facts, notice, p, page, table
from offduty.report.sections.policy import policy_in_words

TITLE = "The pack for consultation"
SHEET = "What is done with your positions"
DESCRIBED = ("rules", "inputs", "holders", "runs", "codes", "gaps", "record-times", "retention")
OWN_ANSWERS = (
    "If the rules allow questions about duty: ask for your own copy of each answer, too. Those about presence, days on"
    " site and interests also list who asked a question about you alone, when, and why."
)
WEIGHED = ("lawful-basis", "which-law", "necessity", "less-intrusive", "analyses", "error-cards")
STEPS = (
    ("need", "1. The need", ("purpose", "why-now")),
    ("description", "2. What is done", DESCRIBED),
    ("consulted", "3. Who was consulted", ("agreements", "exceptions", "changes", "views")),
    ("proportion", "4. Necessity and proportion", (*WEIGHED, "controller", "notice", "own-copy")),
    ("risks", "5. Risks", ("attacks", "looked")),
    ("measures", "6. Measures", ("what-if", "trials", "weaker", "verified", "oversight")),
    ("sign-off", "7. Sign-off", ("dpo-advice", "decision", "review-date", "to-sign")),
)
"""Anchor, heading and parts of each step."""
HEADINGS = {
    "purpose": "What the positions are for",
    "rules": "The policy, in sentences",
    "inputs": "What is read",
    "holders": "Who holds what",
    "runs": "Figures, run by run",
    "codes": "Which work counts as duty",
    "gaps": "What is incomplete, and late",
    "record-times": "Tables without record times",
    "retention": "How long it is kept",
    "agreements": "Agreements in the log",
    "exceptions": "Exceptions",
    "changes": "What changed since the last agreement",
    "analyses": "Analyses that may be made",
    "error-cards": "How often an analysis is wrong",
    "notice": "Notice to staff",
    "own-copy": "The own copy",
    "attacks": "Attacks that were measured",
    "looked": "Who looked",
    "what-if": "What another policy would change",
    "trials": "Trials",
    "weaker": "Rules that are weaker than the defaults",
    "verified": "Verified from outside",
    "to-sign": "What is signed",
}
NO_FIGURES = "Nothing in the store or the policy answers this."
Parts = Mapping[str, Markup | None]


def unanswered(parts: Parts) -> list[PackQuestion]:
    """The questions that the parts do not answer."""
    return [each for each in QUESTIONS if not all(parts.get(anchor) for anchor in each.answered_at)]


def pack_page(pack: Pack, parts: Parts) -> bytes:
    """The pack as one page, without a script."""
    sections = [
        PageSection(anchor, heading, joined(*(_part(each, parts) for each in inside)))
        for anchor, heading, inside in STEPS
    ]
    foot = p("Made by ", code("offduty consult"), " from a store's log and a policy. It opened no position.")
    sections.append(PageSection("questions", "The questions", _questions(parts)))
    return page(TITLE, _cover(pack, parts), sections, foot)


def _cover(pack: Pack, parts: Parts) -> Markup:
    head = pack.entries[-1].head
    blank, questions = len(BLANK), f"{len(unanswered(parts))} of {len(QUESTIONS)} questions"
    return joined(
        el("h1", TITLE),
        notice(
            el("strong", f"{blank} fields for people and {questions} are {NOT_ANSWERED}."),
            " No program can answer them. This pack says nothing about whether the law is kept.",
        ),
        facts(
            ("Policy", f"{pack.policy.rules.policy.name} ({pack.policy.name})"),
            ("Hash of its rules", pack.policy.rules.sha256),
            ("Hash of its file", pack.policy.file_sha256),
            ("Log", f"{head.origin}, {number_of(head.size, 'entry', 'entries')}"),
            ("Root of the log", head.root.hex()),
        ),
    )


def _part(anchor: str, parts: Parts) -> Markup:
    blank = next((field for field in BLANK if field.anchor == anchor), None)
    heading = HEADINGS[anchor] if blank is None else blank.title
    body = parts.get(anchor)
    below = _blank() if blank is not None else body if body else p(NOT_ANSWERED, f": {NO_FIGURES}")
    return joined(el("h3", heading, id=anchor), below)


def _blank() -> Markup:
    return el("p", el("strong", NOT_ANSWERED), class_="notice")


def _questions(parts: Parts) -> Markup:
    open_ones = unanswered(parts)
    rows = [[each.asks, NOT_ANSWERED if each in open_ones else _links(each), each.after] for each in QUESTIONS]
    return table("Questions, and where they are answered", ["Question", "Answer", "After"], rows)


def _links(question: PackQuestion) -> Markup:
    links = [el("a", HEADINGS[anchor], href=f"#{anchor}") for anchor in question.answered_at]
    return joined(*(joined("; " if place else "", link) for place, link in enumerate(links)))


def notice_to_staff(pack: Pack) -> Markup:
    """What staff must be told (Art. 13), as far as the policy says it; the rest is left blank."""
    rules = pack.policy.rules
    analyses = rules.as_document().get("analyses", {})
    recipients = sorted({name for terms in analyses.values() for name in terms.get("recipients", ())})
    return facts(
        ("Purpose", rules.policy.purpose),
        ("Who gets positions", "analysts of the operator, under pseudonyms"),
        ("Who gets answers to questions", ", ".join(recipients) or "nobody: no analysis was agreed on"),
        ("Controller and data protection officer", NOT_ANSWERED),
        ("Lawful basis", NOT_ANSWERED),
        ("For how long", NOT_ANSWERED),
        ("Rights, and whom to ask", NOT_ANSWERED),
    )


def to_sign(pack: Pack) -> Markup:
    """What representatives sign: the hashes of the policy; that of the pack stands in no page of it."""
    return joined(
        facts(("policy", pack.policy.rules.sha256), ("file", pack.policy.file_sha256)),
        p("The third line is the hash of ", code("SHA256SUMS"), ", which lists the files of this pack."),
        p(code(f"offduty sign KEY --policy {pack.policy.name} --pack PACK -o NAME.note")),
    )


def worker_sheet(pack: Pack) -> bytes:
    """One page for everybody who is located."""
    head = joined(el("h1", SHEET), notice_to_staff(pack))
    sections = [
        PageSection("rules", "The rules", joined(*policy_in_words(pack.policy.rules.as_document(), ENGLISH))),
        PageSection(
            "rights",
            "What you can do",
            bullets(
                "Ask for your own copy: every position of yours that was released, under which entry of the roster.",
                OWN_ANSWERS,
                ENGLISH.say("answer.notice"),
                f"Contest it: {NOT_ANSWERED}",
                f"Ask your representative: {NOT_ANSWERED}",
            ),
        ),
    ]
    return page(SHEET, head, sections, p("Hash of the rules: ", code(pack.policy.rules.sha256)))
