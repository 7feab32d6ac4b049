"""The roster audit: which records were changed after the fact, by whom, and with what effect.

It audits records and recorders, not movements: no position is opened. It finds late grants as well as what was taken
away late. States of the answer: *finding* (a record has a signal), *not assessed* (it cannot be read exactly, or what
is needed is not known). It cannot say why anything was recorded, nor whether anybody worked: each signal has lawful
reasons, which stand beside it. A roster without record times cannot be audited.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from offduty.analyses.common_rules import agreed_audit
from offduty.analyses.error_cards import error_card
from offduty.analyses.funnel import compared, unusual_edits
from offduty.analyses.lawful_reasons import LAWFUL
from offduty.analyses.recorded_versions import RecordedVersions, Texts, read_versions
from offduty.analyses.roster_signals import COLUMNS, WITH_EFFECT, all_signals, cut_offs_before, late_grants
from offduty.config.declarations import TableDeclaration
from offduty.config.policy import Policy
from offduty.core.errors import InputError
from offduty.core.ids import clean_id

PEOPLE = ("recorded_by", "officer_id", "unit", "role")
EDITS = ["shift_id", "version", "signal", "seconds", "after_end", "across_pay_cut_off", "lawful_reasons"]


@dataclass(frozen=True)
class RosterAudit:
    """What the audit found. ``edits`` is for the owner of the roster, `own_section` for one officer; the rest of the
    package makes what everybody may see (`offduty.analyses.roster_summary`).

    ``rows`` is how many versions were read, ``assessed`` and ``not_assessed`` how many officers; ``recorders`` has
    ``recorder``, ``role``, ``edits``, ``marked`` and ``outside``, empty without ``recorded_by``.
    """

    rows: int
    assessed: int
    not_assessed: int
    own_records_assessed: bool
    card: Mapping[str, Any] = field(repr=False)
    zone: str
    terms: Mapping[str, Any] = field(repr=False)
    signals: pd.DataFrame = field(repr=False)
    leads: pd.DataFrame = field(repr=False)
    recorders: pd.DataFrame = field(repr=False)

    @cached_property
    def edits(self) -> pd.DataFrame:
        """Every edit with a signal, by shift and version: `EDITS`. No officer and no recorder is named; whoever owns
        the roster finds them there.
        """
        return self._listed(self.signals)

    def own_section(self, officer_id: str) -> pd.DataFrame:
        """The edits of one officer's shifts, and those that the officer recorded: `EDITS`, for that officer alone.

        An officer without any, or whom the roster does not name, has an empty section.
        """
        me = clean_id(officer_id) or ""
        mine = (self.signals["subject"] == me) | (self.signals["recorder_officer"] == me)
        return self._listed(self.signals[mine & (me != "")])

    def _listed(self, signals: pd.DataFrame) -> pd.DataFrame:
        keys = ["shift_id", "version", "signal"]
        once = signals.drop_duplicates([*keys, "at_us"])  # a version that was written down twice counts once
        counted = once.groupby(keys, as_index=False).agg(
            total=("us", "sum"), longest=("us", "max"), after_end=("after_end", "max"), across=("across", "max")
        )
        effect = counted["signal"].isin(WITH_EFFECT)
        counted["seconds"] = counted["total"].where(effect, counted["longest"]) // 1_000_000
        counted["across_pay_cut_off"] = counted["across"]
        counted["lawful_reasons"] = counted["signal"].map(LAWFUL)
        return counted.sort_values(keys, ignore_index=True)[EDITS]


def roster_audit(
    rows: pa.Table,
    policy: Policy,
    *,
    as_of_us: int,
    more: pd.DataFrame | None = None,
    people: pd.DataFrame | None = None,
    card: Mapping[str, Any] | None = None,
    declared: Mapping[str, TableDeclaration] | None = None,
) -> RosterAudit:
    """Audit the versions of a roster that were recorded by ``as_of_us``.

    ``rows`` and ``more`` are as `offduty.analyses.roster_files` reads them; ``people`` says who stands behind each
    ``recorded_by``: `PEOPLE`. Without it R4 and R10 are not assessed, and all recorders are compared with each other.
    ``declared`` says how tables are written, by their names, where a job declares it. Raises `UsageError` where the
    policy names no such analysis or there is no error card, and `InputError` where
    ``people`` lacks a column.
    """
    terms = agreed_audit(policy)
    card = error_card("roster-audit") if card is None else card
    known = _known(people)
    officer_of = dict(zip(known["recorded_by"], known["officer_id"], strict=True))
    versions = read_versions(rows, pd.DataFrame() if more is None else more, policy, as_of_us, declared)
    found = all_signals(versions, as_of_us, terms.rest_codes, officer_of)
    late = _late(versions, found, known)
    unusual = unusual_edits(late) if len(late) else pd.DataFrame({"entry": [], "signal": []})
    at = versions.roster.starts_late[unusual["entry"].to_numpy(np.int64)]
    found = pd.concat([found, unusual.assign(us=0, at_us=at)[COLUMNS]], ignore_index=True)
    return RosterAudit(
        rows=versions.rows,
        assessed=len(versions.officers),
        not_assessed=versions.not_assessed,
        own_records_assessed=people is not None,
        card=card,
        zone=policy.policy.timezone,
        terms=terms.model_dump(),
        signals=_described(versions, found, officer_of, terms.pay_cut_off_day, policy.policy.timezone),
        leads=_leads(versions),
        recorders=compared(late),
    )


def _known(people: pd.DataFrame | None) -> pd.DataFrame:
    """The recorders as text; a recorder who is named twice for two people is nobody's."""
    if people is None:
        return pd.DataFrame({name: pd.Series(dtype=str) for name in PEOPLE})
    lacking = [name for name in PEOPLE if name not in people.columns]
    if lacking:
        raise InputError(f"the table of recorders lacks {', '.join(lacking)}: it needs {', '.join(PEOPLE)}")
    texts = people[list(PEOPLE)].fillna("").astype(str).map(lambda text: clean_id(text) or "").drop_duplicates()
    return texts[~texts["recorded_by"].duplicated(keep=False) & (texts["recorded_by"] != "")]


