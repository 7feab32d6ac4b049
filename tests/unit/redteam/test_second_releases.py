"""Attacks 15 to 20: each works where nothing stops it, fails on the filter, and is an alarm where a rule has a hole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from offduty.decision import decide, legs
from offduty.decision.legs import CONTACT_FOR_EVERYONE, is_candidate
from offduty.redteam import force_worlds, insiders, rule_costs, silent_phones, suite, table_edits
from offduty.redteam.attacker_view import AttackerView, KnownDuties, PublicKnowledge, VisibleRows
from offduty.redteam.attacks import adaptive, late_fixes, ledger_counts, silent_door, two_policies, week_links
from offduty.redteam.force_worlds import FIRST, POLICIES
from offduty.redteam.proposed_rules import GENTLER
from offduty.redteam.results import CROSSED, HOLDS, UNCLEAR
from offduty.redteam.rule_costs import CostSetup
from offduty.redteam.silent_phones import ForceSetup

INIT = {suite.INIT: POLICIES[suite.INIT]}
FORCE = ForceSetup("120 m", 50, 6)
SITE = np.array([[5_000.0, 0.0]])


def rows(who: list[int], t_s: list[float], x_m: list[float], y_m: list[float], officers: int = 1) -> VisibleRows:
    """Visible rows of one duty, exact to 10 m."""
    columns = (np.array(column, np.float64) for column in (t_s, x_m, y_m))
    return VisibleRows.in_order(
        np.array(who), np.zeros(len(who), np.int64), *columns, np.full(len(who), 10.0), officers
    )


def public(every_s: float = 60.0) -> PublicKnowledge:
    return PublicKnowledge(lambda x_m, y_m: np.ones_like(x_m), SITE, True, None, every_s)


def crossing(day: float, ahead: float) -> tuple[list[float], list[float], list[float]]:
    """A way to a home at (0, 0) and on, with half an hour of silence: times, x, y."""
    return [day, day + 60, day + 1_860, day + 1_920], [ahead + 450, ahead, -300.0, -700.0], [0.0] * 4


class TestAloneOnATable:
    """The code of each attack on rows that are written down."""

    def test_silent_door_finds_the_middle_of_the_silences(self) -> None:
        ways = [crossing(0, 330), crossing(10_000, 300), crossing(20_000, 360)]
        t_s, x_m, y_m = ([value for way in ways for value in way[k]] for k in range(3))
        guess = silent_door.attack(AttackerView(rows([0] * 12, t_s, x_m, y_m), public()))
        assert np.hypot(guess.x_m[0], guess.y_m[0]) < 200

    def test_a_silence_at_a_site_is_no_door(self) -> None:
        view = AttackerView(rows([0, 0], [0, 3_000], [4_990.0, 5_010.0], [0.0, 0.0]), public())
        assert np.isnan(silent_door.attack(view).x_m).all()

    def test_late_fixes_looks_at_what_is_gone(self) -> None:
        t_s, x_m, y_m = crossing(0, 330)
        earlier = rows([0] * 4 + [1] * 4, t_s * 2, x_m * 2, y_m * 2, officers=2)
        later = rows([1] * 4, t_s, x_m, y_m, officers=2)
        guess = late_fixes.attack(AttackerView(later, public(), other=earlier))
        assert np.hypot(guess.x_m[0], guess.y_m[0]) < 400
        assert np.isnan(guess.x_m[1])
        assert np.isnan(late_fixes.attack(AttackerView(later, public())).x_m).all()

    def test_the_adaptive_attacker_uses_what_only_one_of_two_releases_has(self) -> None:
        """The open ends of what is gone lie about the home; of whom nothing differs the guess is the blind one."""
        t_s, x_m, y_m = crossing(0, 330)
        more = rows([0] * 4 + [1] * 4, t_s * 2, x_m * 2, y_m * 2, officers=2)
        less = rows([1] * 4, t_s, x_m, y_m, officers=2)
        view = AttackerView(less, public(), other=more)
        guess = adaptive.attack_twice(view, 600.0)
        assert np.hypot(guess.x_m[0], guess.y_m[0]) < 500
        assert np.hypot(guess.x_m[1], guess.y_m[1]) > 1_000
        assert np.isnan(adaptive.attack_twice(AttackerView(less, public()), 600.0).x_m).all()

    def test_two_policies_looks_for_a_ring(self) -> None:
        angle = np.linspace(0, 2 * np.pi, 12, endpoint=False)
        ring = rows([0] * 12, (angle * 1_000).tolist(), (300 * np.cos(angle)).tolist(), (300 * np.sin(angle)).tolist())
        none = rows([], [], [], [])
        guess = two_policies.attack(AttackerView(none, public(), other=ring))
        assert np.hypot(guess.x_m[0], guess.y_m[0]) < 150

    def test_counts_tie_a_pseudonym_to_a_device(self) -> None:
        ledger = np.array([[5, 0, 7], [5, 3, 0], [1, 1, 1]])
        release = np.array([[5, 3, 0], [0, 0, 0], [5, 0, 7]])
        assert ledger_counts.attack(ledger, release).tolist() == [1, -1, 0]

    def test_weeks_are_linked_by_places_and_named_by_duties(self) -> None:
        first = rows([0, 0, 1, 1], [0, 60, 7_200, 7_260], [0, 300, 4_000, 4_300], [0, 0, 0, 0], officers=3)
        second = rows([0, 0, 1, 1], [0, 60, 0, 60], [4_000, 4_300, 0, 300], [0, 0, 0, 0], officers=3)
        assert week_links.link(first, second).tolist() == [1, 0, -1]
        duties = KnownDuties(
            np.arange(3), np.zeros(3, np.int64), np.array([7_000.0, 0, 50_000]), np.array([9_000.0, 500, 60_000])
        )
        assert week_links.name(first, duties).tolist() == [1, 0, -1]


class TestSilentPhones:
    def test_a_silence_that_is_no_contact_is_an_alarm(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What tests/planted plants in legs.py: `make attack-small` fails."""
        monkeypatch.setattr(decide, "after_silence", lambda window, *_: np.zeros(len(window), np.bool_))
        verdicts = {row.verdict for row in silent_phones.silent_doors(tmp_path / "w", FORCE, INIT)}
        assert CROSSED in verdicts

    def test_a_home_that_may_be_passed_by_is_an_alarm(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Likewise: as if every personal place were one for everyone."""
        real = legs.passing

        def anywhere(window, observed_us, kind, pass_by_us):  # type: ignore[no-untyped-def]
            return real(window, observed_us, np.where(is_candidate(kind), kind, CONTACT_FOR_EVERYONE), pass_by_us)

        monkeypatch.setattr(decide, "passing", anywhere)
        verdicts = {
            row.verdict for row in silent_phones.silent_doors(tmp_path / "w", ForceSetup("driving past", 60, 6), INIT)
        }
        assert CROSSED in verdicts

    def test_the_rule_holds_where_it_is_on(self, tmp_path: Path) -> None:
        """The same world as of the first alarm, and by the rules of version 1 homes are found in it."""
        found = [*silent_phones.silent_doors(tmp_path / "w", FORCE, {name: POLICIES[name] for name in suite.ENDS})]
        doors = {row.mask: row for row in found if row.attack == "16 silent door"}
        assert float(doors[FIRST].lift.split()[0]) > 10
        assert doors[suite.INIT].verdict == HOLDS

    def test_late_fixes(self, tmp_path: Path) -> None:
        """The attack itself and the adaptive attacker find homes by the rules of version 1, and both fail."""
        late = list(silent_phones.late_arrivals(tmp_path / "late", ForceSetup("lunch", 30, 3), suite.ENDS))
        for name in ("17 late fixes", "17 late fixes, adaptive"):
            old, new = (row for row in late if row.attack == name)
            assert float(old.lift.split()[0]) > 10
            assert new.verdict in (HOLDS, UNCLEAR)

    def test_two_policies_are_refused_in_one_store(self, tmp_path: Path) -> None:
        both = list(silent_phones.two_buffers(tmp_path / "both", ForceSetup("lunch", 20, 2), (suite.INIT,)))
        assert [row.verdict for row in both] == ["", "", HOLDS]


class TestInsidersAndEdits:
    def test_nothing_is_claimed_about_insiders_and_it_works(self, tmp_path: Path) -> None:
        found = list(insiders.trial(tmp_path / "w", insiders.InsiderSetup(12, 300)))
        assert {row.line for row in found} == {"no claim"}
        assert all(float(row.finding.split()[0]) > 20 for row in found)

    def test_each_row_that_an_edit_shows_is_counted_and_none_is_shown_where_there_are_record_times(
        self, tmp_path: Path
    ) -> None:
        found = list(table_edits.trial(tmp_path / "w", (suite.INIT,)))
        retold = [row for row in found if "re-told" in row.attack]
        assert int(retold[0].finding.split()[0]) > 100
        assert {row.verdict for row in found if row.mask.startswith(suite.INIT)} == {HOLDS}
        for row in found:
            assert row.finding.split()[0] == row.finding.split()[-1], row.attack


def test_the_worlds_of_the_page_are_those_that_are_tried() -> None:
    """Every world of silent phones is in the whole table, and those of the alarms are in the small one."""
    full = {task.given["setup"].world for task in suite.full(print, 100) if task.name == "silent"}  # type: ignore[arg-type]
    assert full == set(force_worlds.WORLDS)


def test_the_price_says_what_hides_the_rest(tmp_path: Path):
    """Shares of one force: what is kept and what is hidden is all there is, but for repeated rows and rounding."""
    rows = list(rule_costs.cost_rows(tmp_path / "w", CostSetup("mixed force", 16, 1, 300)))
    assert [row.mask for row in rows][:3] == list(POLICIES)
    kept = float(rows[2].finding.split(" %")[0])
    assert [row.mask for row in rows][4:] == list(GENTLER)
    hidden = [float(part.split()[-1]) for part in rows[3].finding.split("; ")]
    assert 95 < kept + sum(hidden) < 101
    assert all(share >= 0 for share in hidden)
