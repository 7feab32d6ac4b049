"""Attacks cannot reach the truth or hidden rows: what they may import, and what they are given."""

from __future__ import annotations

import ast
import dataclasses
from pathlib import Path

import numpy as np
import pytest

import offduty.redteam.attacks
from offduty.redteam import baselines, scenarios
from offduty.redteam.attacker_view import (
    AttackerView,
    KnownDuties,
    KnownWindows,
    OwnCopyDates,
    PublicKnowledge,
    SingleCases,
    VisibleRows,
)
from offduty.redteam.scenarios import ScenarioSetup

FOLDER = Path(offduty.redteam.attacks.__file__).parent
ATTACKS = sorted(path for path in FOLDER.glob("*.py") if path.name != "__init__.py")
MAY_IMPORT = {
    "__future__",
    "collections.abc",
    "contextlib",
    "dataclasses",
    "struct",
    "typing",
    "numpy",
    "pyarrow",
    "scipy.optimize",
    "offduty.redteam.attacker_view",
}


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("path", ATTACKS, ids=lambda path: path.stem)
def test_an_attack_imports_neither_truth_nor_filter(path: Path):
    """Only libraries for arrays, the attacker's view, and what attacks share."""
    own = {name for name in imports(path) if name.startswith("offduty.redteam.attacks")}
    assert imports(path) - own <= MAY_IMPORT


@pytest.mark.parametrize("path", ATTACKS, ids=lambda path: path.stem)
def test_an_attack_opens_no_file(path: Path):
    """It is given what it knows: it calls nothing that reads."""
    called = {
        node.func.id
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not called & {"open", "exec", "eval", "__import__", "getattr", "globals"} - (
        {"getattr"} if path.stem == "position_search" else set()
    )


@pytest.mark.parametrize("path", ATTACKS, ids=lambda path: path.stem)
def test_an_attack_says_who_what_from_where_and_how(path: Path):
    """Its docstring is its record."""
    text = ast.get_docstring(ast.parse(path.read_text()))
    assert text is not None
    if path.stem not in ("named_rows", "position_search", "subtraction", "visible_time"):
        for word in ("Who", "What", "How:"):
            assert word in text, word
        assert path.stem == "adaptive" or "From " in text


def test_an_attackers_view_has_no_field_for_the_truth():
    """No field of what an attacker has is a home, a state, a reason or an id."""
    names = {
        field.name
        for kind in (AttackerView, VisibleRows, PublicKnowledge, KnownDuties, SingleCases, OwnCopyDates, KnownWindows)
        for field in dataclasses.fields(kind)
    }
    assert names == {
        "visible",
        "public",
        "roster",
        "other",
        "who",
        "duty",
        "t_s",
        "x_m",
        "y_m",
        "accuracy_m",
        "officers",
        "start_s",
        "end_s",
        "density",
        "sites_m",
        "along_streets",
        "fence_m",
        "every_s",
        "speed_m_s",
        "middle_m",
        "cases",
        "copies",
        "windows",
        "from_s",
        "to_s",
        "percent",
        "days",
        "days_confirmed",
        "minutes",
        "day_of",
        "day",
        "confirmed",
        "joined_min",
        "plain_min",
        "on_site",
        "first_s",
        "last_s",
    }


def test_a_mask_removes_every_hidden_row():
    """Behind a circle no position within it is visible, and the visible rows are a copy."""
    scenario = scenarios.make_scenario(ScenarioSetup("home", 5, 3, 60))
    visible = baselines.circle(scenario)
    home = scenario.homes_m[visible.who]
    assert len(visible) and np.hypot(visible.x_m - home[:, 0], visible.y_m - home[:, 1]).min() >= 200
    assert not np.shares_memory(visible.x_m, scenario.pings.x_m)


def test_an_attackers_view_cannot_be_changed():
    """It is frozen: an attack cannot leave anything for the next one."""
    visible = baselines.no_mask(scenarios.make_scenario(ScenarioSetup("home", 2, 2, 60)))
    with pytest.raises(dataclasses.FrozenInstanceError):
        visible.officers = 3  # type: ignore[misc]
