"""Stores that somebody broke, each in one way, and the check that must find it.

An operator who wants to deceive puts everything else right again, signatures too: then one check alone stands between
him and a clean verdict. What somebody breaks who cannot sign is found by several.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from offduty.transparency.signed_note import Checkpoint, SigningKey
from offduty.verify.auditor import Auditor
from tests.tamper.base import OTHER_SEED, SEED, Audit
from tests.tamper.forge import Forged, Rows, canonical, parquet

Break = Callable[[Forged, Audit], None]
Options = Callable[[Audit], dict[str, Any]]


@dataclass(frozen=True)
class Broken:
    """One broken store: what was done, how, what the auditor gives to `verify`, and the check that must find it.

    ``alone``: that check and no other. ``run`` the number of the run that is looked at (None: all).
    """

    what: str
    check: str
    spoil: Break
    options: Options
    alone: bool = True


def key_only(audit: Audit) -> dict[str, Any]:
    """A public key and nothing else."""
    return {"keys": (audit.key,)}


def with_inputs(audit: Audit) -> dict[str, Any]:
    """The key, and the inputs."""
    return {"keys": (audit.key,), "inputs": audit.job}


def with_kept(audit: Audit) -> dict[str, Any]:
    """The key, and the checkpoint that was kept."""
    return {"keys": (audit.key,), "since": audit.kept}


def with_policy(audit: Audit) -> dict[str, Any]:
    """The key, and the policy that was agreed."""
    return {"keys": (audit.key,), "policy": audit.policy}


def with_reference(audit: Audit) -> dict[str, Any]:
    """The key, and the reference tables without the pings."""
    return {"keys": (audit.key,), "reference": audit.job}


def with_cosigner(audit: Audit) -> dict[str, Any]:
    """The key, and that of somebody who should have signed, too."""
    path = audit.folder / "cosigner.pub"
    path.write_text("11" * 32)
    return {"keys": (audit.key,), "cosigners": (path,), "since": audit.kept}


# What is done to rows.


def moved(rows: Rows, place: int = 3) -> Rows:
    """One released row one unit of the grid farther east, its point with it."""
    lon = round(rows[place]["lon"] + 1e-4, 4)
    point = rows[place]["geometry"][:5] + struct.pack("<dd", lon, rows[place]["lat"])
    return in_order([*rows[:place], {**rows[place], "lon": lon, "geometry": point}, *rows[place + 1 :]])


def far_away(rows: Rows) -> Rows:
    """One released row at its officer's home."""
    point = struct.pack("<BIdd", 1, 1, -0.1, 51.5)
    return in_order([*rows[:3], {**rows[3], "lon": -0.1, "lat": 51.5, "geometry": point}, *rows[4:]])


def in_order(rows: Rows) -> Rows:
    """Rows as a release sorts them."""
    return sorted(rows, key=lambda row: (row["officer"], row["observed_at"], row["lon"], row["lat"]))


def one_more(rows: Rows) -> Rows:
    """One row twice."""
    return in_order([*rows, rows[3]])


def one_less(rows: Rows) -> Rows:
    """A row dropped."""
    return rows[1:]


def swapped(rows: Rows) -> Rows:
    """A row of one officer under another's pseudonym, and the other way round."""
    names = sorted({row["officer"] for row in rows})
    first = next(place for place, row in enumerate(rows) if row["officer"] == names[0])
    last = next(
        place for place, row in enumerate(rows) if row["officer"] == names[-1] and row["lon"] != rows[first]["lon"]
    )
    other = {first: names[-1], last: names[0]}
    return in_order([{**row, "officer": other.get(place, row["officer"])} for place, row in enumerate(rows)])


def backwards(rows: Rows) -> Rows:
    """Two rows in each other's place."""
    return [rows[1], rows[0], *rows[2:]]


def reworded(before: str, after: str) -> Callable[[Rows], Rows]:
    """The first row of one reason under another."""

    def change(rows: Rows) -> Rows:
        place = next(place for place, row in enumerate(rows) if row["reason"] == before)
        return [*rows[:place], {**rows[place], "reason": after}, *rows[place + 1 :]]

    return change


