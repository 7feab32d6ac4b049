"""Which key may sign the next entry: a signed log stays signed, by the same key, until the log names another."""

from __future__ import annotations

from pathlib import Path

import pytest

from offduty import run
from offduty.admin.rotate import rotation
from offduty.core.errors import StorageError, UsageError
from offduty.transparency.log import entry_name, origin_of, read_log
from offduty.transparency.next_signer import next_key
from offduty.transparency.signed_note import SigningKey
from tests.logs import a_run, add
from tests.world import AFTERWARDS, lay_out, world

OLD, NEW, OTHER = (bytes([number]) * 32 for number in (1, 2, 3))
SOON = "2026-11-19T00:00:00Z"


def rotated(log: Path, old: bytes | None, new: bytes) -> None:
    """Append a rotation; without ``old`` the old key is lost."""
    origin = read_log(log)[0].head.origin
    was = None if old is None else SigningKey(origin, old)
    add(log, rotation(was, SigningKey(origin, new).public), *([old] if old else []), new)


def test_a_new_log_is_called_after_its_key(tmp_path):
    assert next_key([], None) is None
    key = next_key([], OLD)
    assert (key.seed, key.name) == (OLD, origin_of(key.public))


def test_a_log_is_signed_by_the_same_key(tmp_path):
    """Under the name of the log."""
    add(tmp_path, a_run("a"), OLD)
    entries = read_log(tmp_path)
    assert next_key(entries, OLD) == SigningKey(entries[0].head.origin, OLD)


def test_an_unsigned_log_may_stay_so_or_be_signed_from_now_on(tmp_path):
    add(tmp_path, a_run("a"))
    assert next_key(read_log(tmp_path), None) is None
    assert next_key(read_log(tmp_path), OLD) == SigningKey("offduty/a", OLD)
    add(tmp_path, a_run("b"), OLD)
    assert next_key(read_log(tmp_path), OLD) == SigningKey("offduty/a", OLD)
    with pytest.raises(UsageError):
        next_key(read_log(tmp_path), None)


@pytest.mark.parametrize(
    ("seed", "words"), [(None, "the job names no key"), (OTHER, "not the key that this log is signed with")]
)
def test_a_signed_log_goes_on_neither_unsigned_nor_under_another_key(tmp_path, seed, words):
    """The message says where to name a key, and what to do when it is lost."""
    add(tmp_path, a_run("a"), OLD)
    with pytest.raises(UsageError, match=words) as error:
        next_key(read_log(tmp_path), seed)
    assert "keys.signing" in str(error.value)
    assert "--lost-old-key" in str(error.value)


def test_after_a_rotation_only_the_new_key_counts(tmp_path):
    """Although the old one has signed that entry too; and also after the next run."""
    add(tmp_path, a_run("a"), OLD)
    rotated(tmp_path, OLD, NEW)
    for _ in range(2):
        entries = read_log(tmp_path)
        assert next_key(entries, NEW).seed == NEW
        for seed in (OLD, OTHER, None):
            with pytest.raises(UsageError):
                next_key(entries, seed)
        add(tmp_path, a_run("b"), NEW)


def test_the_message_for_an_old_key_names_the_rotation(tmp_path):
    add(tmp_path, a_run("a"), OLD)
    rotated(tmp_path, OLD, NEW)
    with pytest.raises(UsageError, match=r"it was changed in 000000000001\.entry\. Name the new key in keys\.signing"):
        next_key(read_log(tmp_path), OLD)


def test_a_lost_key_is_replaced_by_one_that_signs_alone(tmp_path):
    add(tmp_path, a_run("a"), OLD)
    rotated(tmp_path, None, NEW)
    assert next_key(read_log(tmp_path), NEW).seed == NEW
    with pytest.raises(UsageError):
        next_key(read_log(tmp_path), OLD)


def test_an_unsigned_entry_at_the_end_of_a_signed_log_stops(tmp_path):
    """Somebody without the key wrote it."""
    add(tmp_path, a_run("a"), OLD)
    add(tmp_path, a_run("b"))
    with pytest.raises(StorageError, match=r"^000000000001\.entry: entries before it are signed"):
        next_key(read_log(tmp_path), OLD)


def test_a_forged_signature_at_the_end_stops(tmp_path):
    """It has the key's name and id, and is not by that key."""
    add(tmp_path, a_run("a"), OLD)
    add(tmp_path, a_run("b"), OLD)
    first, second = (tmp_path / entry_name(number) for number in (0, 1))
    line = first.read_text().splitlines()[-1]
    second.write_text("\n".join([*second.read_text().splitlines()[:-1], line, ""]))
    with pytest.raises(StorageError, match=r"^000000000001\.entry: its signature is not by the key that it names"):
        next_key(read_log(tmp_path), OLD)


# The same, with runs.


def with_key(tmp_path: Path, seed: bytes | None) -> Path:
    """The job of the base day, with a signing key or without."""
    folder = tmp_path / ("unsigned" if seed is None else seed.hex()[:4])
    return lay_out(world(), folder, signing=None if seed is None else seed.hex())


def test_runs_sign_their_entries(tmp_path):
    """Each with the job's key, under the origin of the log."""
    store = tmp_path / "store"
    for as_of in (SOON, AFTERWARDS):
        run(with_key(tmp_path, OLD), as_of=as_of, store=store)
    entries = read_log(store / "log")
    key = SigningKey("", OLD).public
    key = key.named(origin_of(key))
    assert [entry.head.note.signed_by([key]) for entry in entries] == [(key,), (key,)]


def test_a_run_without_a_key_leaves_its_entry_unsigned(tmp_path):
    """The checkpoint has only its three lines."""
    run(with_key(tmp_path, None), as_of=SOON, store=tmp_path / "store")
    (entry,) = read_log(tmp_path / "store" / "log")
    assert entry.checkpoint.count("\n") == 3


@pytest.mark.parametrize("seed", [None, OTHER], ids=["unsigned", "another key"])
def test_a_run_stops_before_it_decides_anything(tmp_path, seed, monkeypatch):
    """With exit code 2, and the store is not changed."""
    store = tmp_path / "store"
    run(with_key(tmp_path, OLD), as_of=SOON, store=store)
    monkeypatch.setattr("offduty.runs.decided.open_engine", lambda *_, **__: pytest.fail("it went on"))
    with pytest.raises(UsageError):
        run(with_key(tmp_path, seed), as_of=AFTERWARDS, store=store)
    assert len(read_log(store / "log")) == 1
    assert sorted(path.name for path in store.iterdir()) == ["current.json", "lock", "log", "runs"]
