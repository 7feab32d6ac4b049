"""Stores that somebody broke, each in one way, and the check that must find it.

An operator who wants to deceive makes everything else consistent again, also the signatures: then only one check can
find it. What is broken by somebody who cannot sign is found by several checks.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pyrage

from offduty.analyses.error_cards import rules_sha256
from offduty.transparency.signed_note import Checkpoint, Note, SigningKey
from offduty.verify.auditor import Auditor
from tests.tamper.base import LATEST, OTHER_SEED, SEED, Audit
from tests.tamper.forge import Forged, Rows, canonical, parquet

Break = Callable[[Forged, Audit], None]
Options = Callable[[Audit], dict[str, Any]]


@dataclass(frozen=True)
class Broken:
    """One broken store: what was done, the check that must find it, how it is done, and what the auditor has.

    ``alone``: that check finds it, and no other.
    """

    what: str
    check: str
    change: Break
    options: Options
    alone: bool = True


def key_only(audit: Audit) -> dict[str, Any]:
    """A public key and nothing else."""
    return {"keys": (audit.key,)}


def with_inputs(audit: Audit) -> dict[str, Any]:
    """The key, and the inputs."""
    return {"keys": (audit.key,), "inputs": audit.job}


def with_checkpoint(audit: Audit) -> dict[str, Any]:
    """The key, and the auditor's own checkpoint."""
    return {"keys": (audit.key,), "since": audit.checkpoint}


def with_policy(audit: Audit) -> dict[str, Any]:
    """The key, and the policy that was agreed."""
    return {"keys": (audit.key,), "policy": audit.policy}


def with_reference(audit: Audit) -> dict[str, Any]:
    """The key, and the reference tables without the pings."""
    return {"keys": (audit.key,), "reference": audit.job}


def with_identity(audit: Audit) -> dict[str, Any]:
    """The key, and the identity that opens what runs kept."""
    return {"keys": (audit.key,), "identity": audit.identity}


def with_cosigner(audit: Audit) -> dict[str, Any]:
    """The key, and the key of somebody who should have signed too."""
    path = audit.folder / "cosigner.pub"
    path.write_text("11" * 32)
    return {"keys": (audit.key,), "cosigners": (path,), "since": audit.checkpoint}


# What is done to rows.


def moved(rows: Rows, place: int = 3) -> Rows:
    """One released row moved east by one unit, with its geometry."""
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
    """One row added a second time."""
    return in_order([*rows, rows[3]])


def one_less(rows: Rows) -> Rows:
    """A row dropped."""
    return rows[1:]


def swapped(rows: Rows) -> Rows:
    """A row of each of two officers with the pseudonym of the other."""
    names = sorted({row["officer"] for row in rows})
    first = next(place for place, row in enumerate(rows) if row["officer"] == names[0])
    last = next(
        place for place, row in enumerate(rows) if row["officer"] == names[-1] and row["lon"] != rows[first]["lon"]
    )
    other = {first: names[-1], last: names[0]}
    return in_order([{**row, "officer": other.get(place, row["officer"])} for place, row in enumerate(rows)])


def backwards(rows: Rows) -> Rows:
    """Two rows exchanged."""
    return [rows[1], rows[0], *rows[2:]]


def reworded(before: str, after: str) -> Callable[[Rows], Rows]:
    """The first row with one reason gets another."""

    def change(rows: Rows) -> Rows:
        place = next(place for place, row in enumerate(rows) if row["reason"] == before)
        return [*rows[:place], {**rows[place], "reason": after}, *rows[place + 1 :]]

    return change


def finer(rows: Rows) -> Rows:
    """One position with more decimals than the policy allows."""
    lon = rows[3]["lon"] + 1e-6
    point = rows[3]["geometry"][:5] + struct.pack("<dd", lon, rows[3]["lat"])
    return in_order([*rows[:3], {**rows[3], "lon": lon, "geometry": point}, *rows[4:]])


# What is done to stores. Afterwards everything is consistent except what was changed.


def edited(part: str, change: Callable[[Rows], Rows], **settings: Any) -> Break:
    """Rows of the first run changed, and everything that depends on them corrected."""

    def change_store(forged: Forged, audit: Audit) -> None:
        forged.edit(part, change, **settings)
        forged.fit()
        forged.seal()

    return change_store


