"""The entries of a log are read back as they were written. A damaged or changed entry is named by its file."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest

from offduty.core.canonical_json import canonical_json
from offduty.core.errors import StorageError, UsageError
from offduty.transparency.log import LogEntry, check_log, entry_bytes, entry_name, origin_of, read_log, read_store
from offduty.transparency.merkle import Frontier, leaf_hash, tree_root
from offduty.transparency.signed_note import Checkpoint, SigningKey
from tests.logs import RUN, a_run, add

KEY = SigningKey("", bytes(range(32)))
AN_EXPIRY = {
    "kind": "expiry",
    "recorded_at": "2026-03-09T00:00:00Z",
    "before": "2026-03-01",
    "why": "",
    "files": [{"run_id": "0a", "name": "release/date=2026-02-02/part-00000.parquet", "sha256": "0" * 64, "bytes": 1}],
}
A_ROTATION = {
    "kind": "rotation",
    "recorded_at": "2026-03-09T00:00:00Z",
    "old_key": "",
    "new_key": KEY.public.vkey,
    "new_key_sha256": "0" * 64,
    "lost_old_key": True,
}


def written(folder: Path, *manifests: bytes, key: SigningKey | None = None) -> Path:
    """A log of these manifests."""
    for manifest in manifests:
        add(folder, manifest, *([key.seed] if key else []))
    return folder


def runs(*names: str) -> list[bytes]:
    """Manifests of runs of these names."""
    return [a_run(name) for name in names]


def test_entries_are_read_back(tmp_path):
    """A manifest, an empty line, and a checkpoint of three lines over all manifests so far."""
    first, second = runs("a", "b")
    entries = read_log(written(tmp_path, first, second))
    assert [entry.manifest for entry in entries] == [first, second]
    root = base64.b64encode(tree_root([leaf_hash(first), leaf_hash(second)])).decode()
    assert entries[1].checkpoint == f"offduty/a\n2\n{root}\n"
    assert (tmp_path / entry_name(1)).read_bytes() == second + b"\n\n" + entries[1].checkpoint.encode()
    assert not entries[1].is_signed
    assert check_log(entries).root == entries[1].head.root


def test_a_signed_log_is_called_after_its_key(tmp_path):
    """After the first 16 digits of the SHA-256 of the public key. The key in each signature has the same name."""
    entries = read_log(written(tmp_path, *runs("a", "b"), key=KEY))
    origin = f"offduty/{KEY.public.fingerprint[:16]}"
    assert origin_of(KEY.public) == origin
    assert [entry.head.origin for entry in entries] == [origin, origin]
    for entry in entries:
        assert entry.is_signed
        assert entry.head.note.signed_by([KEY.public.named(origin)]) == (KEY.public.named(origin),)


def test_the_name_of_a_log_never_changes(tmp_path):
    """Also when it is signed from its second entry on."""
    written(tmp_path, *runs("a"))
    entries = read_log(written(tmp_path, *runs("b"), key=KEY))
    assert [entry.head.origin for entry in entries] == ["offduty/a", "offduty/a"]
    assert [entry.is_signed for entry in entries] == [False, True]


def test_a_gap_is_an_error(tmp_path):
    """An entry that is missing in the middle."""
    written(tmp_path, *runs("a", "b", "c"))
    (tmp_path / entry_name(1)).unlink()
    with pytest.raises(StorageError, match="gap"):
        read_log(tmp_path)


def test_unknown_kinds_are_read(tmp_path):
    """They need only name their kind: a later version may have written them."""
    later = canonical_json({"kind": "census", "runs": 3})
    entries = read_log(written(tmp_path, *runs("a"), later, canonical_json(AN_EXPIRY), canonical_json(A_ROTATION)))
    assert [(entry.kind, entry.is_run) for entry in entries] == [
        ("run", True),
        ("census", False),
        ("expiry", False),
        ("rotation", False),
    ]


CHECKPOINT = b"offduty/a\n1\n" + base64.b64encode(bytes(32)) + b"\n"
GOOD = runs("a")[0]
DAMAGED = {
    "half an entry": b'{"run_id"',
    "nothing": b"",
    "no manifest": b"\n\n" + CHECKPOINT,
    "no JSON": b'{"run_id": \n\n' + CHECKPOINT,
    "JSON of another kind": b"{}[]\n\n" + CHECKPOINT,
    "no UTF-8": GOOD.replace(b'"0a"', b'"\xff"').replace(b'"a"', b'"\xff"') + b"\n\n" + CHECKPOINT,
    "spaces": json.dumps(RUN, sort_keys=True).encode() + b"\n\n" + CHECKPOINT,
    "another order": json.dumps(dict(sorted(RUN.items(), reverse=True)), separators=(",", ":")).encode()
    + b"\n\n"
    + CHECKPOINT,
    "a key twice": GOOD.replace(b'{"as_of"', b'{"as_of":"","as_of"') + b"\n\n" + CHECKPOINT,
    "a fraction": GOOD.replace(b'"bytes":1', b'"bytes":1.5') + b"\n\n" + CHECKPOINT,
    "no number": GOOD.replace(b'"bytes":1', b'"bytes":NaN') + b"\n\n" + CHECKPOINT,
    "half a letter": GOOD.replace(b'"question":"0"', b'"question":"\\ud800"') + b"\n\n" + CHECKPOINT,
    "nested without end": b'{"a":' + b"[" * 100_000 + b"\n\n" + CHECKPOINT,
    "a number without end": GOOD.replace(b'"bytes":1', b'"bytes":' + b"9" * 5_000) + b"\n\n" + CHECKPOINT,
    "no checkpoint": GOOD + b"\n\n",
    "half a checkpoint": GOOD + b"\n\noffduty/a\n1\n",
    "no size": GOOD + b"\n\n" + CHECKPOINT.replace(b"\n1\n", b"\none\n"),
    "a spoiled signature line": GOOD + b"\n\n" + CHECKPOINT + "\n— offduty/a AAAA\n".encode(),
    "a name that leads out": GOOD.replace(b"ledger/", b"../ledger/") + b"\n\n" + CHECKPOINT,
    "an absolute name": GOOD.replace(b"ledger/", b"/ledger/") + b"\n\n" + CHECKPOINT,
    "a run that leads out": GOOD.replace(b'"run_id":"a"', b'"run_id":"../a"') + b"\n\n" + CHECKPOINT,
}


@pytest.mark.parametrize("why", DAMAGED)
def test_a_damaged_entry_is_named_by_its_file(tmp_path, why):
    """It comes from a bad copy or a bad disk: exit code 6, the file, and what to do."""
    (tmp_path / entry_name(0)).write_bytes(DAMAGED[why])
    with pytest.raises(StorageError, match=rf"^{entry_name(0)}: .*Restore the log from a copy") as error:
        read_log(tmp_path)
    assert error.value.exit_code == 6
    assert "Traceback" not in str(error.value)


def missing() -> list[tuple[str, dict, str]]:
    """Every key of every kind."""
    return [(each["kind"], each, key) for each in (RUN, AN_EXPIRY, A_ROTATION) for key in each]


@pytest.mark.parametrize(("kind", "manifest", "key"), missing(), ids=[f"{kind} {key}" for kind, _, key in missing()])
def test_an_entry_that_lacks_something_is_damaged(tmp_path, kind, manifest, key):
    """What the readers of the log need must be there, and have its type."""
    path = tmp_path / entry_name(0)
    path.write_bytes(canonical_json(manifest) + b"\n\n" + CHECKPOINT)
    assert read_log(tmp_path)[0].kind == kind
    wrong = {"counts": {"on_duty": "1"}, "interval": {"from": ""}, "files": [{}], "outputs": [{}], "policy": {}}
    without = {name: value for name, value in manifest.items() if name != key}
    for spoiled in (without, {**manifest, key: wrong.get(key, 7 if manifest[key] != 0 else "0")}):
        path.write_bytes(canonical_json(spoiled) + b"\n\n" + CHECKPOINT)
        with pytest.raises(StorageError, match="damaged"):
            read_log(tmp_path)


@pytest.mark.parametrize(
    "name", ["ledger/part-00000.parquet", "release/../ledger/x", "release", "/release/x", "release//x", "a\\b"]
)
def test_an_expiry_of_anything_but_releases_and_quarantines_is_damaged(tmp_path, name):
    """What an expiry names is deleted, so it may name nothing else."""
    (tmp_path / entry_name(0)).write_bytes(
        canonical_json({**AN_EXPIRY, "files": [{**AN_EXPIRY["files"][0], "name": name}]}) + b"\n\n" + CHECKPOINT
    )
    with pytest.raises(StorageError, match="'files'"):
        read_log(tmp_path)


def test_an_entry_that_cannot_be_read_is_an_error(tmp_path):
    """Such as a folder of its name."""
    (tmp_path / entry_name(0)).mkdir()
    with pytest.raises(StorageError, match=r"000000000000\.entry: the entry cannot be read"):
        read_log(tmp_path)


def copied(entry: bytes, old: bytes, new: bytes) -> bytes:
    """An entry with something in it replaced; it must be there."""
    assert old in entry
    return entry.replace(old, new)


def changed_manifest(log: Path) -> int:
    path = log / entry_name(1)
    path.write_bytes(copied(path.read_bytes(), b'"on_duty":1', b'"on_duty":2'))
    return 1


def changed_root(log: Path) -> int:
    path = log / entry_name(2)
    lines = path.read_bytes().split(b"\n")
    lines[4] = base64.b64encode(bytes(32))
    path.write_bytes(b"\n".join(lines))
    return 2


def changed_size(log: Path) -> int:
    path = log / entry_name(2)
    path.write_bytes(copied(path.read_bytes(), b"\n3\n", b"\n4\n"))
    return 2


def changed_origin(log: Path) -> int:
    path = log / entry_name(1)
    path.write_bytes(copied(path.read_bytes(), b"offduty/a", b"offduty/b"))
    return 1


def swapped(log: Path) -> int:
    first, second = (log / entry_name(number) for number in (1, 2))
    first_bytes = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(first_bytes)
    return 1


def taken_from_the_middle(log: Path) -> int:
    for number in (1, 2):
        (log / entry_name(number)).write_bytes((log / entry_name(number + 1)).read_bytes())
    (log / entry_name(3)).unlink()
    return 1


@pytest.mark.parametrize(
    "change",
    [changed_manifest, changed_root, changed_size, changed_origin, swapped, taken_from_the_middle],
    ids=lambda f: f.__name__,
)
def test_the_first_entry_that_shows_a_change_is_named(tmp_path, change):
    """Every head is that of the manifests up to it. Only a stored checkpoint shows that the end of a log was removed."""
    written(tmp_path, *runs("a", "b", "c", "d"))
    assert check_log(read_log(tmp_path)).size == 4
    number = change(tmp_path)
    with pytest.raises(
        StorageError, match=rf"^{entry_name(number)}: its checkpoint is not that of the manifests up to it"
    ):
        check_log(read_log(tmp_path))


def test_a_store_without_a_log_and_a_log_without_entries_are_usage_errors(tmp_path):
    """Nothing is created there."""
    with pytest.raises(UsageError, match="no store"):
        read_store(tmp_path / "store")
    (tmp_path / "store" / "log").mkdir(parents=True)
    with pytest.raises(UsageError, match="empty"):
        read_store(tmp_path / "store")
    assert [path.name for path in (tmp_path / "store").iterdir()] == ["log"]


def many(count: int) -> list[LogEntry]:
    """A log of ``count`` entries, in memory."""
    made, tree = [], Frontier()
    for number in range(count):
        manifest = str(number).encode()
        tree = tree.add(leaf_hash(manifest))
        made.append(LogEntry(number, manifest, {"kind": "run"}, Checkpoint("o", tree.size, tree.root)))
    return made


def test_the_work_is_linear_in_the_entries(monkeypatch):
    """Ten times the entries cost about ten times the hashes: heads are checked and made leaf by leaf."""
    hashed, whole = [], hashlib.sha256
    monkeypatch.setattr("offduty.transparency.merkle.sha256", lambda data: hashed.append(data) or whole(data))
    costs = []
    for entries in (many(300), many(3_000)):
        hashed.clear()
        assert check_log(entries).size == len(entries)
        assert entry_bytes(b"{}", entries).endswith(b"\n")
        costs.append(len(hashed))
    assert costs[1] < 15 * costs[0]