def finer(rows: Rows) -> Rows:
    """One position with more decimals than the policy allows."""
    lon = rows[3]["lon"] + 1e-6
    point = rows[3]["geometry"][:5] + struct.pack("<dd", lon, rows[3]["lat"])
    return in_order([*rows[:3], {**rows[3], "lon": lon, "geometry": point}, *rows[4:]])


# What is done to stores. Each ends with a log that fits, but for what was meant.


def edited(part: str, change: Callable[[Rows], Rows], **settings: Any) -> Break:
    """Rows of the first run changed, and all that follows from it put right."""

    def spoil(forged: Forged, audit: Audit) -> None:
        forged.edit(part, change, **settings)
        forged.fit()
        forged.seal()

    return spoil


def patched(part: str, change: Callable[[bytes], bytes], **versions: str) -> Break:
    """Bytes of the first run changed, and all that follows from it put right; versions may be told otherwise."""

    def spoil(forged: Forged, audit: Audit) -> None:
        forged.patch(part, change)
        forged.fit()
        forged.manifests[0]["versions"] |= versions
        forged.seal()

    return spoil


def said(change: Callable[[dict[str, Any]], None], *, rename: bool = False, run: int = 0) -> Break:
    """A manifest edited, and signed again."""

    def spoil(forged: Forged, audit: Audit) -> None:
        change(forged.manifests[run])
        if rename:
            forged.rename(run)
        forged.seal()

    return spoil


def wrong_root(forged: Forged, audit: Audit) -> None:
    """A checkpoint in the middle of another tree, properly signed."""

    def spoil(number: int, head: Checkpoint) -> Checkpoint:
        return replace(head, root=bytes(32)) if number == 1 else head

    forged.seal(spoil=spoil)


def stranger_in_the_log(forged: Forged, audit: Audit) -> None:
    """A file that is no entry."""
    forged.seal()
    (audit.store / "log" / "notes").write_text("")


def not_canonical(forged: Forged, audit: Audit) -> None:
    """A manifest with room for a message in its spaces."""
    forged.manifests[2] = canonical(forged.manifests[2]).replace(b":", b": ", 1)  # type: ignore[call-overload]
    forged.seal()


def signed_by_another(forged: Forged, audit: Audit) -> None:
    """The whole history signed again, with a key of one's own."""
    forged.seal(OTHER_SEED)


def unsigned_at_the_end(forged: Forged, audit: Audit) -> None:
    """The newest entry without its signature."""
    entry = max((audit.store / "log").glob("*.entry"))
    manifest, _, checkpoint = entry.read_bytes().partition(b"\n\n")
    entry.write_bytes(manifest + b"\n\n" + checkpoint.partition(b"\n\n")[0] + b"\n")


def end_cut_off(forged: Forged, audit: Audit) -> None:
    """The newest run gone as if it had never been: entry, files and all."""
    _remove(audit.store / "runs" / forged.manifests[-1]["run_id"])
    max((audit.store / "log").glob("*.entry")).unlink()


def history_rewritten(forged: Forged, audit: Audit) -> None:
    """The first run told otherwise, and everything after it signed again."""
    forged.edit("ledger", reworded("off_duty", "unassigned"))
    forged.fit()
    forged.seal()


def middle_cut_out(forged: Forged, audit: Audit) -> None:
    """An entry in the middle deleted."""
    (audit.store / "log" / "000000000001.entry").unlink()


def middle_closed_up(forged: Forged, audit: Audit) -> None:
    """An entry in the middle deleted, those behind it moved up, all signed again."""
    _remove(audit.store / "runs" / forged.manifests[1]["run_id"])
    del forged.manifests[1]
    forged.seal()


def same_id_twice(forged: Forged, audit: Audit) -> None:
    """An entry that stands twice."""
    forged.manifests.append(forged.manifests[0])
    forged.seal()


def stray_file(forged: Forged, audit: Audit) -> None:
    """A file in the release that no entry names."""
    (forged.path(forged.largest("release")).parent / "part-00001.parquet").write_bytes(b"")


