"""What two releases of a made-up force confirm: windows and days under two policies, for `offduty compare --inputs`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from offduty.analyses.made_up_answers import AnsweredForce, answered_force
from offduty.analyses.roster_files import NamedTables
from offduty.cli.answer_files import rows_bytes
from offduty.cli.asked_tables import key_of_job
from offduty.config.key_files import fingerprint, load_pseudonym_key
from offduty.core.errors import UsageError
from offduty.core.instants import FOREVER_US, NEVER_US, instant
from offduty.core.interval import Interval
from offduty.core.locations import Location
from offduty.runs.read_decided import read_decided
from offduty.store.open_store import local_copy
from offduty.synth.toy_keys import TOY_KEY

Document = Mapping[str, Any]


def made_up_force(job: Path, sides: Sequence[tuple[Location, Document]]) -> dict[str, dict[str, int | None]]:
    """What each of two runs, by its store and its manifest, confirms of the force of ``job``, as ``one`` and ``other``.

    Raises `UsageError` where the keys are not those of a made-up force, where one is a trial, which has no release, is
    not current any more, or read other tables than the job has now.
    """
    key = load_pseudonym_key(key_of_job(job))
    toy = fingerprint(bytes.fromhex(TOY_KEY))
    if fingerprint(key) != toy or any(document["keys"].get("pseudonym") != toy for _, document in sides):
        raise UsageError(
            "windows and days are compared on a made-up force alone (offduty synth), whose keys are toys: of real"
            " people, say with offduty presence and offduty site-days what was agreed on"
        )
    if any(document["kind"] == "trial" for _, document in sides):
        raise UsageError(
            "a trial has no release, so it confirms nothing. On a made-up force run the other policy into a store of"
            " its own (a copy of the job with that policy, and offduty run COPY --store OTHER), and compare both runs"
        )
    named = NamedTables.of_job(job)
    roster, (sites, site_tables) = named.read_roster(), named.read_sites()
    read = {table["sha256"] for table in (*roster.tables, *site_tables)}
    found = []
    for store, document in sides:
        if not read <= {given["sha256"] for given in document["inputs"]}:
            raise UsageError("the job has another roster, or other sites, than a run had: give the job of the runs")
        found.append(_of_run(store, document, key, (roster.rows, sites), named))
    return {side: asdict(answer) for side, answer in zip(("one", "other"), found, strict=True)}


def made_up_table(found: Mapping[str, Mapping[str, int | None]]) -> bytes:
    """The same as CSV: one row for each side; no days below four weeks."""
    return rows_bytes([{"side": side, **answer} for side, answer in found.items()])


def _of_run(
    store: Location, document: Document, key: bytes, tables: Sequence[Any], named: NamedTables
) -> AnsweredForce:
    """What the release of one run confirms."""
    interval = document["interval"]
    begin, end = instant(interval["from"]), instant(interval["to"])
    asked = Interval(NEVER_US if begin is None else begin, FOREVER_US if end is None else end)
    with local_copy(store) as root:
        release = read_decided(root, asked)
    if [run["run_id"] for run in release.runs] != [document["run_id"]]:
        raise UsageError("the release of a run is not the current one of its time any more; offduty current says which")
    return answered_force(
        release.frame,
        tables[0],
        tables[1],
        document["policy"],
        key=key,
        decided=release.decided,
        as_of_us=instant(document["as_of"]) or 0,
        declared=named.declared,
    )
