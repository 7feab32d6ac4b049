"""What the commands have in common that ask something of a store: what they read, and the entry that says so first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from offduty.admin.log_analysis import (
    AGGREGATE,
    OWN_COPY,
    SINGLE_CASE,
    AskedAnalysis,
    asked_about,
    check_because,
    check_own_copy,
    role_of,
)
from offduty.admin.repeated_cases import check_repeated, check_roster
from offduty.analyses.error_cards import rules_sha256
from offduty.analyses.roster_files import Declared, declared_of, read_table, read_units
from offduty.cli.agreed_policy import agreed_policy
from offduty.cli.answer_files import check_names, check_section, hand_out
from offduty.cli.asked_early import tell_early
from offduty.cli.asked_tables import asked_tables, key_of_job, tell_left_out
from offduty.cli.console import print_answer, print_lines, say
from offduty.cli.log_asked import log_asked
from offduty.cli.officer_answer import ASKED, OWN, OWN_DATES, OWN_PAGE, OfficerAnswer, asked_before, asked_lines
from offduty.cli.options import given_officer
from offduty.config.key_files import fingerprint, load_pseudonym_key
from offduty.config.policy import Policy, deciding_sha256
from offduty.core.disclosure import MINIMUM
from offduty.core.errors import InputError, UsageError
from offduty.core.ids import clean_id
from offduty.core.instants import FOREVER_US, NEVER_US, instant, iso_text, midnight
from offduty.core.interval import Interval
from offduty.core.locations import Location, store_location
from offduty.geofence.sites import settle_sites
from offduty.pages.language import Language
from offduty.runs.read_decided import DecidedRelease, read_decided
from offduty.runs.request import instant_of
from offduty.store.open_store import local_copy

LONGEST_WINDOW_US = 31 * 86_400_000_000
"""So long after the last day a duty window may end that begins in it."""


@dataclass(frozen=True)
class Given:
    """The files and options that these commands have in common, as they were typed."""

    store: Path | str
    policy: Path
    inputs: Path | None
    roster: str | None
    sites: str | None
    key: Path | None
    units: Path | None
    as_of: str | None
    officer: str | None
    role: str | None
    because: str | None
    signing: Path | None
    output: Path | None
    as_json: bool
    force: bool
    tables: tuple[str, ...] = ("roster", "sites")

    @property
    def is_own_copy(self) -> bool:
        """Whether it is about one officer, and for that officer."""
        return self.officer is not None and not self.because

    def check(self) -> None:
        """Raise `UsageError` where options do not go together."""
        check_because(self.because)
        if self.is_own_copy:
            check_own_copy(self.role)
        check_section(self.officer, self.as_json)


@dataclass(frozen=True)
class AskedStore:
    """What was read for an answer: the release, roster, sites and units, the rules and the key; and of whom it is."""

    given: Given
    location: Location
    policy: Policy
    key: bytes = field(repr=False)
    release: DecidedRelease = field(repr=False)
    roster: pa.Table = field(repr=False)
    sites: pa.Table = field(repr=False)
    units: pd.DataFrame | None = field(repr=False)
    tables: tuple[dict[str, Any], ...]
    declared: Declared
    as_of_us: int
    officer: str | None = field(repr=False)
    before: Sequence[Mapping[str, Any]] = field(repr=False)
    """The entries of earlier answers about the officer."""

    @property
    def answer(self) -> str:
        """For everybody, for the officer, or about the officer for somebody else, which has a reason."""
        if self.officer is None:
            return AGGREGATE
        return OWN_COPY if self.given.is_own_copy else SINGLE_CASE

    def log(
        self, analysis: str, recipients: tuple[str, ...], parameters: Mapping[str, str], files: dict[str, bytes]
    ) -> None:
        """Write into the log that this is asked; raises where that cannot be done, and then nothing may be answered."""
        asked = AskedAnalysis(
            analysis=analysis,
            answer=self.answer,
            role="" if self.answer == OWN_COPY else role_of(self.given.role, recipients),
            because=self.given.because or "",
            parameters={**parameters, "as_of": iso_text(self.as_of_us)},
            tables=self.tables,
            policy_sha256=self.policy.sha256,
            rules_sha256=rules_sha256(analysis),
            runs=[str(run["run_id"]) for run in self.release.runs],
            key=self.key,
            declared=self.declared,
        )
        if self.answer == SINGLE_CASE:
            check_roster(self.release.entries, asked)
            check_repeated(self.before, asked)
        log_asked(self.location, asked, self.given.signing, files, self.officer or "")

    def print_figures(self, files: Mapping[str, bytes], document: bytes, lines: list[str]) -> int:
        """Write the files for everybody, and print the figures: as ``document`` with --json, or else as ``lines``."""
        hand_out(self.given.output, files, self.given.force, private=self.given.officer is not None)
        return print_answer(document) if self.given.as_json else print_lines(lines)

    def print_about(self, analysis: str, answer: OfficerAnswer, lines: list[str], language: Language) -> int:
        """Write what is said of one officer as tables and as a page, and print it; an own copy also says who asked
        about the officer, and why.
        """
        about = asked_before(self.before) if self.given.is_own_copy else None
        hand_out(self.given.output, answer.files(analysis, about, language), self.given.force, private=True)
        return print_lines([*lines, *asked_lines(about)])


def ask_store(
    given: Given, start: date | None, end: date | None, end_of: ExitStack, declared_by: Iterable[object] | None = None
) -> AskedStore:
    """Read what an answer needs of the days from ``start`` until before ``end``.

    ``declared_by`` are the officers of a register that is asked about, too. Raises `UsageError` where the store has no
    run over this time, where runs had another policy or another key, or where no table names the officer.
    """
    given.check()
    named = asked_tables(given.inputs, {table: getattr(given, table) for table in given.tables})
    policy = agreed_policy(given.policy, store=given.store)
    key = load_pseudonym_key(key_of_job(given.inputs) if given.key is None else given.key)
    location = store_location(given.store)
    root = end_of.enter_context(local_copy(location))
    release = read_decided(root, _asked(start, end, policy.policy.timezone))
    if not release.runs:
        raise UsageError("no run of the store decided any of this time; offduty current says what is there")
    _check_runs(release, policy, key)
    roster = named.read_roster()
    tell_left_out(len(roster.tables), release.runs)
    sites, site_tables = named.read_sites() if "sites" in given.tables else (pa.table({}), ())
    if "sites" in given.tables:
        _check_sites(sites, policy)
    units = None if given.units is None else read_units(given.units)
    tables = (*roster.tables, *site_tables, *([] if given.units is None else [read_table("units", given.units)]))
    newest = max(instant(run["as_of"]) or 0 for run in release.runs)
    as_of_us = newest if given.as_of is None else instant_of(given.as_of, policy.policy.timezone, "--as-of")
    officer = None if given.officer is None else given_officer(given.officer)
    if officer is not None:
        own = pc.unique(roster.rows["officer_id"]).to_pylist()
        which = "the roster does not name" if declared_by is None else "neither the roster nor the register names"
        check_named(
            officer,
            [*own, *([] if declared_by is None else declared_by)],
            f"{which} that officer: look how the id is written",
        )
    declared = declared_of(named.declared, given.tables)
    tell_early(roster.rows, declared, policy, as_of_us, release.decided)
    before = [] if officer is None else asked_about(release.entries, key, officer)
    known = (roster.rows, sites, units, tables, declared, as_of_us, officer, before)
    return AskedStore(given, location, policy, key, release, *known)


def check_named(officer: str, named: Iterable[object], nobody: str) -> None:
    """Raise `UsageError` with what to say of ``nobody`` for an id that is not ``named``: no second reader of the same
    files could make such a section again, so that `verify` would call it wrong for ever.
    """
    if officer not in {clean_id(None if name is None else str(name)) for name in named}:
        raise UsageError(nobody)


def free_names(given: Given, names: tuple[str, ...]) -> None:
    """Raise where a file that will be written is there already, or its folder is not. ``names`` are the files for
    everybody: about one officer there are others.
    """
    own = (OWN, OWN_DATES, OWN_PAGE, ASKED) if given.is_own_copy else (OWN, OWN_PAGE)
    check_names(given.output, names if given.officer is None else own, given.force)


def check_logging(store: Path | str | None, role: str | None, because: str | None, signing: Path | None) -> None:
    """Raise `UsageError` where something is for the log, and there is none, or may not stand in it."""
    if store is None and (role or because or signing):
        raise UsageError("--role, --because and --signing are for the log: name the store, too")
    check_because(because)


def day(text: str | None, option: str) -> date | None:
    """A date as it was typed, or None; `UsageError` for anything else."""
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option} is not a date (such as 2026-03-02): {text!r}") from None


def days_asked(start: str | None, end: str | None) -> tuple[date | None, date | None]:
    """The local days that are asked about; `UsageError` where there is none: nothing would be found about anybody."""
    first, last = day(start, "--from"), day(end, "--to")
    if first is not None and last is not None and first >= last:
        raise UsageError("--from must be before --to, which is the first day that is not asked about")
    return first, last


def tell_windows(officers: Iterable[str], assessed: Iterable[str] | None) -> None:
    """Say why an answer has nothing in it: no duty at all, or duty of officers of whom the release knows none. Of fewer
    than ten of them it is not said that they are not in it; nor beside an answer about one officer (``assessed`` is
    None), whose days would be told by it with a roster that names nine others who do not exist.

    It is for after the entry of the log, like all that the release says.
    """
    people = {*officers}
    if not people:
        say("the roster has no duty in this time, by what was recorded then: is it the right one, and the right time?")
    elif assessed is not None and len(people) >= MINIMUM and not {*assessed}:
        say(
            "of no officer of the roster anything is assessed: is it the roster of the runs of this store?"
            " Had they decided the time that is asked about, or most of it?"
        )


def _check_sites(sites: pa.Table, policy: Policy) -> None:
    """Say which sites count for nobody. Raises `InputError` where all of them do: nobody would be at any site."""
    settled = settle_sites(sites, policy.legs.max_site_km2)
    bad = len({(each.file, each.row) for each in settled.refused}) + settled.too_large
    if not bad:
        return
    why = f"cannot be understood, or are larger than legs.max_site_km2 ({policy.legs.max_site_km2:g} km²)"
    if bad >= sites.num_rows:
        raise InputError(f"not one of the sites counts: they {why}. offduty check names their rows; correct them")
    say(f"{bad} of {sites.num_rows} sites {why}: nobody is at them. offduty check names their rows")


def _asked(start: date | None, end: date | None, zone: str) -> Interval | None:
    if start is None and end is None:
        return None
    until_us = FOREVER_US if end is None else midnight(end, zone) + LONGEST_WINDOW_US
    return Interval(NEVER_US if start is None else midnight(start, zone), until_us)


def _check_runs(release: DecidedRelease, policy: Policy, key: bytes) -> None:
    rules = deciding_sha256(policy.as_document())
    if any(deciding_sha256(run["policy"]) != rules for run in release.runs):
        raise UsageError(
            "a run over this time was made by other rules than those of --policy: its section [analyses] may differ,"
            " and nothing else. Give the policy of the runs, or ask for less time with --from and --to"
        )
    if any(run["keys"].get("pseudonym") != fingerprint(key) for run in release.runs):
        raise UsageError("a run over this time used another pseudonym key than --key: give the key of the runs")
