"""The command `offduty verify`: checks a store and prints the result as a numbered list."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import TypeGuard

from offduty.cli.console import Progress, columns, print_answer, print_lines, say
from offduty.cli.options import FOUND_SOMETHING, megabytes
from offduty.cli.verify_page import verdict_page
from offduty.cli.verify_text import verdict_text
from offduty.cli.without_pandas import leave_pandas_asleep
from offduty.cli.write_file import check_free, put
from offduty.core.errors import OffdutyError, UsageError
from offduty.core.locations import store_location
from offduty.ingest.object_inputs import local_inputs
from offduty.pages.language import language as find_language
from offduty.store.open_store import local_copy
from offduty.verify.auditor import Auditor
from offduty.verify.auditor import verify as check_store
from offduty.verify.checks.soundness import Effort
from offduty.verify.redecide import Sample
from offduty.verify.verdict import Check, Count, Part, Verdict


def verify(
    store: Path | str,
    run: str | None,
    keys: tuple[Path, ...],
    since: Path | None,
    cosigners: tuple[Path, ...],
    inputs: Path | None,
    reference: Path | None,
    policy: Path | None,
    references_identity: Path | None,
    register: Path | None,
    people: Path | None,
    compared: Path | str | None,
    sample: int | None,
    seed: str | None,
    threads: int,
    memory: str,
    as_json: bool,
    language: str,
    output: Path | None,
) -> int:
    """Check STORE as somebody who trusts nobody: a numbered list, each PASS, FAIL or NOT DONE and why. Exit 7 on a
    FAIL.
    """
    if (sample is None) is not (seed is None):
        raise UsageError(
            "--sample and --seed belong together: choose the seed yourself, so that nobody else can choose the rows"
        )
    if sample is not None and inputs is None:
        raise UsageError("--sample needs --inputs: rows are decided again from the inputs")
    memory_mb = megabytes(memory)
    said_in = find_language(language)
    if output is not None:
        check_free(output, force=False, replaceable=False)

    leave_pandas_asleep()
    progress = Progress()
    drawn = None if sample is None or seed is None else Sample(sample, seed)
    with ExitStack() as end:
        root = end.enter_context(local_copy(store_location(store)))
        beside = compared and end.enter_context(local_copy(store_location(compared)))
        whole, tables = (job and end.enter_context(local_inputs(job)) for job in (inputs, reference))
        verdict = check_store(
            root,
            Auditor(
                keys, cosigners, since, whole, tables, policy, references_identity, register, people, beside or None
            ),
            run=run,
            effort=Effort(drawn, threads, memory_mb, progress),
        )
    progress.clear()
    if as_json:
        printed = print_answer(json.dumps(document(verdict)) + "\n")
    else:
        printed = print_lines(verdict_text(verdict, columns()))
    written = 0
    if output is not None:
        given = {
            "keys": keys,
            "cosigners": cosigners,
            "since": since,
            "inputs": inputs,
            "reference": reference,
            "policy": policy,
            "identity": references_identity,
            "register": register,
            "people": people,
            "compared": compared,
        }
        written = _write(output, verdict_page(verdict, [name for name in given if given[name]], said_in))
    return FOUND_SOMETHING if verdict.failed else printed or written


def _write(output: Path, content: bytes) -> int:
    """Write the page; where that fails say so, and return the exit code for it: the verdict stands."""
    try:
        put(output, content, force=False, replaceable=False)
    except OffdutyError as error:
        say(f"offduty: {error}")
        return error.exit_code
    say(f"made {output}; open it in any browser")
    return 0


def document(verdict: Verdict) -> dict[str, object]:
    """The verdict as one JSON object: ``failed``, the ``headline``, how many checks ended how, and ``checks`` with all
    that was said. Every number stands in a field of its own.
    """
    return {
        "failed": verdict.failed,
        "headline": verdict.headline,
        "counts": {status.value: count for status, count in verdict.counts().items()},
        "checks": [_check(check) for check in verdict.checks],
    }


def _check(check: Check) -> dict[str, object]:
    return {
        **vars(check),
        "count": check.count.value,
        "unit": check.count.unit.value,
        "status": check.status.value,
        "why": str(check.why),
        "numbers": [{"count": part.value, "unit": part.unit.value} for part in check.why.parts if _is_count(part)],
        "figures": [
            {**vars(figure), "count": figure.count.value, "unit": figure.count.unit.value} for figure in check.figures
        ],
        "protects": check.meaning.protects,
        "fail_means": check.meaning.fail,
    }


def _is_count(part: Part) -> TypeGuard[Count]:
    return isinstance(part, Count)
