"""How the result of a run is written: as a JSON object, and in words what changed since the run that it replaces."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from offduty.cli.console import say
from offduty.core.count_words import number_of
from offduty.core.errors import OffdutyError
from offduty.core.lazy_imports import when_used
from offduty.runs.changes import Change
from offduty.runs.run import RunResult

if TYPE_CHECKING:
    from offduty.runs import compare
    from offduty.runs.compare import Supersession
else:
    compare = when_used("offduty.runs.compare")

MOST_NAMED = 3


def document(result: RunResult, timings: bool, before: Supersession | None = None) -> dict[str, object]:
    """The JSON object (specification#json-answer), with `supersedes` if an earlier run was superseded, and `withdrawn`
    if releases of earlier runs were withdrawn for it.
    """
    answer: dict[str, object] = {
        "run_id": result.run_id,
        "already" if result.already else "published": True,
        "path": str(result.path),
        "counts": result.counts,
        "quarantined": result.quarantined,
        "refused": result.refused,
        "warnings": list(result.notes),
        "seconds": result.seconds,
    }
    if before is not None:
        answer["supersedes"] = {
            "run_id": before.run_id,
            "because": [because(change) for change in before.because],
            "new_rows": before.new_rows,
            "rows_with_another_reason": before.rows_moved,
            "moved": [{"was": was, "became": became, "rows": n} for (was, became), n in before.moved.items()],
        }
    elif result.supersedes:
        answer["supersedes"] = {"run_id": result.supersedes}
    if result.withdrawn:
        answer["withdrawn"] = list(result.withdrawn)
    return {**answer, "stages": result.stages} if timings else answer


def withdrawn(run_id: str) -> str:
    """What became of the release of an older run, in one line."""
    return f"the release of run {run_id} was withdrawn: this one takes its place (its ledger stays)"


def positions_read(count: int) -> str:
    """The first line of how the positions of a run or a trial fared."""
    return f"  {count:>12,} {'position' if count == 1 else 'positions'} read"


def because(change: Change) -> dict[str, str]:
    """One change as JSON."""
    return {"what": change.what, "how": change.how, **({"name": change.name} if change.name else {})}


def superseded(result: RunResult) -> Supersession | None:
    """What changed since the run that this one supersedes; None if there is none. The run is published in any case."""
    if not result.supersedes:
        return None
    try:
        return compare.compare(result.path.parent.parent, result.supersedes, result.run_id)
    except OffdutyError as error:
        say(f"published; its differences from run {result.supersedes} cannot be listed: {error}")
    except Exception as error:  # the run stands, whatever this is
        kind = type(error).__name__
        say(f"published; its differences from run {result.supersedes} cannot be listed ({kind}). This is a bug")
    return None


def what_stands(result: RunResult) -> str:
    """What is so, whether or not it can be printed."""
    if result.already:
        return f"run {result.run_id} was there already; nothing was changed"
    return f"run {result.run_id} was published all the same"


def in_place_of(before: Supersession) -> str:
    """Why an interval was run again and what changed, in one line."""
    new = f"{number_of(before.new_rows, 'row')} new; " if before.new_rows else ""
    moved = (
        f"{number_of(before.rows_moved, 'row')} with a different reason"
        if before.moved
        else "no other row has a different reason"
    )
    return f"{why(before.because)}; {new}{moved}"


def why(changes: Iterable[Change]) -> str:
    """The changes in words: the first few, and how many more there are."""
    words = [change.words for change in changes] or ["a different as_of"]
    more = f" and {len(words) - MOST_NAMED} more" if len(words) > MOST_NAMED else ""
    return ", ".join(words[:MOST_NAMED]) + more
