"""A forger: the operator as the adversary, who has the signing key and makes a changed store consistent again.

`Forged` opens a copy of a store. After a test has changed something, it can correct everything that depends on it
(hashes, sizes, sums, ids, roots, signatures), so that only the intended check can find the change. It shares no code
with `offduty.verify.auditor`; it uses the tree, the notes and the Parquet settings of the format.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from offduty.transparency.merkle import leaf_hash, tree_root
from offduty.transparency.signed_note import Checkpoint, SigningKey, read_checkpoint

GEO = json.dumps(
    {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {"geometry": {"encoding": "WKB", "geometry_types": ["Point"]}},
    }
)
REASONS = [
    "unassigned",
    "shared",
    "off_duty",
    "late_edit",
    "window_open",
    "imprecise",
    "no_home",
    "protected_place",
    "home_leg",
    "duplicate",
    "on_duty",
]
QUARANTINED = ["no_device", "bad_time", "future_time", "bad_position"]
LEVELS = {"release": 1, "ledger": 1, "quarantine": None}
Rows = list[dict[str, Any]]
Edit = Callable[[Rows], Rows]


class Forged:
    """A copy of a store to forge. ``manifests`` may be changed freely; `seal` writes a log of them again."""

    def __init__(self, store: Path, key: bytes) -> None:
        self.store = store
        entries = sorted((store / "log").glob("*.entry"))
        parts = [entry.read_bytes().partition(b"\n\n") for entry in entries]
        self.manifests: list[dict[str, Any]] = [json.loads(manifest) for manifest, _, _ in parts]
        self.checkpoints = [read_checkpoint(checkpoint) for _, _, checkpoint in parts]
        self.origin = self.checkpoints[0].origin
        self.key = SigningKey(self.origin, key)

    # Where things are.

    def outputs(self, part: str, run: int = 0) -> list[dict[str, Any]]:
        """The manifest's outputs of one part: release, ledger or quarantine."""
        return [output for output in self.manifests[run]["outputs"] if output["name"].startswith(part + "/")]

    def path(self, output: dict[str, Any], run: int = 0) -> Path:
        """The path of an output."""
        return self.store / "runs" / self.manifests[run]["run_id"] / output["name"]

    def largest(self, part: str, run: int = 0) -> dict[str, Any]:
        """The output of a part with the most rows."""
        return max(self.outputs(part, run), key=lambda output: output["rows"])

    # Files.

    def edit(self, part: str, change: Edit, run: int = 0, **settings: Any) -> None:
        """Change the rows of the largest file of a part, and write it as the filter would, or with other settings."""
        output = self.largest(part, run)
        path = self.path(output, run)
        rows = change(pq.ParquetFile(path).read().to_pylist())
        path.write_bytes(parquet(part, rows, **settings))

    def patch(self, part: str, change: Callable[[bytes], bytes], run: int = 0) -> None:
        """Change the bytes of the largest file of a part."""
        path = self.path(self.largest(part, run), run)
        path.write_bytes(change(path.read_bytes()))

    # Making the store consistent again.

    def fit(self, run: int = 0) -> None:
        """Correct hashes, sizes and rows of the outputs, and the sums, by the files."""
        manifest = self.manifests[run]
        for output in manifest["outputs"]:
            raw = self.path(output, run).read_bytes()
            output |= {"sha256": hashlib.sha256(raw).hexdigest(), "bytes": len(raw)}
            output["rows"] = pq.ParquetFile(io.BytesIO(raw)).metadata.num_rows
        for part, sums in (("ledger", "counts"), ("quarantine", "quarantined")):
            found: Counter[str] = Counter()
            for output in self.outputs(part, run):
                found.update(pq.ParquetFile(self.path(output, run)).read()["reason"].to_pylist())
            manifest[sums] = {word: found[word] for word in manifest[sums]}

    def reseal(self, run: int = 0) -> None:
        """Correct hashes, sizes and names of the tables that were kept, by the files."""
        for file in self.manifests[run]["sealed"]["files"]:
            before = self.path(file, run)
            raw = before.read_bytes()
            file |= {"sha256": hashlib.sha256(raw).hexdigest(), "bytes": len(raw)}
            file["name"] = f"references/{file['file']:05}-{file['sha256'][:16]}.age"
            before.rename(self.path(file, run))

    def rename(self, run: int = 0) -> None:
        """Correct the run id by the manifest, and rename the folder of the run."""
        manifest = self.manifests[run]
        before = self.store / "runs" / manifest["run_id"]
        asked = {
            "policy_sha256": manifest["policy_sha256"],
            "keys": manifest["keys"],
            "interval": manifest["interval"],
            "version": manifest["versions"]["offduty"],
            "inputs": [[source["table"], source["name"], source["sha256"]] for source in manifest["inputs"]],
        }
        if "references" in manifest:
            asked["inputs"] = [given for given in asked["inputs"] if given[0] == "pings"]
            asked["references"] = {table: found["touching"] for table, found in manifest["references"].items()}
        if "declarations" in manifest:
            asked["declarations"] = manifest["declarations"]
        manifest["question"] = hashlib.sha256(canonical(asked)).hexdigest()[:32]
        named = {"question": manifest["question"], "as_of": manifest["as_of"]}
        manifest["run_id"] = hashlib.sha256(canonical(named)).hexdigest()[:32]
        before.rename(self.store / "runs" / manifest["run_id"])

    def seal(self, key: bytes | None = None, change: Callable[[int, Checkpoint], Checkpoint] | None = None) -> None:
        """Write a log of the manifests with signed checkpoints; ``change`` may change each checkpoint before that. The
        file that is derived from the log is removed.
        """
        for entry in (self.store / "log").glob("*.entry"):
            entry.unlink()
        (self.store / "current.json").unlink(missing_ok=True)
        signer = self.key if key is None else SigningKey(self.origin, key)
        raw = [manifest if isinstance(manifest, bytes) else canonical(manifest) for manifest in self.manifests]
        for number, manifest in enumerate(raw):
            root = tree_root([leaf_hash(leaf) for leaf in raw[: number + 1]])
            head = Checkpoint(self.origin, number + 1, root)
            head = head if change is None else change(number, head)
            entry = self.store / "log" / f"{number:012d}.entry"
            entry.write_bytes(manifest + b"\n\n" + head.signed(signer).note.data)
            os.chmod(entry, 0o600)


