"""The explanation of a row is the reason that a run gives, and its proofs come in order, the first that fails last."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from offduty import run
from offduty.core.errors import InputError, UsageError
from offduty.engines.local import LOCAL
from offduty.runs.check import looked_at
from offduty.runs.explain import (
    LEGS,
    PROOFS,
    READABLE,
    Proof,
    ProofState,
    RowExplanation,
    explain,
    explained,
    row_number,
)
from offduty.runs.request import Request
from offduty.runs.resources import Resources, nobody
from tests.examples import one_in
from tests.properties.worlds import worlds
from tests.spec.make_docs import BESIDES, REASONS, chapters
from tests.spec.stories import world_of
from tests.world import AFTERWARDS, World, assignment, lay_out, ping, read_back, shift, world

EXAMPLES = [example for chapter in chapters(REASONS + BESIDES) for example in chapter.examples]
PROVEN, FAILED, NOT_REACHED = ProofState.PROVEN, ProofState.FAILED, ProofState.NOT_REACHED


def explanations(given_world: World, folder: Path, **asked: Any) -> list[RowExplanation]:
    """The explanation of each ping of a world."""
    request = Request.of(lay_out(given_world, folder), *map(asked.get, ("start", "end", "as_of")), None)
    with looked_at(request, Resources.of(1, 2_000, LOCAL, nobody, spill=False)) as found:
        return [explained(found, row) for row in range(len(given_world["tables"]["pings"]))]


def check_proofs(found: RowExplanation) -> None:
    """Proofs hold up to the one that fails; a leg that fails has a part that fails."""
    if not found.reason:
        assert found.proofs == ()
        return
    assert [proof.what for proof in found.proofs] == [READABLE, *PROOFS.values()]
    states = [proof.state for proof in found.proofs]
    if found.reason == "on_duty":
        assert set(states) == {PROVEN}
        return
    failed = states.index(FAILED)
    assert states == [PROVEN] * failed + [FAILED] + [NOT_REACHED] * (len(states) - failed - 1)
    reasons = ["quarantine", *(reason.word for reason in PROOFS)]
    assert found.reason.partition(":")[0] == reasons[failed]
    parts = found.proofs[failed].parts
    assert bool(parts) is (found.reason == "home_leg")
    assert not parts or FAILED in {part.state for part in parts}


def agrees(given_world: World, folder: Path) -> None:
    """Each explanation has the reason that a run gives the row; a world that stops a run explains nothing or a row."""
    start, end = given_world["interval"] or (None, None)
    asked = {"start": start, "end": end, "as_of": given_world["as_of"]}
    try:
        done = run(lay_out(given_world, folder / "run"), **asked)
    except InputError:
        return
    reasons = read_back(done.path, len(given_world["tables"]["pings"]), result=done).reasons
    found = explanations(given_world, folder / "explain", **asked)
    assert [each.reason or None for each in found] == reasons
    for each in found:
        check_proofs(each)


@pytest.mark.parametrize("example", EXAMPLES[::12], ids=str)  # every twelfth: each is a run and a look
def test_every_row_of_an_example_is_explained_by_the_reason_of_the_run(example, tmp_path):
    """And by its first failing proof."""
    agrees(world_of(example), tmp_path)


@settings(max_examples=one_in(12), suppress_health_check=list(HealthCheck))
@given(given_world=worlds())
def test_every_row_of_any_world_is_explained_by_the_reason_of_the_run(given_world, tmp_path_factory):
    """Also quarantined rows, and those that are not decided."""
    agrees(given_world, tmp_path_factory.mktemp("world"))


def legs(given_world: World, folder: Path) -> list[str]:
    """The proofs of legs of each ping, a letter each: proven, failed; those that are not asked for are left out."""
    found = explanations(given_world, folder, as_of=AFTERWARDS)
    parts = [next((proof.parts for proof in each.proofs if proof.parts), ()) for each in found]
    letters = {PROVEN: "p", FAILED: "f"}
    return ["".join(letters[part.state] for part in each) for each in parts]


def test_the_ways_home_are_explained_by_the_proof_that_fails(tmp_path):
    """Work before, work after, and the ends of the duty."""
    pings = [ping("08:10", "street"), ping("08:20"), ping("12:00", "street"), ping("15:30"), ping("15:40", "street")]
    given_world = world(pings, policy={"legs": {"hold_s": 900}})
    assert legs(given_world, tmp_path / "a") == ["fpf", "", "", "", "pfp"]
    late = world([*pings[:3], ping("15:50")], policy={"legs": {"hold_s": 900}})
    assert legs(late, tmp_path / "b")[3] == "ppf"
    quiet = world(pings, policy={"legs": {"hold_s": 0, "max_gap_s": 3_600}})
    assert legs(quiet, tmp_path / "c")[2] == "ffp"


def test_a_contact_of_another_device_is_a_contact(tmp_path):
    """As for a run: the radio goes home with the phone."""
    pings = [ping("09:00"), ping("11:00", "street"), ping("15:00"), ping("10:00", "home", device="d2")]
    assert legs(world(pings, assignments=[assignment(), assignment("d2")]), tmp_path)[1] == "fpp"


def test_without_the_rule_of_legs_only_the_ends_of_the_duty_are_asked_for(tmp_path):
    """The proof is there, and its other parts are not."""
    pings = [ping("08:10", "street"), ping("12:00", "street")]
    given_world = world(pings, policy={"legs": {"rule": "off", "hold_s": 900}})
    assert legs(given_world, tmp_path) == ["f", ""]
    assert len(LEGS) == 3


def test_a_row_outside_of_the_interval_or_after_as_of_is_not_decided(tmp_path):
    """It has no reason and no proof."""
    found = explanations(world([ping("09:00"), ping("12:00")]), tmp_path / "a", start="2026-03-02T10:00:00Z")
    assert [each.reason for each in found] == ["", "on_duty"]
    found = explanations(
        world([ping("09:00"), ping("2026-03-02T18:00:00Z")]), tmp_path / "b", as_of="2026-03-02T17:00:00Z"
    )
    assert [each.reason for each in found] == ["on_duty", ""]


def test_no_value_stands_in_an_explanation(tmp_path):
    """Words only: no digit, so no distance, time, place or count."""
    pings = [ping("08:10", "street"), ping("09:00"), ping("09:30", "home"), ping("x"), ping("12:00", device="d9")]
    for each in explanations(world(pings, roster=[shift()]), tmp_path):
        said = [each.because, *(text for proof in each.proofs for text in (proof.what, *words(proof)))]
        assert not any(letter.isdigit() for letter in "".join(said).replace("(0, 0)", ""))


def words(proof: Proof) -> list[str]:
    """The words of the parts of a proof."""
    return [part.what for part in proof.parts]


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A job with two files of pings."""
    return lay_out(world([ping("09:00"), ping("05:00"), ping("12:00")]), tmp_path_factory.mktemp("job"), files=2)


