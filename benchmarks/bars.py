"""The bars of the analyses: what was wanted of each, and the figure that was measured, with its interval.

Figures are those of the error cards (for these deciding rules, by their hash), of the tables of attacks, and of what
`benchmarks.analyses` measures itself. What is no figure is held by a test, which is named.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from offduty.analyses.error_cards import card_path, rules_sha256, two_decimals
from offduty.core.errors import UsageError
from offduty.redteam.metrics import exact_interval
from offduty.redteam.results import HOLDS, ResultRow
from tools.write_attacks_page import read_rows

ROOT = Path(__file__).parents[1]
UNIT = "tests/unit"
STALE = "the card is of other rules: make cards"
NOT_MEASURED = "NOT MEASURED"
MET, MISSED, OPEN, UNKNOWN = "met", "MISSED", "met, not settled", "not known"
"""Of a figure that is met, but whose interval holds the bar as well, it is not settled."""


@dataclass(frozen=True)
class Bar:
    """One bar: of which analysis, what it is about, what was wanted, and what is known of it.

    ``interval`` is of 95 %. ``where`` says where the figure is from: seeds, a table, or the test that holds it.
    """

    analysis: str
    says: str
    wanted: str
    figure: str
    interval: str
    verdict: str
    where: str


@dataclass(frozen=True)
class WantedShare:
    """A share of a card that is to be at least, or at most, so many per cent; None where it is only to be printed."""

    key: str
    says: str
    least: float | None = None
    most: float | None = None

    @property
    def wanted(self) -> str:
        """The bar in words."""
        if self.least is not None:
            return f">= {self.least:g} %"
        return "printed" if self.most is None else f"<= {self.most:g} %"

    def verdict(self, percent: float, low: float, high: float) -> str:
        """Whether a figure with this interval meets it."""
        if self.least is not None:
            return MISSED if percent < self.least else MET if low >= self.least else OPEN
        if self.most is not None:
            return MISSED if percent > self.most else MET if high <= self.most else OPEN
        return MET


SHARES: Mapping[str, tuple[WantedShare, ...]] = {
    "roster-audit": (
        WantedShare("found", "planted edits that R2 or R3 finds", least=95),
        WantedShare("honest_late_grants_over_rest", "honest late grants over rest, which R3 finds too"),
        WantedShare("recorders_outside_without_abuse", "recorders outside, where nobody abuses", most=1),
    ),
    "presence": (
        WantedShare("worked_and_confirmed_with_home_on_record", "worked windows confirmed, home on record", least=98),
        WantedShare("worked_and_confirmed", "worked windows confirmed, of all", least=93),
        WantedShare(
            "worked_and_confirmed_where_the_station_can_be_seen",
            "the same, home on record and no protected place near the station",
            least=98,
        ),
        WantedShare("nobody_worked_and_confirmed", "windows of ghosts confirmed", most=0),
        WantedShare("nobody_worked_nor_was_at_a_site_and_confirmed", "the same, the device at no site", most=0),
        WantedShare("lent_and_confirmed", "windows in which a colleague had the phone, confirmed (stated apart)"),
    ),
    "site-days": (
        WantedShare("other_days_confirmed", "days elsewhere confirmed as on site", most=0),
        WantedShare("other_days_at_no_site_confirmed", "the same, the device at no site", most=0),
        WantedShare("shown_where_truly_above", "target shown, the truth 10 points above", least=90),
        WantedShare(
            "shown_where_truly_above_and_the_station_can_be_seen",
            "the same, home on record and no protected place near the station",
            least=90,
        ),
        WantedShare("shown_where_truly_below", "target shown, the truth below", most=1),
    ),
    "interests": (
        WantedShare("undeclared_jobs_found", "undeclared jobs with a finding", most=0),
        WantedShare("overlaps_of_worked_shifts", "overlaps that are of worked shifts"),
        WantedShare("worked_overlaps_cleared", "the same, cleared by the release"),
        WantedShare("overlaps_nobody_worked_cleared", "overlaps of shifts that nobody worked, cleared", most=0),
    ),
}

AUDIT, PRESENCE = f"{UNIT}/analyses/test_roster_audit.py", f"{UNIT}/analyses/test_presence.py"
INTERESTS = f"{UNIT}/analyses/test_interests.py"
DAYS, COMPARE = f"{UNIT}/analyses/test_site_days.py", f"{UNIT}/analyses/test_policy_comparison.py"
MADE_UP, LIFTS = f"{UNIT}/analyses/test_made_up_answers.py", "tests/cli/test_compare_lifts.py"
FUNNEL, PACK, TRIAL = (
    f"{UNIT}/analyses/test_funnel.py",
    f"{UNIT}/consultation/test_pack.py",
    f"{UNIT}/runs/test_trial.py",
)

HELD: tuple[tuple[str, str, str], ...] = (
    ("roster-audit", "R1 to R8 equal the oracle", f"{AUDIT}::test_every_signal_is_that_of_the_oracle_to_the_second"),
    (
        "roster-audit",
        "a desk that records all late shifts",
        f"{FUNNEL}::test_a_desk_that_records_everybodys_late_shifts_is_not_outside",
    ),
    ("roster-audit", "rows in another order, same bytes", f"{AUDIT}::test_rows_in_another_order_give_the_same_bytes"),
    ("roster-audit", "A3: hiding more", f"{AUDIT}::test_what_cannot_be_read_any_more_never_says_more_against_anybody"),
    ("presence", "A3: hiding more, 200 worlds", f"{PRESENCE}::test_hiding_more_never_says_more_against_anybody"),
    ("presence", "equals the oracle", f"{PRESENCE}::test_it_equals_the_oracle"),
    (
        "site-days",
        "three days at home, or silent",
        f"{DAYS}::test_no_sentence_tells_three_days_elsewhere_from_three_silent_ones",
    ),
    ("site-days", "A3: hiding more", f"{DAYS}::test_hiding_more_never_confirms_more"),
    (
        "interests",
        "equals the oracle on 1,000 registers",
        f"{INTERESTS}::test_a_thousand_registers_equal_the_oracle",
    ),
    ("interests", "A3: hiding more", f"{INTERESTS}::test_hiding_more_never_says_more_against_anybody"),
    ("interests", "a release only clears", f"{INTERESTS}::test_a_release_only_clears"),
    (
        "compare",
        "windows and days under each, synth only",
        f"{MADE_UP}::test_windows_and_days_of_a_made_up_force_are_those_of_presence_and_site_days",
    ),
    (
        "compare",
        "windows and days made again by a second hand",
        f"{MADE_UP}::test_another_hand_counts_the_same",
    ),
    (
        "compare",
        "lifts are those of the red team on each store",
        f"{LIFTS}::test_the_lifts_are_those_of_the_red_team_on_each_store",
    ),
    ("compare", "of real people, or of another truth, refused", f"{LIFTS}::test_of_anybody_else_it_is_refused"),
    (
        "compare",
        "tables made again by a second hand",
        f"{COMPARE}::test_both_hands_print_the_same_tables",
    ),
    (
        "compare",
        "margins equal both manifests",
        f"{COMPARE}::test_a_day_of_which_much_would_change",
    ),
    ("compare", "table equals the oracle", f"{COMPARE}::test_the_table_is_that_of_the_oracle_on_cases_of_the_contract"),
    (
        "trial",
        "a later run under it has its counts",
        f"{TRIAL}::test_a_trial_leaves_a_ledger_and_an_entry_and_nothing_else",
    ),
    (
        "trial",
        "no byte of a release, traced",
        f"{TRIAL}::test_traced_no_file_is_opened_for_writing_but_the_ledger_and_the_log",
    ),
    (
        "consult",
        "each question by a place or not at all",
        f"{PACK}::test_every_question_is_answered_by_a_place_in_the_pack_or_not_at_all",
    ),
    (
        "consult",
        "figures made again by another hand",
        f"{PACK}::test_the_figures_are_those_of_the_log_counted_by_another_hand",
    ),
    ("consult", "same inputs, same bytes", f"{PACK}::test_the_same_inputs_give_the_same_bytes"),
    (
        "consult",
        "any byte of the policy ends an agreement",
        f"{UNIT}/runs/test_agreed.py::test_any_byte_of_the_policy_changed_makes_it_invalid",
    ),
    ("consult", "axe clean, 380 px, print", "tests/browser/test_pages_in_chromium.py::test_a_page_in_a_browser"),
    ("consult", "no script", f"{PACK}::test_no_page_has_a_script_and_what_was_written_stays_text"),
)
"""Bars that are no figure: analysis, what, and the test that holds it."""

NAIVE = {"worked_windows_wronged": "worked windows that it wrongs", "alarms_that_are_right": "of its alarms, right"}
"""What is printed of rules that nobody should use."""
WITHOUT, WITH = "without", "with single cases"
"""What attacker B has: the release and the roster, or single cases besides (`benchmarks.single_cases`)."""


def known_bars() -> Iterator[Bar]:
    """Every bar but those that `benchmarks.analyses` measures itself."""
    for analysis, shares in SHARES.items():
        yield from _of_card(analysis, shares)
    yield from _naive()
    yield from _of_attacks()
    yield from _of_single_cases()
    yield from (Bar(name, says, "holds", "held by a test", "", "", test) for name, says, test in HELD)


def share_bar(analysis: str, wanted: WantedShare, part: int, of: int, where: str) -> Bar:
    """A bar about a share, with its exact interval; Wilson's where SciPy is not installed is on the card."""
    percent = 100 * part / max(of, 1)
    try:
        low, high = (100 * end for end in exact_interval(part, of))
    except UsageError:
        return Bar(
            analysis, wanted.says, wanted.wanted, f"{percent:.2f} % ({part:,} of {of:,})", "needs SciPy", "", where
        )
    verdict = wanted.verdict(percent, low, high)
    figure = f"{percent:.2f} % ({part:,} of {of:,})"
    return Bar(analysis, wanted.says, wanted.wanted, figure, f"{low:.2f} to {high:.2f} %", verdict, where)