def patched(part: str, change: Callable[[bytes], bytes], **versions: str) -> Break:
    """Bytes of the first run changed, everything that depends on them corrected, and perhaps other versions claimed."""

    def change_store(forged: Forged, audit: Audit) -> None:
        forged.patch(part, change)
        forged.fit()
        forged.manifests[0]["versions"] |= versions
        forged.seal()

    return change_store


def claimed(change: Callable[[dict[str, Any]], None], *, rename: bool = False, run: int = 0) -> Break:
    """A manifest edited, and signed again."""

    def change_store(forged: Forged, audit: Audit) -> None:
        change(forged.manifests[run])
        if rename:
            forged.rename(run)
        forged.seal()

    return change_store


def wrong_root(forged: Forged, audit: Audit) -> None:
    """A correctly signed checkpoint of another tree, in the middle of the log."""

    def change_head(number: int, head: Checkpoint) -> Checkpoint:
        return replace(head, root=bytes(32)) if number == 1 else head

    forged.seal(change=change_head)


def other_file_in_the_log(forged: Forged, audit: Audit) -> None:
    """A file that is not an entry."""
    forged.seal()
    (audit.store / "log" / "notes").write_text("")


def not_canonical(forged: Forged, audit: Audit) -> None:
    """A manifest with an additional space, which could carry a message."""
    forged.manifests[2] = canonical(forged.manifests[2]).replace(b":", b": ", 1)  # type: ignore[call-overload]
    forged.seal()


def signed_by_another(forged: Forged, audit: Audit) -> None:
    """The whole history signed again with another key."""
    forged.seal(OTHER_SEED)


def unsigned_at_the_end(forged: Forged, audit: Audit) -> None:
    """The newest entry without its signature."""
    entry = max((audit.store / "log").glob("*.entry"))
    manifest, _, checkpoint = entry.read_bytes().partition(b"\n\n")
    entry.write_bytes(manifest + b"\n\n" + checkpoint.partition(b"\n\n")[0] + b"\n")


def end_cut_off(forged: Forged, audit: Audit) -> None:
    """The newest run removed completely, entry and files."""
    _remove(audit.store / "runs" / forged.manifests[-1]["run_id"])
    max((audit.store / "log").glob("*.entry")).unlink()


def history_rewritten(forged: Forged, audit: Audit) -> None:
    """The first run changed, and everything after it signed again."""
    forged.edit("ledger", reworded("off_duty", "unassigned"))
    forged.fit()
    forged.seal()


def middle_cut_out(forged: Forged, audit: Audit) -> None:
    """An entry in the middle deleted."""
    (audit.store / "log" / "000000000001.entry").unlink()


def middle_closed_up(forged: Forged, audit: Audit) -> None:
    """An entry in the middle deleted, the entries after it renumbered, and all signed again."""
    _remove(audit.store / "runs" / forged.manifests[1]["run_id"])
    del forged.manifests[1]
    forged.seal()


def same_id_twice(forged: Forged, audit: Audit) -> None:
    """An entry added a second time."""
    forged.manifests.append(forged.manifests[0])
    forged.seal()


def stray_file(forged: Forged, audit: Audit) -> None:
    """A file in the release that no entry names."""
    (forged.path(forged.largest("release")).parent / "part-00001.parquet").write_bytes(b"")


def link_out(forged: Forged, audit: Audit) -> None:
    """A link among the runs that leads out of the store."""
    (audit.store / "runs" / "elsewhere").symlink_to(audit.folder)


def linked_file(forged: Forged, audit: Audit) -> None:
    """A file of the release moved out of the store, with a link in its place."""
    path = forged.path(forged.largest("release"))
    path.rename(audit.folder / "elsewhere")
    path.symlink_to(audit.folder / "elsewhere")


def input_swapped(forged: Forged, audit: Audit) -> None:
    """One more row in the roster, after the runs."""
    with (audit.folder / "roster.csv").open("a") as file:
        file.write("r-new,o3,2026-03-02T08:00,2026-03-02T16:00,,duty,active,2026-02-01T00:00:00Z\r\n")


def released_later(forged: Forged, audit: Audit) -> None:
    """A row that the first run hid as a late edit is in the later run's release, ledger and sums."""
    forged.edit("ledger", reworded("late_edit", "on_duty"), run=2)
    forged.edit("release", lambda rows: in_order([*rows, {**rows[0], "observed_at": rows[-1]["observed_at"]}]), run=2)
    forged.fit(run=2)
    forged.seal()