def link_out(forged: Forged, audit: Audit) -> None:
    """A link in the store's runs that leads out of it."""
    (audit.store / "runs" / "elsewhere").symlink_to(audit.folder)


def linked_file(forged: Forged, audit: Audit) -> None:
    """A file of the release that lies elsewhere, with a link in its place."""
    path = forged.path(forged.largest("release"))
    path.rename(audit.folder / "elsewhere")
    path.symlink_to(audit.folder / "elsewhere")


def input_swapped(forged: Forged, audit: Audit) -> None:
    """One more row in the roster, after the runs."""
    with (audit.folder / "roster.csv").open("a") as file:
        file.write("r-new,o3,2026-03-02T08:00,2026-03-02T16:00,,duty,active,2026-02-01T00:00:00Z\r\n")


def released_later(forged: Forged, audit: Audit) -> None:
    """A row that the first run hid as a late edit stands in the later run's release, ledger and sums."""
    forged.edit("ledger", reworded("late_edit", "on_duty"), run=2)
    forged.edit("release", lambda rows: in_order([*rows, {**rows[0], "observed_at": rows[-1]["observed_at"]}]), run=2)
    forged.fit(run=2)
    forged.seal()


def spread_over_files(forged: Forged, audit: Audit) -> None:
    """A day's rows in two files, cut where a message says."""
    output = forged.largest("release")
    path = forged.path(output)
    rows = pq.ParquetFile(path).read().to_pylist()
    second = path.with_name("part-00001.parquet")
    path.write_bytes(parquet("release", rows[:11]))
    second.write_bytes(parquet("release", rows[11:]))
    forged.manifests[0]["outputs"].append({**output, "name": output["name"].replace("part-00000", "part-00001")})
    forged.fit()
    forged.seal()


def empty_day(forged: Forged, audit: Audit) -> None:
    """An empty release under a date that says something."""
    output = forged.largest("release")
    empty = {**output, "name": "release/date=1951-05-15/part-00000.parquet"}
    forged.manifests[0]["outputs"] = sorted([*forged.manifests[0]["outputs"], empty], key=lambda each: each["name"])
    forged.path(empty).parent.mkdir()
    forged.path(empty).write_bytes(parquet("release", []))
    forged.fit()
    forged.seal()


def telling_groups(forged: Forged, audit: Audit) -> None:
    """A release whose row groups are as long as a message says."""
    path = forged.path(forged.largest("release"))
    rows = pq.ParquetFile(path).read().to_pylist()
    path.write_bytes(parquet("release", rows, groups=[5, 1, 5, 12]))
    forged.fit()
    forged.seal()


def places_left_out(forged: Forged, audit: Audit) -> None:
    """A run whose entry names no places at all: nobody can ask for them."""
    manifest = forged.manifests[0]
    manifest["inputs"] = [source for source in manifest["inputs"] if source["table"] != "places"]
    for number, source in enumerate(manifest["inputs"]):
        source["file"] = number
    forged.rename()
    forged.seal()


def expired_too_early(forged: Forged, audit: Audit) -> None:
    """A release that is let go on the day after, so that nobody can look at it."""
    output = forged.largest("release")
    forged.path(output).unlink()
    forged.path(output).parent.rmdir()
    file = {"run_id": forged.manifests[0]["run_id"], **{key: output[key] for key in ("name", "sha256", "bytes")}}
    forged.manifests.append(
        {
            "kind": "expiry",
            "recorded_at": "2026-12-03T00:00:00Z",
            "before": "2020-01-01",
            "why": "old",
            "files": [file],
            "versions": {"offduty": forged.manifests[0]["versions"]["offduty"]},
        }
    )
    forged.seal()


def ledger_as_a_letter(rows: Rows) -> Rows:
    """A row of the ledger that is none of any input."""
    return sorted([{**rows[0], "row": 515_000}, *rows[1:]], key=lambda row: (row["file"], row["row"]))