def canonical(document: Any) -> bytes:
    """Canonical JSON."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def parquet(
    part: str,
    rows: Rows,
    extra: tuple[pa.Field, ...] = (),
    metadata: dict[str, str] | None = None,
    dictionary: list[str] | None = None,
    level: int | None = None,
    groups: list[int] | None = None,
    **more: Any,
) -> bytes:
    """Rows as a file of release, ledger or quarantine, in one row group. ``dictionary`` adds values that no row has."""
    words = {"release": ["officer", "duty_code"], "ledger": ["reason"], "quarantine": ["reason"]}[part]
    coded = pa.dictionary(pa.int32(), pa.string())
    schema = pa.schema([*(field.with_type(coded) if field.name in words else field for field in SCHEMAS[part]), *extra])
    columns = []
    for field in schema:
        values = [row[field.name] for row in rows]
        if field.name in words:
            words_of = {"ledger": REASONS, "quarantine": QUARANTINED}
            fixed = words_of.get(part, sorted({*values, *(dictionary or [])}))
            index = pc.index_in(pa.array(values, pa.string()), pa.array(fixed, pa.string())).cast(pa.int32())
            columns.append(pa.DictionaryArray.from_arrays(index, pa.array(fixed, pa.string())))
        else:
            columns.append(pa.array(values, field.type))
    sink = io.BytesIO()
    with pq.ParquetWriter(
        sink,
        schema,
        compression="zstd",
        compression_level=level or LEVELS[part],
        store_schema=False,
        **{**SETTINGS[part], **more},
    ) as writer:
        if part == "release":
            writer.add_key_value_metadata({"geo": GEO, **(metadata or {})})
        table, done = pa.Table.from_arrays(columns, schema=schema), 0
        for count in groups or [len(rows)]:
            writer.write_table(table.slice(done, count), row_group_size=max(count, 1))
            done += count
    return sink.getvalue()


def _fields(**kinds: pa.DataType) -> list[pa.Field]:
    return [pa.field(name, kind, nullable=False) for name, kind in kinds.items()]


SCHEMAS = {
    "release": _fields(
        officer=pa.string(),
        observed_at=pa.timestamp("us", tz="UTC"),
        lon=pa.float64(),
        lat=pa.float64(),
        accuracy_m=pa.float64(),
        duty_code=pa.string(),
        geometry=pa.binary(),
    ),
    "ledger": _fields(file=pa.int32(), row=pa.int64(), reason=pa.string()),
    "quarantine": _fields(file=pa.int32(), row=pa.int64(), reason=pa.string(), as_read=pa.string()),
}
SETTINGS: dict[str, dict[str, Any]] = {
    "release": {
        "use_dictionary": ["officer", "duty_code", "accuracy_m"],
        "write_statistics": True,
        "column_encoding": {"observed_at": "DELTA_BINARY_PACKED"},
    },
    "ledger": {
        "use_dictionary": ["reason"],
        "write_statistics": False,
        "column_encoding": {"file": "DELTA_BINARY_PACKED", "row": "DELTA_BINARY_PACKED"},
    },
    "quarantine": {"use_dictionary": ["reason"]},
}
