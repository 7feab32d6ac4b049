"""Makes the parts of the pack, each under its anchor; one that has nothing to say is None, and answers no question.

What a part says is a figure with its run or seed, words of the policy, or what the log has. Nothing here judges.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from offduty.analyses.answer_page import error_card_tables
from offduty.analyses.policy_comparison import differing_keys
from offduty.consultation.gather import (
    AgreedAnalysis,
    Pack,
    analyses_of,
    attacks_measured,
    changes_since,
    deletions,
    figures_of,
    gaps_of,
    looked,
    signers_of,
    tried,
    weaker,
)
from offduty.core.count_words import number_of
from offduty.core.reasons import Reason
from offduty.pages.elements import Markup, el, joined
from offduty.pages.language import ENGLISH
from offduty.pages.page import bullets, code, facts, notice, p, table
from offduty.report.sections.policy import policy_in_words

FIGURES = ["Entry", "Run", "Policy", "From", "To", "Released", "Hidden", "Late edits", "Unreadable"]
TRIED = ["Entry", "Trial", "Policy", "From", "To", "Tried on"]
LOOKED = ["Entry", "When", "Question", "Role", "Reason"]
DELETED = ["Entry", "When", "Older than", "Files", "Reason"]
CROSSED = ["Attack", "World", "Policy", "Officers", "Duties", "Seed", "Within 50 m", "Lift", "AUC", "Finding", "Line"]
NO_CLAIM = ["Attack", "World", "Seed", "Finding"]
HOLDERS = (
    ("Positions as they came", "engineers of the operator, who run the filter", "each position, with its device"),
    ("Release", "analysts", "what the rules below allow, under pseudonyms"),
    ("Ledger", "auditors", "one reason for each row; no position, time, device or officer"),
    ("Quarantine", "data engineers", "rows that cannot be read, complete"),
    ("Reference tables", "engineers of the operator", "who had which device, the roster, homes, workplaces"),
    ("Pseudonym key", "engineers of the operator", "what makes the pseudonyms"),
    ("Log", "everybody who is given a copy", "what was run, under which rules, and the hashes of all files"),
)
PACKS_LEFT_OUT = (
    "Packs are not in this list, so that one that is made again has the same bytes. The log has an entry for each of"
    " them. No terms are agreed on for a pack, nor for a comparison of policies: they ask nothing about staff."
)
MEASURED = (
    "Measured on made-up forces, with the rules of offduty, not on this store; each row has its seed. A line is what is"
    " promised of an attack. A lift is how many times as many homes it finds as a blind guess: 1 is no better. An AUC"
    " of 0.5 is a coin, and no AUC is a share of right guesses."
)
TERMS = (
    "Names and values are those of the policy file, which is said above in sentences. keep_days is a promise of the"
    " operator: no program deletes an answer. Ask who does."
)
TWO_MONTHS = "For comparison: the CNIL recommends two months for the positions of employees' vehicles."


def parts_of(pack: Pack) -> dict[str, Markup | None]:
    """Every part by its anchor."""
    made: dict[str, Callable[[Pack], Markup | None]] = {
        "purpose": _purpose,
        "rules": lambda each: joined(*policy_in_words(each.policy.rules.as_document(), ENGLISH)),
        "inputs": _inputs,
        "holders": lambda each: table("As offduty divides it", ["What", "Who", "What is in it"], HOLDERS),
        "runs": _runs,
        "codes": _codes,
        "gaps": _gaps,
        "record-times": _record_times,
        "retention": _retention,
        "agreements": _agreements,
        "exceptions": _exceptions,
        "changes": _changes,
        "analyses": _analyses,
        "error-cards": _error_cards,
        "attacks": _attacks,
        "looked": _looked,
        "what-if": _what_if,
        "trials": lambda each: _rows("Policies that were tried out", TRIED, tried(each), "No policy was tried out."),
        "weaker": _weaker,
        "verified": _verified,
        "own-copy": lambda each: _command("offduty report STORE --officer ID --inputs JOB.toml", "makes the own copy."),
    }
    return {anchor: make(pack) for anchor, make in made.items()}


def _purpose(pack: Pack) -> Markup:
    rules = pack.policy.rules
    return facts(("Policy", rules.policy.name), ("Purpose", rules.policy.purpose), ("Time zone", rules.policy.timezone))


def _inputs(pack: Pack) -> Markup | None:
    document = pack.newest
    if not document:
        return None
    tables: dict[str, int] = {}
    for given in document["inputs"]:
        tables[given["table"]] = tables.get(given["table"], 0) + 1
    rows = [[name, str(count), document["run_id"][:12]] for name, count in tables.items()]
    return table("Tables that the newest run read", ["Table", "Files", "Run"], rows, frozenset({1}))


def _runs(pack: Pack) -> Markup | None:
    rows = [figures_of(run) for run in pack.runs]
    numbers = frozenset(range(5, len(FIGURES)))
    return table("Positions by run, in tens", FIGURES, rows, numbers) if rows else None


def _codes(pack: Pack) -> Markup:
    taking = pack.newest.get("taking_codes", [])
    found = ", ".join(taking) or "none that ten officers have"
    return facts(
        ("Codes that make duty", ", ".join(pack.policy.rules.duty.on_codes) or "none"),
        ("Codes of the newest run that take duty away", found if pack.newest else None),
        ("Run", str(pack.newest["run_id"]) if pack.newest else None),
    )


def _gaps(pack: Pack) -> Markup | None:
    if not pack.newest:
        return None
    rows = [[what, name, pack.newest["run_id"][:12]] for what, name in gaps_of(pack.newest)]
    late = figures_of(next(run for run in pack.runs if run.document is pack.newest))[-2]
    rows.append([f"{late} {Reason.LATE_EDIT.because}", "roster", pack.newest["run_id"][:12]])
    return table("What was incomplete or late in the newest run", ["How many, and what", "Table", "Run"], rows)


def _record_times(pack: Pack) -> Markup | None:
    if not pack.newest:
        return None
    names = pack.newest.get("without_record_times", [])
    if not names:
        return p("Every table of the newest run has record times.")
    return notice(
        f"Rows without a record time: {', '.join(names)}. What is edited in them later is not noticed by a run."
    )


def _retention(pack: Pack) -> Markup:
    days = pack.policy.rules.release.keep_days
    least = (
        f"A release is kept for {number_of(days, 'day')} at least."
        if days
        else "The policy sets no time for which it is kept."
    )
    gone = _rows("What was deleted", DELETED, deletions(pack), "Nothing was deleted.")
    return joined(p(least, " It sets no time after which a release must be deleted. ", TWO_MONTHS), gone)


def _agreements(pack: Pack) -> Markup | None:
    rows = []
    for entry in pack.agreements:
        found = entry.document
        hashes = [found["policy_sha256"][:12], found["pack_sha256"][:12] or "none"]
        rows.append([str(entry.number), found["recorded_at"], signers_of(found), *hashes])
    return table("Agreements", ["Entry", "When", "Signed by", "Policy", "Pack"], rows) if rows else None


def _exceptions(pack: Pack) -> Markup:
    rows = []
    for entry in pack.exceptions:
        found = entry.document
        words = [found["until"], signers_of(found), found["because"], found["policy_sha256"][:12]]
        rows.append([str(entry.number), *words])
    if not rows:
        return p("The log has no exception.")
    heads = ["Entry", "Until", "Signed by", "Reason", "Policy"]
    return joined(notice("A policy was put in force without an agreement."), table("Exceptions", heads, rows))


def _changes(pack: Pack) -> Markup | None:
    changed = changes_since(pack)
    if changed is None:
        return None
    if not changed:
        return p("The policy is the one that was agreed on last, or says the same in all its sentences.")
    rows = [(before or "nothing", now or "nothing") for before, now in changed]
    return table("What changed since the last agreement", ["Then", "Now"], rows)


def _analyses(pack: Pack) -> Markup:
    found = analyses_of(pack.policy.rules)
    if not found:
        return p("The policy names no analysis: none may be made.")
    parts = [p(TERMS)]
    for each in found:
        terms = facts(*((key, _listed(value)) for key, value in each.terms.items()))
        parts += [el("h4", each.name), terms, p(each.says)]
    return joined(*parts)


def _error_cards(pack: Pack) -> Markup | None:
    found = analyses_of(pack.policy.rules)
    if not found or not all(each.card for each in found):
        return None
    return joined(*(_error_card(each) for each in found))


def _error_card(analysis: AgreedAnalysis) -> Markup:
    """A card in the sentences of the answer's own page; `pack.json` has every figure of it, and its worlds."""
    tables = error_card_tables(analysis.name.replace("-", "_"), analysis.card, ENGLISH)
    return joined(el("h4", analysis.name), tables, p("Rules, by their SHA-256: ", code(analysis.card["rules_sha256"])))