def force_by_force() -> list[str]:
    """The share of worked windows that presence confirms in each made-up force, of officers with a home on record."""
    card = json.loads(card_path("presence").read_text(encoding="utf-8"))
    return [two_decimals(percent) for percent in card["worked_and_confirmed_with_home_on_record_force_by_force"]]


def causes() -> Mapping[str, int]:
    """Why worked windows are not confirmed, by the card of presence: cause and count."""
    card = json.loads(card_path("presence").read_text(encoding="utf-8"))
    found: Mapping[str, int] = card.get("worked_and_not_confirmed_because", {})
    return found


def _of_card(analysis: str, shares: tuple[WantedShare, ...]) -> Iterator[Bar]:
    card: dict[str, Any] = json.loads(card_path(analysis).read_text(encoding="utf-8"))
    fresh = card["rules_sha256"] == rules_sha256(analysis)
    for wanted in shares:
        found = card.get(wanted.key)
        if not fresh or found is None:
            yield Bar(analysis, wanted.says, wanted.wanted, NOT_MEASURED, "", UNKNOWN, STALE)
            continue
        yield share_bar(analysis, wanted, found["part"], found["of"], f"card, seeds {_seeds(card, wanted.key)}")


def _naive() -> Iterator[Bar]:
    """Rules that take silence for absence, on the worlds of presence: whom they wrong, and how often they are right."""
    card: dict[str, Any] = json.loads(card_path("presence").read_text(encoding="utf-8"))
    if card["rules_sha256"] != rules_sha256("presence"):
        return
    for rule, found in card["rules_that_take_silence_for_absence"].items():
        for key, says in NAIVE.items():
            share = found[key]
            wanted = WantedShare(key, f"naive rule, {rule}: {says}")
            yield share_bar("presence", wanted, share["part"], share["of"], f"card, seeds {_seeds(card, key)}")


