"""What `offduty run --trial` prints: how the rows of a job would fare under a policy that is only tried out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from offduty.cli.console import Progress, print_answer, say
from offduty.cli.run_output import positions_read
from offduty.core.errors import UsageError
from offduty.core.lazy_imports import when_used
from offduty.core.reasons import Reason
from offduty.store.local import ignoring_signals

if TYPE_CHECKING:
    from offduty.runs import trial as trials
else:
    trials = when_used("offduty.runs.trial")


def check_trial_options(is_trial: bool, policy: Path | None, beside: Mapping[str, object]) -> None:
    """Raise `UsageError` where --trial and --policy are not both there, or an option is that a trial has no use for."""
    if not is_trial:
        raise UsageError("--policy is for --trial: a run uses the policy of its job")
    if policy is None:
        raise UsageError("--trial tries a policy out: name it with --policy FILE")
    given = [option for option, value in beside.items() if value]
    if given:
        raise UsageError(f"a trial releases nothing, and is decided here at once: leave out {', '.join(given)}")


def try_out(
    job: Path,
    policy: Path,
    times: tuple[str | None, str | None, str | None],
    store: Path | str | None,
    threads: int | None,
    memory_mb: int,
    as_json: bool,
) -> int:
    """Try the policy out over ``times`` (from, to, as of), and say what came of it."""
    start, end, as_of = times
    progress = Progress("pings")
    result = trials.trial(
        job,
        policy=policy,
        start=start,
        end=end,
        as_of=as_of,
        store=store,
        threads=threads,
        memory_mb=memory_mb,
        watch=progress,
    )
    with ignoring_signals():
        progress.clear()
        if as_json:
            stands = f"the trial {result.trial_id} is recorded all the same"
            return print_answer(json.dumps(_document(result)) + "\n", stands=stands)
        _report(result)
    return 0


def _document(result: trials.TrialResult) -> dict[str, object]:
    return {
        "trial_id": result.trial_id,
        "already" if result.already else "recorded": True,
        "path": str(result.path),
        "about": result.about,
        "counts": result.counts,
        "quarantined": result.quarantined,
        "seconds": result.seconds,
    }


def _report(result: trials.TrialResult) -> None:
    total = sum(result.counts.values()) + result.quarantined
    released = result.counts[Reason.ON_DUTY.word]
    say("already tried; nothing was changed" if result.already else "tried; nothing was released")
    say(positions_read(total))
    say(f"  {released:>12,} would be released")
    say(f"  {total - released - result.quarantined:>12,} would be hidden")
    if result.quarantined:
        say(f"  {result.quarantined:>12,} cannot be read as a position")
    say(f"ledger      {result.path / 'ledger'}  (for auditors: one reason per row)")
    say("The log says that this policy was tried out: whoever reads the log sees it.")
    say(f"next: offduty compare RUN {result.path}, where RUN is the folder of a run over the same time")