def spread_over_files(forged: Forged, audit: Audit) -> None:
    """A day's rows in two files, split where a message requires."""
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
    """An empty release with a date that carries a message."""
    output = forged.largest("release")
    empty = {**output, "name": "release/date=1951-05-15/part-00000.parquet"}
    forged.manifests[0]["outputs"] = sorted([*forged.manifests[0]["outputs"], empty], key=lambda each: each["name"])
    forged.path(empty).parent.mkdir()
    forged.path(empty).write_bytes(parquet("release", []))
    forged.fit()
    forged.seal()


def groups_with_a_message(forged: Forged, audit: Audit) -> None:
    """A release whose row groups have lengths that carry a message."""
    path = forged.path(forged.largest("release"))
    rows = pq.ParquetFile(path).read().to_pylist()
    path.write_bytes(parquet("release", rows, groups=[5, 1, 5, 12]))
    forged.fit()
    forged.seal()


def places_left_out(forged: Forged, audit: Audit) -> None:
    """A run whose entry names no places at all, so that an auditor would not look for them."""
    manifest = forged.manifests[0]
    manifest["inputs"] = [source for source in manifest["inputs"] if source["table"] != "places"]
    for number, source in enumerate(manifest["inputs"]):
        source["file"] = number
    forged.rename()
    forged.seal()


def expired_too_early(forged: Forged, audit: Audit) -> None:
    """A release that expires on the day after, so that nobody can check it."""
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


def ledger_row_of_no_input(rows: Rows) -> Rows:
    """A row of the ledger that no input has."""
    return sorted([{**rows[0], "row": 515_000}, *rows[1:]], key=lambda row: (row["file"], row["row"]))


def ties_reordered(rows: Rows) -> Rows:
    """Two rows that differ only in their accuracy, in the wrong order: the order could carry a message."""
    twin = {**rows[3], "accuracy_m": 30.0 if rows[3]["accuracy_m"] == 10.0 else 10.0}
    pair = sorted([rows[3], twin], key=lambda row: -row["accuracy_m"])
    return [*rows[:3], *pair, *rows[5:]]


def negative_zero(rows: Rows) -> Rows:
    """The sign of a zero could carry a message."""
    point = rows[3]["geometry"][:5] + struct.pack("<dd", -0.0, rows[3]["lat"])
    return in_order([*rows[:3], {**rows[3], "lon": -0.0, "geometry": point}, *rows[4:]])


def other_interval_claimed(forged: Forged, audit: Audit) -> None:
    """A later run releases what an earlier one hid, and claims another interval."""
    forged.manifests[2]["interval"] = {"from": "1990-01-01T00:00:00Z", "to": "1990-01-02T00:00:00Z"}
    forged.rename(2)
    released_later(forged, audit)


def rotated_by_one(forged: Forged, audit: Audit) -> None:
    """A rotation to a key that has not signed it, so that its owner may not have agreed."""
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
    """Bytes between the last page and the footer, which no reader reads."""
    footer = len(raw) - 8 - int.from_bytes(raw[-8:-4], "little")
    return raw[:footer] + b"51.5N 0.1W" + raw[footer:]


def release_of(forged: Forged, run: int = 0) -> dict[str, Any]:
    """Delete the largest file of a run's release; returns it as an expiry names it."""
    output = forged.largest("release", run)
    forged.path(output, run).unlink()
    forged.path(output, run).parent.rmdir()
    return {"run_id": forged.manifests[run]["run_id"], **{key: output[key] for key in ("name", "sha256", "bytes")}}


def expiry(forged: Forged, *files: dict[str, Any], **said: str) -> None:
    """An expiry of files added to the log, with everything signed again."""
    forged.manifests.append(
        {
            "kind": "expiry",
            "recorded_at": "2026-11-23T00:00:00Z",
            "before": "",
            "why": "",
            "files": list(files),
            "versions": {"offduty": forged.manifests[0]["versions"]["offduty"]},
            **said,
        }
    )
    forged.seal()


def withdrawn_for_another_day(forged: Forged, audit: Audit) -> None:
    """A release that is withdrawn for a run over another time, so that nothing takes its place."""
    expiry(forged, release_of(forged), superseded_by=forged.manifests[1]["run_id"])


def kept_too_shortly(forged: Forged, audit: Audit) -> None:
    """A release whose policy keeps it for thirty days after the run, deleted two days after it."""
    _with_policy(forged, 0, keep_days=30)
    expiry(forged, release_of(forged), *sealed_of(forged), before="2026-11-20")