def ties_turned(rows: Rows) -> Rows:
    """Two rows alike but for their accuracy, in the order that says one."""
    twin = {**rows[3], "accuracy_m": 30.0 if rows[3]["accuracy_m"] == 10.0 else 10.0}
    pair = sorted([rows[3], twin], key=lambda row: -row["accuracy_m"])
    return [*rows[:3], *pair, *rows[5:]]


def another_minus(rows: Rows) -> Rows:
    """Nothing is so small that its sign could not say something."""
    point = rows[3]["geometry"][:5] + struct.pack("<dd", -0.0, rows[3]["lat"])
    return in_order([*rows[:3], {**rows[3], "lon": -0.0, "geometry": point}, *rows[4:]])


def interval_told_otherwise(forged: Forged, audit: Audit) -> None:
    """A later run shows what an earlier one hid, and says that it was about other times."""
    forged.manifests[2]["interval"] = {"from": "1990-01-01T00:00:00Z", "to": "1990-01-02T00:00:00Z"}
    forged.rename(2)
    released_later(forged, audit)


def rotated_by_one(forged: Forged, audit: Audit) -> None:
    """A rotation to a key that has not signed: nobody knows that its holder agreed."""
    new = SigningKey(forged.origin, OTHER_SEED).public
    forged.manifests.append(
        {
            "kind": "rotation",
            "recorded_at": "2026-12-03T00:00:00Z",
            "old_key": forged.key.public.vkey,
            "new_key": new.vkey,
            "new_key_sha256": hashlib.sha256(new.raw).hexdigest(),
            "lost_old_key": False,
            "versions": {"offduty": forged.manifests[0]["versions"]["offduty"]},
        }
    )
    forged.seal()


def bytes_before_the_footer(raw: bytes) -> bytes:
    """Bytes between the last page and the footer, where no reader looks."""
    footer = len(raw) - 8 - int.from_bytes(raw[-8:-4], "little")
    return raw[:footer] + b"51.5N 0.1W" + raw[footer:]


