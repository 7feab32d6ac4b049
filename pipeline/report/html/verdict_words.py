"""Says in the language of a page what to take away of all checks: in English it is what `verify` says itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from offduty.core.disclosure import magnitude
from offduty.pages.elements import Markup, joined
from offduty.pages.language import Language, in_english
from offduty.verify.meanings import BROKEN_OFF, MEANINGS
from offduty.verify.verdict import DECISIONS, WIDENINGS, Check, Status, came_out_later, covered, gives, not_known


def verdict_in_words(checks: Sequence[Check] | None, language: Language) -> Markup:
    """The sentences of `report.data.verification.verdict`, in the language. What a check says that is not in the
    catalogue is in English, and marked so.
    """
    if not checks:
        return language.markup("verdict.unverified")
    failed = [check for check in checks if check.status is Status.FAIL]
    passed = sum(check.status is Status.PASS for check in checks)
    undone = [check for check in checks if check.status is Status.NOT_DONE]
    if failed:
        wrong = _many("verdict.wrong", len(failed), language, what=_wrong(failed, language))
        made = _made(passed, len(undone), language)
        return joined(wrong, " ", made, ". ", language.markup("verdict.do_not_rely"))
    if not passed:
        return language.markup("verdict.none")
    spared = covered(checks)
    made = _made(passed, len(undone), language)
    if unknown := list(_not_known([check for check in undone if check not in spared], language)):
        made = language.markup("verdict.unknown", made=made, what=_listed(unknown))
    parts = [language.markup("verdict.right"), " ", made, "."]
    for check in spared:
        parts += [" ", language.markup("verdict.covered", number=check.number, other=DECISIONS)]
    if rows := came_out_later(checks):
        number = magnitude(rows, language.counts)
        parts += [" ", language.markup("verdict.later", number=WIDENINGS, rows=number)]
    return joined(*parts)


def _made(passed: int, undone: int, language: Language) -> Markup:
    """How many checks passed, and how many could not be made if there are any."""
    words = _many("verdict.passed", passed, language)
    return _many("verdict.undone", undone, language, passed=words) if undone else words


def _wrong(failed: Sequence[Check], language: Language) -> Markup:
    """What each check found, and of which all that was found is a consequence."""
    found = [(check.number, _meaning(check, language)) for check in failed if not check.follows]
    if follow := ", ".join(check.number for check in failed if check.follows):
        found.append((follow, language.say("verdict.follows")))
    return _listed([language.markup("verdict.found", number=number, meaning=meaning) for number, meaning in found])


def _meaning(check: Check, language: Language) -> str:
    """What the FAIL means; a meaning that is this check's alone, as of an altered table, is in English."""
    fail = check.meaning.fail
    if check.number in MEANINGS and fail == MEANINGS[check.number].fail:
        return language.say(f"verdict_fail.{check.number}")
    return language.say("verdict.broken_off") if fail == BROKEN_OFF.fail else in_english(fail, language)


def _not_known(undone: Sequence[Check], language: Language) -> Iterator[Markup]:
    """What is not known because a check could not be made, and what to give to have it made."""
    for question, asked in not_known(undone):
        if question is None:
            for check in asked:
                name = in_english(check.name, language)
                yield language.markup("verdict.whether", name=name, number=check.number)
            continue
        what, numbers = language.say(f"verdict_open.{question.checks[0]}"), ", ".join(check.number for check in asked)
        if gives(question, asked):
            yield language.markup("verdict.give", what=what, numbers=numbers, option=question.option)
        else:
            yield language.markup("verdict.see", what=what, numbers=numbers)


def _listed(parts: Sequence[Markup]) -> Markup:
    """The parts with semicolons between them."""
    return joined(parts[0], *(joined("; ", part) for part in parts[1:]))


def _many(key: str, count: int, language: Language, **values: object) -> Markup:
    """The message for a number, as `Language.many`, with values that may be markup."""
    return language.markup(f"{key}.{'one' if count == 1 else 'other'}", count=count, **values)