def _listed(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _attacks(pack: Pack) -> Markup | None:
    by_attack, crossed, no_claim = attacks_measured()
    if not by_attack:
        return None
    heads = ["Attack", "Lines measured", "Lines crossed"]
    return joined(
        p(MEASURED),
        table("Attacks on a release", heads, by_attack, frozenset({1, 2})),
        _rows("Lines that were crossed", CROSSED, crossed, "No line was crossed."),
        _rows("About these nothing is promised", NO_CLAIM, no_claim, "There is nothing of this kind."),
    )


def _looked(pack: Pack) -> Markup:
    since = "since the last agreement" if pack.agreements else "since the log began"
    found = _rows(f"Questions that were asked {since}", LOOKED, looked(pack), f"The log has no question {since}.")
    return joined(found, p(PACKS_LEFT_OUT))


def _what_if(pack: Pack) -> Markup | None:
    if pack.other is None:
        return None
    keys = list(differing_keys(pack.policy.rules.as_document(), pack.other.rules.as_document()))
    rows = [[each["key"], each["one"], each["other"], each["says"]] for each in keys]
    heads = ["Key", pack.policy.name, pack.other.name, "What it does"]
    differs = table("How the other policy differs", heads, rows) if rows else p("The two policies do not differ.")
    if pack.what_if is None:
        todo = _command(
            f"offduty run JOB.toml --trial --policy {pack.other.name}", "tries it out: that was not done yet."
        )
        return joined(differs, todo)
    document = pack.what_if.document()
    changes = [[each["was"], each["became"], each["rows"]] for each in document["changes"]]
    margins = [[each["reason"], each["one"], each["other"]] for each in document["reasons"]]
    ids = ", ".join(f"{document[side]['kind']} {document[side]['id'][:12]}" for side in ("one", "other"))
    numbers = frozenset({1, 2})
    return joined(
        differs,
        table(f"Rows that change, in tens ({ids})", ["Was", "Would be", "Rows"], changes, frozenset({2})),
        table("Rows by reason", ["Reason", pack.policy.name, pack.other.name], margins, numbers),
        p(f"Released: {document['kept']['one']} and {document['kept']['other']}. {document['cannot_say']}"),
    )


def _weaker(pack: Pack) -> Markup:
    found = weaker(pack.policy.rules.as_document())
    if not found:
        return p("No rule is weaker than the defaults.")
    return bullets(*(joined(code(sentence.key), f" {sentence.text}") for sentence in found))


def _verified(pack: Pack) -> Markup:
    head = pack.entries[-1].head
    signed = "signed" if pack.entries[-1].is_signed else "not signed: it does not say who wrote it"
    return joined(
        facts(("Log", head.origin), ("Entries", str(head.size)), ("Root", head.root.hex()), ("Newest entry", signed)),
        _command("offduty verify COPY --key PUB --inputs JOB.toml", "decides every row again."),
    )


def _command(line: str, does: str) -> Markup:
    return p(code(line), f" {does}")


def _rows(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]], nothing: str) -> Markup:
    return table(caption, heads, rows) if rows else p(nothing)