def tried_on_few(forged: Forged, audit: Audit) -> None:
    """A policy tried out on the positions of a few real people, as if their force were made up."""
    trial = {key: value for key, value in forged.manifests[0].items() if key != "sealed"}
    trial |= {"kind": "trial", "about": "made_up", "outputs": forged.outputs("ledger")}
    named = {"trial": trial["question"], "as_of": trial["as_of"]}
    before = forged.store / "runs" / trial["run_id"]
    trial["run_id"] = hashlib.sha256(canonical(named)).hexdigest()[:32]
    shutil.copytree(before / "ledger", forged.store / "runs" / trial["run_id"] / "ledger")
    forged.manifests.append(trial)
    forged.seal()


def agreed_by_nobody(forged: Forged, audit: Audit) -> None:
    """An agreement that the operator signed in the place of a representative."""
    text = f"offduty/agreement/v1\npolicy {'0' * 64}\nfile {'1' * 64}\npack none\n"
    union, mine = SigningKey("union", OTHER_SEED), SigningKey("operator", SEED)
    agreement = {
        "kind": "agreement",
        "recorded_at": LATEST,
        "policy_sha256": "0" * 64,
        "file_sha256": "1" * 64,
        "pack_sha256": "",
        "keys": [union.public.vkey],
        "emergency_keys": [],
        "until": "",
        "because": "",
        "note": Note(text, (mine.sign(text),)).data.decode(),
        "versions": {"offduty": "0.2.0"},
    }
    forged.manifests.append(agreement)
    forged.seal()


def sealed_of(forged: Forged) -> list[dict[str, Any]]:
    """Delete the tables that the first run kept; returns them as an expiry names them."""
    run_id, files = forged.manifests[0]["run_id"], forged.manifests[0]["sealed"]["files"]
    for file in files:
        forged.path(file).unlink()
    return [{"run_id": run_id, **{key: file[key] for key in ("name", "sha256", "bytes")}} for file in files]


def forgotten(forged: Forged, audit: Audit) -> None:
    """A later run over the same day that claims to have known less."""
    forged.manifests[2]["as_of"] = "2026-11-20T00:00:00Z"
    forged.rename(2)
    forged.seal()


def two_policies(forged: Forged, audit: Audit) -> None:
    """Two releases of one day under two policies, both of which can be read."""
    _with_policy(forged, 2, "places", buffer_m="300")
    forged.seal()


def not_withdrawn(forged: Forged, audit: Audit) -> None:
    """A superseded release that the policy of the newer run does not keep, and that was not withdrawn."""
    _with_policy(forged, 2, keep_superseded=False)
    forged.seal()


def _with_policy(forged: Forged, run: int, section: str = "release", **values: Any) -> None:
    manifest = forged.manifests[run]
    manifest["policy"][section] |= values
    manifest["policy_sha256"] = hashlib.sha256(canonical(manifest["policy"])).hexdigest()
    forged.rename(run)


def asked_without_agreement(forged: Forged, audit: Audit) -> None:
    """A question about presence that no policy names, asked of the first run."""
    run = forged.manifests[0]
    forged.manifests.append(
        {
            "kind": "analysis",
            "recorded_at": "2026-12-03T00:00:00Z",
            "analysis": "presence",
            "answer": "aggregate",
            "role": "somebody",
            "because": "",
            "parameters": {},
            "runs": [run["run_id"]],
            "tables": [],
            "policy_sha256": run["policy_sha256"],
            "pseudonym": run["keys"]["pseudonym"],
            "rules_sha256": rules_sha256("presence"),
            "outputs": _made_up_files("presence-sites.csv", "presence-weeks.csv", "presence.html", "presence.json"),
            "keyed_sha256": "",
            "about": "",
            "versions": {"offduty": run["versions"]["offduty"]},
        }
    )
    forged.seal()


