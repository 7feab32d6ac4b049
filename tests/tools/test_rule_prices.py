"""The prices of the rules: shares from counts, one line for each rule, written between the marks of the page alone."""

from __future__ import annotations

import pytest

from offduty.config.policy import Policy
from offduty.config.toml_reader import keys_of
from tools import rule_prices


def test_positions_that_wait_or_were_late_are_not_counted():
    """Only those that are known to be on duty, in windows that are closed."""
    counts = {"unassigned": 9, "off_duty": 9, "late_edit": 9, "window_open": 9, "imprecise": 1, "no_home": 1}
    counts |= {"protected_place": 1, "home_leg": 1, "duplicate": 1, "on_duty": 5}
    assert rule_prices.share(counts) == 0.5


def test_the_table_has_a_line_for_each_step():
    """With the share that is left, and the points to the step before."""
    lines = rule_prices.table([0.67, 0.67, 0.66, 0.62, 0.73], [0.64, 0.64, 0.631, 0.59, 0.70]).splitlines()
    assert len([line for line in lines if line.startswith("|")]) == 2 + len(rule_prices.STEPS)
    assert lines[2].endswith("| 67.0 % | 64.0 % |")
    assert lines[3].endswith("| 67.0 % (0) | 64.0 % (0) |")
    assert lines[4].endswith("| 66.0 % (-1.0) | 63.1 % (-0.9) |")
    assert lines[6].endswith("| 73.0 % (+11.0) | 70.0 % (+11.0) |")


def test_the_last_steps_are_the_defaults_and_what_init_proposes():
    """No rule that version 2 added with a number is left out."""
    defaults = {key: field for _, key, field in keys_of(Policy) if key in rule_prices.VERSION_1}
    assert set(defaults) == set(rule_prices.VERSION_1)
    rules = dict(rule_prices.VERSION_1)
    for step in rule_prices.STEPS[:-1]:
        rules |= step.changes
    assert rules == {key: field.get_default() for key, field in defaults.items()}
    proposed = {key: field.examples[0] for key, field in defaults.items() if field.examples}
    assert dict(rule_prices.STEPS[-1].changes) == proposed


def test_only_the_text_between_the_marks_is_replaced():
    """And a page without marks is refused."""
    page = f"before\n{rule_prices.BEGIN}\nstale\n{rule_prices.END}\nafter\n"
    assert rule_prices.between(page, "new\n") == f"before\n{rule_prices.BEGIN}\nnew\n{rule_prices.END}\nafter\n"
    with pytest.raises(ValueError, match="lacks the mark"):
        rule_prices.between(page.replace(rule_prices.END, ""), "new\n")


def test_the_page_has_the_prices():
    """Whoever changes the steps measures again."""
    text = rule_prices.PAGE.read_text(encoding="utf-8")
    written = text.partition(rule_prices.BEGIN)[2].partition(rule_prices.END)[0]
    assert all(f"| {step.rule} | {step.words} |" in written for step in rule_prices.STEPS)
