"""The request for a run: the job, its policy and keys, the interval, and ``as_of``."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from offduty.config.check_job import check_job
from offduty.config.declarations import declarations_document
from offduty.config.job import Job
from offduty.config.key_files import fingerprint as key_fingerprint
from offduty.config.key_files import load_pseudonym_key, load_signing_key
from offduty.config.policy import Policy
from offduty.core import instants
from offduty.core.errors import UsageError
from offduty.core.interval import Interval
from offduty.ingest.file_times import FileTimes
from offduty.ingest.object_inputs import ObjectInputs
from offduty.ingest.source_file import Source
from offduty.ingest.sources import Fingerprint, Fingerprints
from offduty.outputs.manifest import RunQuestion
from offduty.outputs.reference_digests import ReferenceDigests
from offduty.runs.remembered import Remembered


@dataclass(frozen=True)
class Request:
    """What a run needs to know before it reads an input.

    ``key`` is the pseudonym key and ``seed`` the secret of the signing key, None where the log is not signed; ``keys``
    has their fingerprints. ``as_of_given`` is False where ``as_of`` is just now. ``supersede_policy`` says that a
    release under another policy may be withdrawn for the new one. Several runs can share ``prints``, the fingerprints
    of inputs, ``copies``, private copies of inputs in an object store, ``times``, in which time each file of pings can
    hold rows, and what they have ``remembered`` of inputs; these have the same policy, keys and ``as_of``.
    ``in_memory`` are the inputs where they are no files that the job names.
    ``policy_file_sha256`` is the SHA-256 of the policy's file, empty where it is none.
    """

    job: Job
    policy: Policy
    key: bytes = field(repr=False)
    keys: dict[str, str]
    interval: Interval
    as_of_us: int
    as_of_given: bool
    supersede_policy: bool = False
    seed: bytes | None = field(default=None, repr=False)
    prints: Fingerprints = field(default_factory=Fingerprints, repr=False)
    copies: ObjectInputs = field(default_factory=ObjectInputs, repr=False)
    in_memory: tuple[Source, ...] = ()
    times: FileTimes = field(default_factory=FileTimes, repr=False)
    remembered: Remembered = field(default_factory=Remembered, repr=False)
    policy_file_sha256: str = ""

    @classmethod
    def of(
        cls,
        job: Path | str | Job,
        start: datetime | str | None,
        end: datetime | str | None,
        as_of: datetime | str | None,
        store: Path | str | None,
        *,
        supersede_policy: bool = False,
    ) -> Request:
        """Read job, policy and keys; see `run` for the parameters. `UsageError` where one cannot be understood."""
        loaded = Job.of(job)
        loaded = loaded if store is None else loaded.with_store(store)
        policy, signed = Policy.load_signed(loaded.policy.path)
        check_job(loaded, policy)
        key = load_pseudonym_key(loaded.keys.pseudonym.path)
        seed = None if loaded.keys.signing is None else load_signing_key(loaded.keys.signing.path)
        keys = {"pseudonym": key_fingerprint(key)} | ({} if seed is None else {"signing": key_fingerprint(seed)})
        interval, as_of_us = asked_times(policy, start, end, as_of)
        known = (loaded, policy, key, keys, interval, as_of_us, as_of is not None, supersede_policy, seed)
        return cls(*known, policy_file_sha256=signed)

    def question(
        self,
        sources: list[Source],
        prints: list[Future[Fingerprint]],
        references: Mapping[str, ReferenceDigests] | None = None,
    ) -> RunQuestion:
        """The question, once the fingerprints of all sources are computed; ``references`` are the digests of the
        reference tables, without which it is not whole.
        """
        inputs = tuple((source, future.result()) for source, future in zip(sources, prints, strict=True))
        declared = declarations_document(self.job.inputs.declared)
        return RunQuestion(inputs, self.policy, self.keys, self.interval, declared, references or {})


def asked_times(
    policy: Policy, start: datetime | str | None, end: datetime | str | None, as_of: datetime | str | None
) -> tuple[Interval, int]:
    """The interval and ``as_of``; see `offduty.runs.run.run`. Raises `UsageError` where one cannot be understood, where
    the interval is empty, and where ``as_of`` is in the future.
    """
    zone = policy.policy.timezone
    interval = Interval(
        instants.NEVER_US if start is None else instant_of(start, zone, "start (--from)"),
        instants.FOREVER_US if end is None else instant_of(end, zone, "end (--to)"),
    )
    if interval.from_us >= interval.to_us:
        raise UsageError(
            "start (--from) must be earlier than end (--to), which is the first instant after the interval"
        )
    now_us = time.time_ns() // 1000
    as_of_us = now_us if as_of is None else instant_of(as_of, zone, "as_of (--as-of)")
    if as_of_us > now_us:
        raise UsageError("as_of (--as-of) is in the future: what will be known then is not known yet")
    return interval, as_of_us


def instant_of(given: datetime | str, zone: str, option: str) -> int:
    """An instant in microseconds; of a date, its first instant in the policy's zone. A datetime without a zone is UTC.

    Raises `UsageError`, which names the ``option``, for any other text, also for a time without an offset: whether UTC
    or the policy's zone is meant is not known (specification#instants).
    """
    if isinstance(given, datetime):
        return instants.to_us(given if given.tzinfo else given.replace(tzinfo=UTC))
    text = given.strip()
    is_date = instants.DAY_FORM.fullmatch(text)
    try:
        return instants.midnight(date.fromisoformat(text), zone) if is_date else _instant(given)
    except ValueError:
        raise UsageError(
            f"{option} is neither an instant with an offset (2026-03-02T08:00:00Z) nor a date (2026-03-02): {given!r}"
        ) from None


def instant_or_now(given: datetime | str | None, zone: str, option: str) -> int:
    """`instant_of`, or the present where nothing is given."""
    return time.time_ns() // 1000 if given is None else instant_of(given, zone, option)


def _instant(given: str) -> int:
    us, has_offset = instants.written_instant(given) or (0, False)
    if not has_offset:
        raise ValueError(given)
    return us
