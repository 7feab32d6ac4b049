"""Withdraws releases that a later run takes the place of: first an entry of the log says so, then they are deleted.

Two releases of one time tell more than one, so analysts keep the newest only (specification#supersede), and none under
another policy (specification#supersede-policy). Ledgers stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from offduty.core.errors import StorageError, UsageError, why
from offduty.core.interval import Interval
from offduty.core.versions import version
from offduty.outputs.manifest import interval_of
from offduty.runs.request import Request
from offduty.store.local import Store, append, delete
from offduty.store.retention import StoredFile, gone_files, remaining_release, withdrawal
from offduty.transparency.log import LogEntry

SECTIONS_WITHOUT_EFFECT = frozenset({"analyses", "agreement"})
KEYS_WITHOUT_EFFECT = frozenset({"policy.name", "release.keep_superseded", "release.keep_days"})
"""What may change without making another policy: it does not decide, coarsen, name columns or make pseudonyms."""
BEFORE_THE_KEY: Mapping[str, Any] = {"accuracy.zero": "imprecise", "legs.pass_by_s": 0}
"""What held before a key was there, by key. Of other keys that an older policy lacks, no value did what they do."""
SETS = frozenset({"duty.on_codes", "release.extra_columns"})
"""Lists whose order means nothing."""
SUPERSEDE_POLICY = "--supersede-policy"


@dataclass(frozen=True)
class Withdrawal:
    """Release files of older runs, and the run that takes their place."""

    by_run: str
    as_of: str
    files: tuple[StoredFile, ...]


def finish_withdrawals(store: Store) -> Store:
    """Withdraw what the newest run over an interval has superseded, and return the store with the new entries.

    A run that was killed after its own entry and before this one left it to the next. Raises `StorageError`, which says
    that the runs themselves are published.
    """
    for due in superseded_releases(store.logged):
        store = _finished(store, due)
    return store


def superseded_releases(entries: Sequence[LogEntry]) -> Iterator[Withdrawal]:
    """What must be withdrawn: of each interval the releases of all runs but the newest, unless its policy keeps them.

    Policies from before there was such a rule withdraw nothing: they lack the key.
    """
    over: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for entry in entries:
        if entry.is_run:
            interval = entry.document["interval"]
            over.setdefault((interval["from"], interval["to"]), []).append(entry.document)
    gone = gone_files(entries)
    for *older, newest in over.values():
        if older and newest["policy"].get("release", {}).get("keep_superseded") is False:
            files = [file for document in older for file in remaining_release(gone, document)]
            if files:
                yield Withdrawal(newest["run_id"], newest["as_of"], tuple(files))


def _finished(store: Store, due: Withdrawal) -> Store:
    try:
        return withdraw(store, due)
    except (StorageError, OSError) as error:
        what = why(error) if isinstance(error, OSError) else error.what
        raise StorageError(
            f"the run was published, but the release that it supersedes is not withdrawn yet: {what}. Run the same"
            " again, and it is",
            file=due.by_run,
        ) from None


def withdraw(store: Store, due: Withdrawal) -> Store:
    """Add the entry that names the files, then delete them; returns the store with the entry."""
    manifest = withdrawal(due.files, due.by_run, due.as_of, version("offduty"))
    grown = append(store, manifest, store.signers())
    delete(grown, due.files)
    return grown


def under_other_policies(entries: Sequence[LogEntry], asked: Request) -> list[LogEntry]:
    """The runs over an overlapping interval, under another policy, whose release can still be read.

    A heartbeat decided nothing, so it released nothing either.
    """
    now, gone = asked.policy.as_document(), gone_files(entries)
    return [
        entry
        for entry in entries
        if entry.kind == "run"
        and _overlaps(entry, asked.interval)
        and changed_keys(entry.document["policy"], now)
        and remaining_release(gone, entry.document)
    ]


def _overlaps(entry: LogEntry, interval: Interval) -> bool:
    return interval_of(entry.document).overlap(interval) is not None


def check_policy(entries: Sequence[LogEntry], asked: Request) -> None:
    """Raise `UsageError` where a release under another policy stands in the way, and may not be superseded.

    The message names the keys that changed, and none of their values.
    """
    if asked.supersede_policy:
        return
    others = under_other_policies(entries, asked)
    if not others:
        return
    now = asked.policy.as_document()
    changed = sorted({key for entry in others for key in changed_keys(entry.document["policy"], now)})
    new = sorted({key for entry in others for key in keys_since(entry.document["policy"], now)} & set(changed))
    upgrade = f" ({', '.join(new)} came with a newer version of offduty)" if new else ""
    count = "a release" if len(others) == 1 else f"{len(others)} releases"
    raise UsageError(
        f"the store has {count} over this time under another policy: {', '.join(changed)} changed{upgrade}. Releases of"
        f" one time under two policies tell more than either. Give {SUPERSEDE_POLICY} to withdraw the older one first,"
        " or use the policy that it was made by"
    )


def withdraw_other_policies(store: Store, asked: Request, run_id: str, as_of: str) -> Store:
    """Withdraw the releases under other policies, before the run with this id is published in their place."""
    gone = gone_files(store.logged)
    others = under_other_policies(store.logged, asked)
    files = [file for entry in others for file in remaining_release(gone, entry.document)]
    return withdraw(store, Withdrawal(run_id, as_of, tuple(files))) if files else store


def changed_keys(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """The keys whose effective value differs between two policies, such as ``legs.hold_s``; empty for equal policies.

    Rule: specification#another-policy.

    >>> changed_keys({"legs": {"hold_s": 900}}, {"legs": {"hold_s": 900, "pass_by_s": 0, "max_gap_s": 300}})
    ['legs.max_gap_s']
    """
    before, after = _flat(then), _flat(now)
    return sorted(key for key in {*before, *after} if _value(before, key) != _value(after, key))


def keys_since(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """The keys that the older of two policies does not have at all: its version of offduty did not know them."""
    return sorted(_flat(now).keys() - _flat(then).keys())


def _flat(policy: Mapping[str, Any]) -> dict[str, Any]:
    return {
        f"{section}.{key}": value
        for section, values in policy.items()
        if section not in SECTIONS_WITHOUT_EFFECT and isinstance(values, Mapping)
        for key, value in values.items()
        if f"{section}.{key}" not in KEYS_WITHOUT_EFFECT
    }


def _value(policy: Mapping[str, Any], key: str) -> Any:
    value = policy.get(key, BEFORE_THE_KEY.get(key))
    return sorted(value) if key in SETS and value is not None else value