def _remove(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    folder.rmdir()


def _wrong_size(manifest: dict[str, Any]) -> None:
    manifest["outputs"][0]["bytes"] += 1


def _count_moved(manifest: dict[str, Any]) -> None:
    manifest["counts"]["off_duty"] -= 1
    manifest["counts"]["home_leg"] += 1


def _policy_softened(manifest: dict[str, Any]) -> None:
    manifest["policy"]["places"]["buffer_m"] = "20"


def _nothing_refused(manifest: dict[str, Any]) -> None:
    manifest["refused"] = []


def _other_question(manifest: dict[str, Any]) -> None:
    manifest["question"] = "0" * 32


def _policy_changed(forged: Forged, audit: Audit) -> None:
    audit.policy.write_text(audit.policy.read_text().replace("buffer_m = 200.0", "buffer_m = 300.0"))


SPEED = pa.field("speed", pa.float64(), nullable=False)

ALONE = [
    Broken("a file in the log that is no entry", "1.1", stranger_in_the_log, key_only),
    Broken("a checkpoint over another tree, properly signed", "1.2", wrong_root, key_only),
    Broken("the whole history signed again, with another key", "1.3", signed_by_another, key_only),
    Broken("the newest entry without its signature", "1.3", unsigned_at_the_end, key_only),
    Broken("a run under a name that is not its question's", "1.4", said(_other_question), key_only),
    Broken("the end of the log cut off, files and all", "1.5", end_cut_off, with_kept),
    Broken("the whole history signed again, with the right key", "1.5", history_rewritten, with_kept),
    Broken("an entry in the middle deleted, the rest moved up and signed again", "1.5", middle_closed_up, with_kept),
    Broken("a cosigner who never signed", "1.6", lambda forged, audit: None, with_cosigner),
    Broken("a size in a manifest", "2.1", said(_wrong_size), key_only),
    Broken("a file that no entry names", "2.2", stray_file, key_only),
    Broken("a link out of the store", "2.2", link_out, key_only),
    Broken(
        "a column more in the release",
        "3.1",
        edited("release", lambda rows: [{**row, "speed": 3.5} for row in rows], extra=(SPEED,)),
        key_only,
    ),
    Broken("two released rows in each other's place", "3.2", edited("release", backwards), key_only),
    Broken("a released position with more decimals", "3.2", edited("release", finer), key_only),
    Broken("two ledger rows in each other's place", "3.3", edited("ledger", backwards), key_only),
    Broken(
        "bytes hidden before the footer, by a writer of another version",
        "3.4",
        patched("release", bytes_before_the_footer, pyarrow="25.0.0"),
        key_only,
    ),
    Broken("pages compressed in another way", "3.5", edited("release", list, level=19), key_only),
    Broken("an input swapped after the run", "4.1", input_swapped, with_inputs),
    Broken("a ledger row dropped", "4.2", edited("ledger", one_less), with_inputs),
    Broken("a sum moved from one reason to another", "4.3", said(_count_moved), key_only),
    Broken("a reason changed", "5.1", edited("ledger", reworded("off_duty", "home_leg")), with_inputs),
    Broken("a released row moved by one unit", "5.2", edited("release", moved), with_inputs),
    Broken("two officers' rows swapped", "5.2", edited("release", swapped), with_inputs),
    Broken("refused rows that nobody is told of", "5.3", said(_nothing_refused), with_inputs),
    Broken("a released row at its officer's home", "5.4", edited("release", far_away), with_reference),
    Broken("a row that was hidden is released by a later run", "6.1", released_later, key_only),
    Broken("the same, and the interval told otherwise", "6.1", interval_told_otherwise, key_only),
    Broken("a day cut into two files where a message says", "3.1", spread_over_files, key_only),
    Broken("an empty release under another date", "3.1", empty_day, key_only),
    Broken("a release that is let go too early", "2.1", expired_too_early, key_only),
    Broken("a ledger row that is no row of an input", "3.3", edited("ledger", ledger_as_a_letter), key_only),
    Broken("rows alike but for one value in another order", "3.2", edited("release", ties_turned), key_only),
    Broken("a zero with a sign", "3.2", edited("release", another_minus), key_only),
    Broken("a quarantine compressed in another way", "3.5", edited("quarantine", list, level=19), key_only),
    Broken("a rotation that the new key has not signed", "1.3", rotated_by_one, key_only),
    Broken("a policy that is not the one that was hashed", "7.1", said(_policy_softened), key_only),
    Broken("another policy than the one that was agreed", "7.2", _policy_changed, with_policy),
]
"""For every check at least one store that only that check finds."""

BESIDES = [
    Broken("row groups as long as a message says", "3.1", telling_groups, key_only),
    Broken("a run without any places among its inputs", "1.1", places_left_out, key_only),
    Broken("a manifest that is not canonical", "1.1", not_canonical, key_only),
    Broken("an entry in the middle deleted", "1.1", middle_cut_out, key_only),
    Broken("an entry that stands twice", "1.4", same_id_twice, key_only),
    Broken("a file of the release that is a link", "2.1", linked_file, key_only),
    Broken("a released row added", "4.3", edited("release", one_more), with_inputs),
    Broken("a released row dropped", "4.3", edited("release", one_less), with_inputs),
    Broken("bytes hidden before the footer", "3.4", patched("release", bytes_before_the_footer), key_only),
    Broken("a word left in a dictionary page", "3.4", edited("release", list, dictionary=["51.5N 0.1W"]), key_only),
    Broken("a position left in the metadata", "3.1", edited("release", list, metadata={"bbox": "-0.1 51.5"}), key_only),
    Broken("statistics in the ledger", "3.4", edited("ledger", list, write_statistics=True), key_only),
]
"""What several checks find; the one named must be among them."""

EVERYTHING = [*ALONE, *(replace(broken, alone=False) for broken in BESIDES)]


def auditor(broken: Broken, audit: Audit) -> Auditor:
    """What the auditor gives."""
    return Auditor(**broken.options(audit))


__all__ = ["ALONE", "BESIDES", "EVERYTHING", "SEED", "Broken", "auditor", "os"]