def _seeds(card: Mapping[str, Any], key: str) -> str:
    """The seeds of the worlds that a figure of a card is from."""
    names = ["worlds"]
    if key.startswith("nobody"):
        names.append("worlds_of_ghosts")
    if key.endswith("without_abuse"):
        names = ["worlds_without_abuse"]
    return " and ".join("{} to {}".format(*card[name]["seeds"]) for name in names if name in card)


def _of_attacks() -> Iterator[Bar]:
    """Attack 15, with the guard and without, as the red team measured it."""
    path = ROOT / "docs" / "explanation" / "attacks.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["attack"].startswith("15 ")]
    for row in rows:
        guarded = "no guard" not in row["attack"]
        says = f"attack 15, {row['mask']}, " + ("with the guard" if guarded else "without")
        lift, _, interval = row["lift"].partition(" ")
        figure = "refused: no second release" if guarded and not lift else f"lift {lift}"
        verdict = (MET if row["verdict"] == "holds" else MISSED) if guarded else MET
        yield Bar(
            "compare",
            says,
            "lift <= 1.5" if guarded else "printed",
            figure,
            interval.strip("()"),
            verdict,
            f"attacks.csv, seed {row['seed']}",
        )


def _of_single_cases() -> Iterator[Bar]:
    """Each attack that single cases could help, with them, and the interval without them in which it is to stay."""
    rows = read_rows(ROOT / "docs" / "explanation" / "single-cases.csv")
    without = {(row.attack, row.world): row for row in rows if row.mask == WITHOUT}
    for row in rows:
        if row.mask == WITH:
            before = _figure_and_interval(without[row.attack, row.world])
            figure, interval = _figure_and_interval(row)
            yield Bar(
                "presence",
                f"attack {row.attack}, {row.world}, B with single cases",
                f"within {before[1]}, as without ({before[0]})",
                figure,
                interval,
                MISSED if row.verdict != HOLDS else MET if _high(interval) <= _high(before[1]) else OPEN,
                f"single-cases.csv, seed {row.seed}",
            )


def _figure_and_interval(row: ResultRow) -> tuple[str, str]:
    """A figure with its name or unit, and its interval alone."""
    text = f"lift {row.lift}" if row.lift else f"AUC {row.auc}" if row.auc else row.finding.partition(") of ")[0]
    figure, _, interval = text.partition(" (")
    return figure, interval.strip("()")


def _high(interval: str) -> float:
    """The upper end of an interval."""
    return float(interval.rpartition("-")[2])