def answer_made_up(forged: Forged, audit: Audit) -> None:
    """A question that was agreed on, with an answer that the release does not give."""
    terms = {
        "purpose": "planning",
        "recipients": ["duty planning"],
        "keep_days": 90,
        "join_s": 900,
        "other_records": "",
    }
    for manifest in forged.manifests[:3]:  # terms are no part of what a run is asked, so its id stays
        manifest["policy"]["analyses"] = {"presence": terms}
        manifest["policy_sha256"] = hashlib.sha256(canonical(manifest["policy"])).hexdigest()
    asked_without_agreement(forged, audit)
    runs = forged.manifests[1:3]
    files = [("roster", audit.folder / "roster.csv"), ("sites", audit.folder / "sites.csv")]
    forged.manifests[-1] |= {
        "role": "duty planning",
        "parameters": {"from": "", "to": "", "as_of": runs[-1]["as_of"]},
        "runs": [run["run_id"] for run in runs],
        "tables": [
            {
                "table": table,
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                "bytes": path.stat().st_size,
            }
            for table, path in files
        ],
    }
    forged.seal()


def audit_made_up(forged: Forged, audit: Audit) -> None:
    """A roster audit that was agreed on, with a list of edits that the roster does not give."""
    terms = {
        "purpose": "records",
        "recipients": ["standards"],
        "keep_days": 90,
        "rest_codes": ["rest"],
        "pay_cut_off_day": 0,
    }
    for manifest in forged.manifests[:3]:  # terms are no part of what a run is asked, so its id stays
        manifest["policy"]["analyses"] = {"roster_audit": terms}
        manifest["policy_sha256"] = hashlib.sha256(canonical(manifest["policy"])).hexdigest()
    asked_without_agreement(forged, audit)
    roster = audit.folder / "roster.csv"
    read = {"table": "roster", "sha256": hashlib.sha256(roster.read_bytes()).hexdigest()}
    forged.manifests[-1] |= {
        "analysis": "roster-audit",
        "rules_sha256": rules_sha256("roster-audit"),
        "role": "standards",
        "parameters": {"as_of": forged.manifests[2]["as_of"]},
        "runs": [],
        "pseudonym": "",
        "tables": [{**read, "bytes": roster.stat().st_size}],
        "outputs": _made_up_files("roster-audit.html", "roster-audit.json", "roster-edits.csv"),
    }
    forged.seal()


def list_of_names_beside_the_audit(forged: Forged, audit: Audit) -> None:
    """A roster audit that names a file more than an audit has: who is behind each figure, perhaps."""
    audit_made_up(forged, audit)
    forged.manifests[-1]["outputs"] += _made_up_files("zz-list-of-names.csv")
    forged.seal()


def comparison_made_up(forged: Forged, audit: Audit) -> None:
    """A run compared with itself, with a table that says something else."""
    run = forged.manifests[0]
    outputs = _made_up_files("comparison-reasons.csv", "comparison.csv", "comparison.json")
    _about_policies(forged, audit, "compare", outputs)
    forged.manifests[-1] |= {"parameters": {"one": run["run_id"], "other": run["run_id"]}, "runs": [run["run_id"]]}
    forged.seal()


def pack_of_other_files(forged: Forged, audit: Audit) -> None:
    """A pack whose list, which is what is signed, is not of the files that the entry names."""
    outputs = _made_up_files("SHA256SUMS", "pack.html", "pack.json", "worker-sheet.html")
    _about_policies(forged, audit, "consult", outputs)
    forged.manifests[-1] |= {"parameters": {"policy_file": "0" * 64}}
    forged.seal()


def pack_by_other_code(forged: Forged, audit: Audit) -> None:
    """A pack whose list is right, by code that is not that of the version which it names."""
    _right_pack(forged, audit)
    forged.manifests[-1]["rules_sha256"] = "0" * 64
    forged.seal()


def pack_of_another_size(forged: Forged, audit: Audit) -> None:
    """A pack whose list has the hash that the entry gives, and not the size."""
    _right_pack(forged, audit)
    forged.manifests[-1]["outputs"][0]["bytes"] += 1
    forged.seal()


def _right_pack(forged: Forged, audit: Audit) -> None:
    pages = _made_up_files("pack.html", "pack.json", "worker-sheet.html")
    lines = "".join(f"{page['sha256']}  {page['name']}\n" for page in pages).encode()
    listed = {"name": "SHA256SUMS", "sha256": hashlib.sha256(lines).hexdigest(), "bytes": len(lines)}
    _about_policies(forged, audit, "consult", [listed, *pages])
    forged.manifests[-1] |= {"parameters": {"policy_file": "0" * 64}}


def _about_policies(forged: Forged, audit: Audit, analysis: str, outputs: list[dict[str, Any]]) -> None:
    asked_without_agreement(forged, audit)
    forged.manifests[-1] |= {
        "analysis": analysis,
        "rules_sha256": rules_sha256(analysis),
        "role": "",
        "pseudonym": "",
        "runs": [manifest["run_id"] for manifest in forged.manifests[:3]],
        "outputs": outputs,
    }


