"""Finds the run that has answered a question already (specification#already-there)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from offduty.config.declarations import declarations_document
from offduty.config.policy import deciding_sha256
from offduty.core.instants import iso_text
from offduty.outputs.manifest import RunQuestion, context_days_of, interval_document
from offduty.outputs.reference_digests import ReferenceDigests
from offduty.runs.changes import newest_over
from offduty.runs.found_inputs import FoundInputs, Hashes
from offduty.runs.recorded_names import as_recorded
from offduty.runs.request import Request
from offduty.transparency.log import LogEntry

Document = Mapping[str, Any]


def could_answer(entries: Iterable[LogEntry], asked: Request) -> bool:
    """Whether there is a run over exactly this interval, with these keys and rules: only that may be the answer."""
    scope = RunQuestion((), asked.policy, asked.keys, asked.interval).scope()
    runs = (entry.document for entry in entries if entry.is_run)
    return any(
        all(document[part] == scope[part] for part in ("interval", "keys"))
        and deciding_sha256(document["policy"]) == scope["policy_sha256"]
        for document in runs
    )


def answer_of(entries: list[LogEntry], question: RunQuestion, as_of_us: int | None) -> Document | None:
    """The manifest of the run that has answered a whole question already, or None.

    That is the run with the same id. Where no ``as_of`` was given it is also the newest run over the interval, if it
    was asked the same and nothing that it left open can have been settled since.
    """
    if as_of_us is not None:
        run_id = question.run_id(as_of_us)
        return next((e.document for e in entries if e.is_run and e.document["run_id"] == run_id), None)
    newest = newest_over(entries, question.interval)
    same = newest and newest["question"] == question.without_as_of()
    return newest if same and is_final(newest) else None


def is_final(document: Document) -> bool:
    """Whether a run left nothing open: no duty window had not ended, and no row of pings lay after ``as_of``."""
    return document["open_windows"] == 0 and not document.get("after_as_of")


def unread_question(
    entries: list[LogEntry], asked: Request, found: FoundInputs, hashes: Hashes, as_of_us: int | None
) -> RunQuestion | None:
    """The question with the digests of a run that read the same files and knew of them what is known now, so that they
    need not be read again; None where there is no such run.

    Which files of pings it reads was decided by the reference tables. Where those are the same, so is the context: the
    manifest has it, out to whole days, and in no more time than that may a file of pings be another one than the run
    read (specification#context-days). ``as_of_us`` is None where ``as_of`` is just now.
    """
    if as_of_us is None:
        earlier = newest_over(entries, asked.interval)
        known = earlier if earlier and _all_was_known(earlier) else {}
    else:
        here = interval_document(asked.interval)
        runs = (entry.document for entry in entries if entry.is_run and entry.document["interval"] == here)
        known = next((run for run in runs if run["as_of"] == iso_text(as_of_us)), {})
    digests = known.get("references")
    if not digests or not _same_rules(known, asked):
        return None
    sources = found.over(context_days_of(known))
    sources = as_recorded(sources, hashes.of(sources), entries)
    question = asked.question(sources, hashes.of(sources))
    if not _same_files(known, question):
        return None
    return replace(question, references={table: ReferenceDigests(**values) for table, values in digests.items()})


def _same_rules(document: Document, asked: Request) -> bool:
    declared = declarations_document(asked.job.inputs.declared)
    rules = deciding_sha256(asked.policy.as_document())
    return bool(document["declarations"] == declared) and deciding_sha256(document["policy"]) == rules


def _all_was_known(document: Document) -> bool:
    """Whether every reference row was certainly recorded by ``as_of``, so that a later one changes nothing."""
    references = document.get("references", {})
    return not document.get("recorded_after_as_of") and not any(found["doubtful"] for found in references.values())


def _same_files(document: Document, question: RunQuestion) -> bool:
    read = [(given["table"], given["name"], given["sha256"]) for given in document["inputs"]]
    return read == [(source.table, source.name, taken.sha256) for source, taken in question.sources]
