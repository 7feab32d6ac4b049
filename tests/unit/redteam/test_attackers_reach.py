"""Keeps the truth and hidden rows out of the attackers' reach: what they may import, and what they are handed."""

from __future__ import annotations

import ast
import dataclasses
from pathlib import Path

import numpy as np
import pytest

import offduty.redteam.attacks
from offduty.redteam import baselines, scenarios
from offduty.redteam.attacker_view import AttackerView, KnownDuties, PublicKnowledge, VisibleRows
from offduty.redteam.scenarios import ScenarioSetup

ROOM = Path(offduty.redteam.attacks.__file__).parent
ATTACKS = sorted(path for path in ROOM.glob("*.py") if path.name != "__init__.py")
MAY_IMPORT = {
    "__future__",
    "collections.abc",
    "contextlib",
    "dataclasses",
    "struct",
    "numpy",
    "pyarrow",
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
    """Only arrays, what is held, and the attackers' own tools."""
    own = {name for name in imports(path) if name.startswith("offduty.redteam.attacks")}
    assert imports(path) - own <= MAY_IMPORT


@pytest.mark.parametrize("path", ATTACKS, ids=lambda path: path.stem)
def test_an_attack_opens_no_file(path: Path):
    """What it holds is handed to it: it calls nothing that reads."""
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
    told = ast.get_docstring(ast.parse(path.read_text()))
    assert told is not None
    if path.stem != "position_search":
        for word in ("Who", "What", "How:"):
            assert word in told, word
        assert path.stem == "adaptive" or "rom " in told


def test_what_is_held_has_no_place_for_the_truth():
    """No field of anything that an attacker holds is a home, a state, a reason or an id."""
    names = {
        field.name
        for kind in (AttackerView, VisibleRows, PublicKnowledge, KnownDuties)
        for field in dataclasses.fields(kind)
    }
    assert names == {
        "seen",
        "public",
        "roster",
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
    }


def test_a_mask_lets_no_hidden_row_through():
    """What an attacker sees behind a circle holds no point within it, and is a copy of its own."""
    town = scenarios.make_town(ScenarioSetup("home", 5, 3, 60))
    seen = baselines.circle(town)
    home = town.homes_m[seen.who]
    assert len(seen) and np.hypot(seen.x_m - home[:, 0], seen.y_m - home[:, 1]).min() >= 200
    assert not np.shares_memory(seen.x_m, town.pings.x_m)


def test_what_is_held_cannot_be_changed():
    """Frozen: an attack cannot leave anything behind for the next."""
    seen = baselines.nothing(scenarios.make_town(ScenarioSetup("home", 2, 2, 60)))
    with pytest.raises(dataclasses.FrozenInstanceError):
        seen.officers = 3  # type: ignore[misc]