@pytest.mark.parametrize(
    ("row", "reason"),
    [("pings/part-0.csv:0", "on_duty"), ("pings/part-1.csv:0", "off_duty"), ("0:1", "on_duty"), ("1:0", "off_duty")],
)
def test_a_file_is_named_as_in_the_manifest_or_by_its_number(job, row, reason):
    """Rows count from 0 in each file."""
    assert explain(job, row, as_of=AFTERWARDS).reason == reason


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ("pings/part-0.csv", "FILE:ROW"),
        (":0", "FILE:ROW"),
        ("0:-1", "FILE:ROW"),
        ("0:²", "FILE:ROW"),
        ("part-0.csv:0", "names no file of pings"),
        ("roster.csv:0", "names no file of pings"),
        ("2:0", "names no file of pings"),
        ("pings/part-0.csv:2", "pings/part-0.csv: --row: the file has no such row"),
    ],
)
def test_a_row_that_is_not_there_is_a_wrong_command(job, row, wanted):
    """With exit code 2; the message says what is expected."""
    with pytest.raises(UsageError, match=wanted):
        explain(job, row, as_of=AFTERWARDS)


def test_a_name_with_a_colon_is_a_name(tmp_path):
    """The last colon is the one before the row."""
    job = lay_out(world([ping("09:00")]), tmp_path)
    (tmp_path / "pings" / "part-0.csv").rename(tmp_path / "pings" / "a:1.csv")
    assert explain(job, "pings/a:1.csv:0", as_of=AFTERWARDS).reason == "on_duty"
    request = Request.of(job, None, None, AFTERWARDS, None)
    with looked_at(request, Resources.of(1, 2_000, LOCAL, nobody, spill=False)) as found:
        assert row_number(found, "pings/a:1.csv:0") == 0
