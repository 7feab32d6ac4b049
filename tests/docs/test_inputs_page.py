"""docs/reference/inputs.md says of each kind of input what a run really does with it, and `init --from` proposes what it declares."""

from __future__ import annotations

import tomllib
from itertools import chain
from pathlib import Path

import pytest

from offduty.admin.proposals.look import look
from offduty.admin.proposals.propose import ProposalContext, propose
from offduty.config.job_document import TableSection
from tests.input_kinds import FOLDER, KINDS, PAGE, Kind, laid_out, rows

ALL = list(chain.from_iterable(KINDS.values()))
BESIDE = ALL if FOLDER.is_dir() else []
"""What can be run: the inputs lie beside the project."""
TEXT = PAGE.read_text(encoding="utf-8")


def name_of(kind: Kind) -> str:
    return kind.case


def test_each_kind_has_its_row_in_its_table():
    for title, kinds in KINDS.items():
        table = TEXT.split(f"## {title}\n")[1].split("\n## ")[0]
        assert [line.split(" | ")[0].removeprefix("| ") for line in table.splitlines() if line.startswith("| ")][
            1:
        ] == [kind.words for kind in kinds]


@pytest.mark.parametrize("kind", [kind for kind in ALL if kind.declared], ids=name_of)
def test_what_is_declared_can_be_declared(kind):
    TableSection.model_validate({"path": "x", **tomllib.loads(kind.declared)})


@pytest.mark.parametrize("kind", BESIDE, ids=name_of)
def test_a_run_does_what_the_page_says(kind):
    """`python -m tests.input_kinds` writes the rows anew."""
    assert list(rows([kind]))[2] in TEXT


@pytest.mark.parametrize("kind", [kind for kind in BESIDE if kind.declared], ids=name_of)
def test_init_proposes_what_the_page_declares(kind, tmp_path):
    """Every key of it, to be confirmed or open; a zone is open unless the values say it."""
    job = laid_out(kind, tmp_path)
    path = Path(tomllib.loads(job.read_text(encoding="utf-8"))["inputs"][kind.table])
    proposal = propose(look(kind.table, path.name, [tmp_path / path]), ProposalContext(None, ["duty"]))
    keys = {line.key.split(".")[0] for line in proposal.lines}
    assert set(tomllib.loads(kind.declared)) <= keys