def _late(versions: RecordedVersions, found: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """The late grants whose recorder is known, as `unusual_edits` needs them; officers who record for themselves are
    compared with such officers, by their role.
    """
    entry = np.flatnonzero(late_grants(versions) & (versions.roster.officer >= 0))
    late = pd.DataFrame(
        {
            "entry": entry,
            "recorded_by": versions.writers["recorded_by"][entry],
            "subject": _names(versions)[versions.roster.officer[entry]],
        }
    )
    late["over_rest"] = late["entry"].isin(found["entry"][found["signal"] == "R3"])
    late = late[late["recorded_by"] != ""].merge(known, on="recorded_by", how="left").fillna("")
    return late.rename(columns={"recorded_by": "recorder"})


def _described(
    versions: RecordedVersions, found: pd.DataFrame, officer_of: Mapping[str, str], day: int, zone: str
) -> pd.DataFrame:
    """The signals with their shift, version and people, for `RosterAudit`."""
    entry, roster = found["entry"].to_numpy(np.int64), versions.roster
    recorded = roster.recorded[entry]
    reversal = (found["signal"] == "R5").to_numpy()
    before = cut_offs_before(np.where(reversal, recorded - found["us"].to_numpy(np.int64), 0), day, zone)
    after = cut_offs_before(np.where(reversal, recorded, 0), day, zone)
    codes, writers = pd.factorize(versions.writers["recorded_by"][entry])
    recorders = np.array([*(officer_of.get(name, "") for name in writers), ""], dtype=object)
    return found.assign(
        shift_id=versions.shift_id[entry],
        version=versions.version[entry],
        after_end=(found["signal"] == "R1").to_numpy() & (recorded >= roster.ends_early[entry]),
        across=before != after,
        subject=_names(versions)[roster.officer[entry]],
        recorder_officer=recorders[codes],
    )


def _names(versions: RecordedVersions) -> Texts:
    """The officers by their number; the last name, of nobody, is empty."""
    return np.array([*versions.officers, ""], dtype=object)


def _leads(versions: RecordedVersions) -> pd.DataFrame:
    """For each grant how long before its start it was recorded: ``subject`` and ``us`` (negative: afterwards)."""
    roster = versions.roster
    which = np.flatnonzero(roster.grants & (roster.officer >= 0))
    subject = _names(versions)[roster.officer[which]]
    return pd.DataFrame({"subject": subject, "us": roster.starts_late[which] - roster.recorded[which]})