def _made_up_files(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "sha256": "0" * 64, "bytes": 1} for name in names]


def _remove(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    folder.rmdir()


def _wrong_size(manifest: dict[str, Any]) -> None:
    manifest["outputs"][0]["bytes"] += 1


def _count_moved(manifest: dict[str, Any]) -> None:
    manifest["counts"]["off_duty"] -= 1
    manifest["counts"]["home_leg"] += 1


def _policy_weakened(manifest: dict[str, Any]) -> None:
    manifest["policy"]["places"]["buffer_m"] = "20"


def _nothing_refused(manifest: dict[str, Any]) -> None:
    manifest["refused"] = []


def _other_question(manifest: dict[str, Any]) -> None:
    manifest["question"] = "0" * 32


def _policy_changed(forged: Forged, audit: Audit) -> None:
    audit.policy.write_text(audit.policy.read_text().replace("buffer_m = 200.0", "buffer_m = 300.0"))


SPEED = pa.field("speed", pa.float64(), nullable=False)


def sealed_table_replaced(forged: Forged, audit: Audit) -> None:
    """A roster that was kept for the auditor is exchanged for another one, sealed for the same auditor."""
    sealed = forged.manifests[0]["sealed"]
    kept = forged.path(sealed["files"][1])
    kept.write_bytes(pyrage.encrypt(b"another roster", [pyrage.x25519.Recipient.from_str(sealed["recipient"])]))


def sealed_table_exchanged(forged: Forged, audit: Audit) -> None:
    """The same by somebody who can sign."""
    sealed_table_replaced(forged, audit)
    forged.reseal()
    forged.seal()


ALONE = [
    Broken("a file in the log that is not an entry", "1.1", other_file_in_the_log, key_only),
    Broken("a correctly signed checkpoint of another tree", "1.2", wrong_root, key_only),
    Broken("the whole history signed again, with another key", "1.3", signed_by_another, key_only),
    Broken("the newest entry without its signature", "1.3", unsigned_at_the_end, key_only),
    Broken("a run with an id that is not that of its question", "1.4", claimed(_other_question), key_only),
    Broken("the newest run removed, with its entry", "1.5", end_cut_off, with_checkpoint),
    Broken("the whole history signed again, with the right key", "1.5", history_rewritten, with_checkpoint),
    Broken(
        "an entry in the middle deleted, the rest renumbered and signed again", "1.5", middle_closed_up, with_checkpoint
    ),
    Broken("a cosigner who never signed", "1.6", lambda forged, audit: None, with_cosigner),
    Broken("another size in a manifest", "2.1", claimed(_wrong_size), key_only),
    Broken("a file that no entry names", "2.2", stray_file, key_only),
    Broken("a link out of the store", "2.2", link_out, key_only),
    Broken("a sealed table replaced by another one", "2.3", sealed_table_replaced, key_only),
    Broken("the same, with the entry changed to fit", "2.3", sealed_table_exchanged, with_identity),
    Broken(
        "an additional column in the release",
        "3.1",
        edited("release", lambda rows: [{**row, "speed": 3.5} for row in rows], extra=(SPEED,)),
        key_only,
    ),
    Broken("two released rows exchanged", "3.2", edited("release", backwards), key_only),
    Broken("a released position with more decimals", "3.2", edited("release", finer), key_only),
    Broken("two ledger rows exchanged", "3.3", edited("ledger", backwards), key_only),
    Broken(
        "bytes hidden before the footer, with another version of the writer claimed",
        "3.4",
        patched("release", bytes_before_the_footer, pyarrow="25.0.0"),
        key_only,
    ),
    Broken("pages of the release compressed in another way", "3.5", edited("release", list, level=19), key_only),
    Broken("an input changed after the run", "4.1", input_swapped, with_inputs),
    Broken("a ledger row dropped", "4.2", edited("ledger", one_less), with_inputs),
    Broken("a count moved from one reason to another", "4.3", claimed(_count_moved), key_only),
    Broken("a reason changed", "5.1", edited("ledger", reworded("off_duty", "home_leg")), with_inputs),
    Broken("a released row moved by one unit", "5.2", edited("release", moved), with_inputs),
    Broken("two officers' rows exchanged", "5.2", edited("release", swapped), with_inputs),
    Broken("refused rows that the entry does not list", "5.3", claimed(_nothing_refused), with_inputs),
    Broken("a released row at its officer's home", "5.4", edited("release", far_away), with_reference),
    Broken("a row that was hidden is released by a later run", "6.1", released_later, key_only),
    Broken("the same, with another interval claimed", "6.1", other_interval_claimed, key_only),
    Broken("a day split into two files, where a message requires", "3.1", spread_over_files, key_only),
    Broken("an empty release under another date", "3.1", empty_day, key_only),
    Broken("a release that expires too early", "2.1", expired_too_early, key_only),
    Broken("a ledger row that is not a row of an input", "3.3", edited("ledger", ledger_row_of_no_input), key_only),
    Broken(
        "rows that differ in one value only, in the wrong order", "3.2", edited("release", ties_reordered), key_only
    ),
    Broken("a negative zero", "3.2", edited("release", negative_zero), key_only),
    Broken("a quarantine compressed in another way", "3.5", edited("quarantine", list, level=19), key_only),
    Broken("a rotation that the new key has not signed", "1.3", rotated_by_one, key_only),
    Broken("a release withdrawn for a run over another time", "2.1", withdrawn_for_another_day, key_only),
    Broken("an as_of that goes backwards", "6.2", forgotten, key_only),
    Broken("two releases of one day under two policies", "7.3", two_policies, key_only),
    Broken("a superseded release that was not withdrawn", "7.3", not_withdrawn, key_only),
    Broken("a release that was deleted before its keep_days were over", "7.4", kept_too_shortly, key_only),
    Broken("a policy tried out on few real people", "7.5", tried_on_few, key_only),
    Broken("an agreement that no representative signed", "7.6", agreed_by_nobody, key_only),
    Broken("a policy that is not the one that was hashed", "7.1", claimed(_policy_weakened), key_only),
    Broken("another policy than the one that was agreed", "7.2", _policy_changed, with_policy),
    Broken("a question that nobody agreed to", "8.1", asked_without_agreement, key_only),
    Broken("an answer that the release does not give", "8.2", answer_made_up, with_reference),
    Broken("a roster audit that the roster does not give", "8.2", audit_made_up, with_reference),
    Broken("a comparison of policies that the ledgers do not give", "8.2", comparison_made_up, key_only),
    Broken("a pack whose list is not of its files", "8.2", pack_of_other_files, key_only),
    Broken("a pack by other code than that of the version that it names", "8.2", pack_by_other_code, key_only),
    Broken("a pack whose list has another size than its entry says", "8.2", pack_of_another_size, key_only),
]
"""For every check at least one store that only that check finds."""

BESIDES = [
    Broken("row groups with lengths that carry a message", "3.1", groups_with_a_message, key_only),
    Broken("a run without any places among its inputs", "1.1", places_left_out, key_only),
    Broken("a manifest that is not canonical JSON", "1.1", not_canonical, key_only),
    Broken("a list of names beside the tables of an audit", "1.1", list_of_names_beside_the_audit, with_reference),
    Broken("an entry in the middle deleted", "1.1", middle_cut_out, key_only),
    Broken("an entry added a second time", "1.4", same_id_twice, key_only),
    Broken("a file of the release that is a link", "2.1", linked_file, key_only),
    Broken("a released row added", "4.3", edited("release", one_more), with_inputs),
    Broken("a released row dropped", "4.3", edited("release", one_less), with_inputs),
    Broken("bytes hidden before the footer", "3.4", patched("release", bytes_before_the_footer), key_only),
    Broken(
        "a value in a dictionary page that no row has",
        "3.4",
        edited("release", list, dictionary=["51.5N 0.1W"]),
        key_only,
    ),
    Broken("a position left in the metadata", "3.1", edited("release", list, metadata={"bbox": "-0.1 51.5"}), key_only),
    Broken("statistics in the ledger", "3.4", edited("ledger", list, write_statistics=True), key_only),
]
"""Stores that several checks find; the named check must be among them."""

EVERYTHING = [*ALONE, *(replace(broken, alone=False) for broken in BESIDES)]


def auditor(broken: Broken, audit: Audit) -> Auditor:
    """What the auditor of this broken store has."""
    return Auditor(**broken.options(audit))


__all__ = ["ALONE", "BESIDES", "EVERYTHING", "SEED", "Broken", "auditor", "os"]
