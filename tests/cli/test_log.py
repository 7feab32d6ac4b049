"""The commands about the log: what they print, with which exit codes, and what they leave alone."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from offduty import run
from offduty.transparency.keys import SigningKey
from offduty.transparency.log import origin_of, read_log
from offduty.transparency.signed_note import read_checkpoint
from tests.cli.command import answered, contents, here
from tests.world import AFTERWARDS, lay_out, ping, world

SEED = bytes(range(32))
KEY = SigningKey("", SEED).public.named(origin_of(SigningKey("", SEED).public))
SOON, LATER = "2026-03-10T00:00:00Z", "2026-11-21T00:00:00Z"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a job, a signed store with two runs of it, and the key's public half."""
    folder = tmp_path_factory.mktemp("made")
    job = lay_out(world([ping("09:00"), ping("nonsense")]), folder, signing=SEED.hex())
    for as_of in (SOON, AFTERWARDS):
        run(job, as_of=as_of)
    (folder / "signing.pub").write_text(KEY.vkey + "\n")
    return folder


@pytest.fixture
def job(made: Path, tmp_path: Path) -> Path:
    """The job in a copy of that folder."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path / "job.toml"


def read_only(job: Path) -> Path:
    """A copy of the store that cannot be written."""
    copy = job.parent / "copy"
    shutil.copytree(job.parent / "store", copy)
    (copy / "lock").unlink()
    for path in (*copy.rglob("*"), copy):
        path.chmod(0o500 if path.is_dir() else 0o400)
    return copy


def without_writing(store: Path, *arguments: object) -> subprocess.CompletedProcess:
    """Run the command in a process that ends at once, with 98, when it is about to write anything in the store.

    For root nothing is read-only: that is why.
    """
    script = (
        "import os, sys; from pathlib import Path; from tests.faults.dying import listen;"
        f"listen(Path({str(store)!r}), lambda step: os._exit(98));"
        "from offduty.cli import main; sys.argv[0] = 'offduty'; main()"
    )
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_the_head_is_printed_and_nothing_else(job):
    """The newest entry's checkpoint, byte for byte."""
    done = here("checkpoint", job.parent / "store")
    assert done.returncode == 0, done.stderr
    assert done.stdout == read_log(job.parent / "store" / "log")[-1].checkpoint
    assert "2 entries" in done.stderr


def test_the_head_as_json(job):
    """One object; the note stands in it as it is."""
    said = answered(here("checkpoint", job.parent / "store", "--json"))
    head = read_log(job.parent / "store" / "log")[-1].head
    assert said == {
        "origin": KEY.name,
        "size": 2,
        "root": head.root.hex(),
        "note": head.note.data.decode(),
        "signatures": [{"name": KEY.name, "key_id": KEY.key_id.hex()}],
    }


def test_a_kept_head_is_not_replaced(job):
    """It is evidence: a later one goes into another file."""
    kept = job.parent / "kept"
    first = here("checkpoint", job.parent / "store", "-o", kept)
    assert (first.returncode, first.stdout) == (0, "")
    assert kept.read_text() == read_log(job.parent / "store" / "log")[-1].checkpoint
    kept.write_text("of last week")
    again = here("checkpoint", job.parent / "store", "--output", kept)
    assert again.returncode == 2
    assert "kept" in again.stderr
    assert kept.read_text() == "of last week"


def test_a_copy_that_cannot_be_written_will_do(job):
    """Head and proof are had from it, and nothing is so much as opened to write; a run would."""
    copy = read_only(job)
    for arguments in (["checkpoint", copy], ["proof", copy, "0"]):
        done = without_writing(copy, *arguments)
        assert done.returncode == 0, done.stderr
        assert KEY.name in done.stdout
    assert without_writing(job.parent / "store", "run", job, "--as-of", SOON).returncode == 98


@pytest.mark.parametrize("command", [["checkpoint"], ["proof", "0"]], ids=" ".join)
def test_a_log_that_was_changed_has_no_head(job, command):
    """Exit 6, and the entry by its file's name; nothing on standard output."""
    path = job.parent / "store" / "log" / "000000000000.entry"
    path.write_bytes(path.read_bytes().replace(b'"open_windows":0', b'"open_windows":1'))
    done = here(command[0], job.parent / "store", *command[1:])
    assert (done.returncode, done.stdout) == (6, "")
    assert done.stderr.startswith("offduty: 000000000000.entry: ")


@pytest.mark.parametrize("command", [["checkpoint"], ["proof", "0"]], ids=" ".join)
def test_a_store_that_is_none_or_is_empty(tmp_path, command):
    """Exit 2, in words, and nothing is made."""
    for folder in ("none", "empty/log"):
        (tmp_path / folder).mkdir(parents=True)
    for name, words in (("nowhere", "no store"), ("none", "no store"), ("empty", "empty")):
        done = here(command[0], tmp_path / name, *command[1:])
        assert (done.returncode, done.stdout) == (2, "")
        assert words in done.stderr
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["empty", "log", "none"]


def test_an_unsigned_head_is_said_to_be_so(tmp_path):
    """It can be kept; it proves nothing of who wrote it, and no proof is made by it."""
    job = lay_out(world(), tmp_path)
    run(job, as_of=SOON)
    done = here("checkpoint", tmp_path / "store")
    assert (done.returncode, done.stdout.count("\n")) == (0, 3)
    assert "not signed" in done.stderr
    assert here("proof", tmp_path / "store", "0").returncode == 2


def test_a_proof_is_made_and_checked_without_the_store(job):
    """By the run's id; with the public key in any spelling; and with the manifest or the entry that came another way."""
    entry = job.parent / "store" / "log" / "000000000000.entry"
    run_id = read_log(entry.parent)[0].document["run_id"]
    made = here("proof", job.parent / "store", run_id, "-o", job.parent / "run.tlog-proof")
    assert (made.returncode, made.stdout) == (0, "")
    shutil.copy(entry, job.parent / "its.entry")
    (job.parent / "its.json").write_bytes(entry.read_bytes().partition(b"\n\n")[0] + b"\n")
    (job.parent / "signing.pem").write_text(KEY.pem)
    (job.parent / "hex").write_text(KEY.raw.hex())
    shutil.rmtree(job.parent / "store")
    check = ["proof", "--check", "run.tlog-proof"]
    for key in ("signing.pub", "signing.pem", "hex"):
        for manifest in ([], ["--manifest", "its.json"], ["--manifest", "its.entry"]):
            done = here(*check, "--key", key, *manifest, cwd=job.parent)
            assert done.returncode == 0, done.stderr
            assert f"proven: entry 0 of 2 of the log {KEY.name} is this manifest: run {run_id}" in done.stderr
    said = answered(here(*check, "--key", "signing.pub", "--json", cwd=job.parent))
    assert (said["proven"], said["run_id"], said["index"], said["size"]) == (True, run_id, 0, 2)


def test_a_head_that_was_kept_serves_as_well(job):
    """The proof holds what was kept, and not the newest."""
    here("checkpoint", job.parent / "store", "-o", job.parent / "kept")
    run(job, as_of=LATER)
    made = here("proof", job.parent / "store", "1", "--checkpoint", job.parent / "kept")
    assert made.returncode == 0, made.stderr
    assert made.stdout.endswith((job.parent / "kept").read_text())
    for number in (2, 1):
        (job.parent / "store" / "log" / f"{number:012}.entry").unlink()
    lost = here("proof", job.parent / "store", "0", "--checkpoint", job.parent / "kept")
    assert (lost.returncode, lost.stdout) == (7, "")


def test_a_proof_that_the_log_only_grew(job):
    """From a stored checkpoint to the newest one; it is checked without the store, and compared with the stored one."""
    folder = job.parent
    here("checkpoint", folder / "store", "-o", folder / "stored")
    run(job, as_of=LATER)
    made = here("proof", folder / "store", "--consistency", folder / "stored", "-o", folder / "grown")
    assert (made.returncode, made.stdout) == (0, "")
    shutil.rmtree(folder / "store")
    check = ["proof", "--check", "grown", "--key", "signing.pub"]
    done = here(*check, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert f"proven: the log {KEY.name} of 3 entries begins with the 2 of the older checkpoint" in done.stderr
    assert "compare it with the checkpoint that you stored" in done.stderr
    compared = here(*check, "--consistency", "stored", cwd=folder)
    assert (compared.returncode, "compare it" in compared.stderr) == (0, False)
    document = answered(here(*check, "--consistency", "stored", "--json", cwd=folder))
    root = read_checkpoint((folder / "stored").read_bytes()).root.hex()
    assert document == {
        "proven": True,
        "origin": KEY.name,
        "size": 3,
        "old_size": 2,
        "old_root": root,
        "compared": True,
        "cosigners": [],
    }


def test_a_log_that_did_not_only_grow_is_exit_7(job):
    """An entry was lost; the file was changed; the stored checkpoint is another."""
    folder = job.parent
    here("checkpoint", folder / "store", "-o", folder / "stored")
    run(job, as_of=LATER)
    here("checkpoint", folder / "store", "-o", folder / "later")
    here("proof", folder / "store", "--consistency", folder / "stored", "-o", folder / "grown")
    lines = (folder / "grown").read_text().split("\n")
    (folder / "changed").write_text("\n".join([*lines[:2], lines[3], lines[2], *lines[4:]]))
    for trial in (["changed"], ["grown", "--consistency", "later"], ["later"]):
        done = here("proof", "--check", *trial, "--key", "signing.pub", "--json", cwd=folder)
        assert (done.returncode, done.stdout) == (7, ""), (trial, done.stderr)
    (folder / "store" / "log" / "000000000002.entry").unlink()
    lost = here("proof", folder / "store", "--consistency", folder / "later")
    assert (lost.returncode, lost.stdout) == (7, "")
    assert "does not lead up to this checkpoint" in lost.stderr


def test_what_is_not_proven_is_exit_7(job):
    """Another key, another manifest, a changed file; standard output says nothing, with `--json` either."""
    here("proof", job.parent / "store", "0", "-o", job.parent / "p")
    (job.parent / "other.pub").write_text(SigningKey("", bytes(32)).public.raw.hex())
    (job.parent / "changed").write_bytes((job.parent / "p").read_bytes().replace(b"index 0", b"index 1"))
    trials = [
        ["p", "--key", "other.pub"],
        ["p", "--key", "signing.pub", "--manifest", "store/log/000000000001.entry"],
        ["changed", "--key", "signing.pub"],
        ["job.toml", "--key", "signing.pub"],
        ["p", "--key", "signing.pub", "--cosigner", "signing.pub", "--cosigner", "watcher.pub"],
    ]
    (job.parent / "watcher.pub").write_text(SigningKey("watcher.example/1", bytes(32)).public.vkey)
    for trial in trials:
        for form in ([], ["--json"]):
            done = here("proof", "--check", *trial, *form, cwd=job.parent)
            assert (done.returncode, done.stdout) == (7, ""), (trial, done.stderr)
            assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["proof"],
        ["proof", "store"],
        ["proof", "store", "no such run"],
        ["proof", "store", "0", "--key", "signing.pub"],
        ["proof", "--check", "p"],
        ["proof", "store", "0", "--check", "p", "--key", "signing.pub"],
        ["proof", "--check", "no such file", "--key", "signing.pub"],
        ["proof", "--check", "p", "--key", "no such file"],
        ["proof", "--check", "p", "--key", "job.toml"],
        ["proof", "store", "0", "--checkpoint", "job.toml"],
        ["proof", "--check", "p", "--key", "signing.pub", "--checkpoint", "p"],
        ["proof", "store", "--consistency", "job.toml"],
        ["proof", "store", "0", "--consistency", "p"],
        ["proof", "--check", "p", "--key", "signing.pub", "--consistency", "p"],
        ["checkpoint"],
        ["checkpoint", "store", "-o", "no folder/kept"],
        ["expire", "job.toml"],
        ["expire", "job.toml", "--before", "soon"],
        ["expire", "no.toml", "--before", "2026-03-01"],
        ["rotate", "job.toml"],
        ["rotate", "job.toml", "--new", "signing.key"],
    ],
    ids=" ".join,
)
def test_usage(job, arguments):
    """Exit 2 and no traceback; the log is as it was."""
    here("proof", job.parent / "store", "0", "-o", job.parent / "p")
    done = here(*arguments, cwd=job.parent)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert "Traceback" not in done.stderr
    assert len(read_log(job.parent / "store" / "log")) == 2


def test_expire_says_what_went(job):
    """In JSON or in words; and that nothing is left."""
    said = answered(here("expire", job, "--before", "2026-03-03", "--json"))
    assert (said["entry"], said["files"], said["runs"], said["before"]) == (2, 2, 2, "2026-03-03")
    assert said["bytes"] > 0
    said = answered(here("expire", job, "--before", "2026-03-03", "--json"))
    assert said == {"files": 0, "bytes": 0, "runs": 0, "before": "2026-03-03"}
    done = here("expire", job, "--before", "2026-03-11", "--why", "kept for a week", "--store", job.parent / "store")
    assert (done.returncode, done.stdout) == (0, "")
    assert "deleted: 1 file of 1 run, " in done.stderr
    again = here("expire", job, "--before", "2026-03-11")
    assert again.returncode == 0
    assert "is left to delete" in again.stderr


def test_a_run_says_that_its_files_have_expired(job):
    """Whoever looks for them is not left to wonder."""
    here("expire", job, "--before", "2026-03-03")
    done = here("run", job, "--as-of", AFTERWARDS)
    assert done.returncode == 0, done.stderr
    assert "1 of its files has expired since and was deleted" in done.stderr


def test_rotate_says_what_to_do_next(job):
    """The new key's public text, and both places where it must be made known; never the secret one."""
    done = here("rotate", job, "--new", job.parent / "next.key")
    assert (done.returncode, done.stdout) == (0, "")
    assert (job.parent / "next.pub").read_text().strip() in done.stderr
    assert "keys.signing in job.toml" in done.stderr
    assert "next.pub to the auditor" in done.stderr
    assert (job.parent / "next.key").read_text().strip() not in done.stderr
    assert here("run", job, "--as-of", SOON).returncode == 2
    lost = here("rotate", job, "--new", job.parent / "third.key", "--lost-old-key")
    assert lost.returncode == 0, lost.stderr
    assert "in person" in lost.stderr


@pytest.mark.parametrize(
    "damage", [b"{}[]", b'{"kind":"run"}', b"\xff", b'{"kind": "run"}'], ids=["json", "keys", "utf-8", "spaces"]
)
def test_a_damaged_entry_is_exit_6_for_all(job, damage):
    """Not an unforeseen failure: which file, and what to do."""
    path = job.parent / "store" / "log" / "000000000001.entry"
    path.write_bytes(damage + b"\n\n" + path.read_bytes().partition(b"\n\n")[2])
    commands = [
        ["run", "job.toml"],
        ["checkpoint", "store"],
        ["proof", "store", "0"],
        ["expire", "job.toml", "--before", "2026-03-03"],
        ["rotate", "job.toml", "--new", "next.key"],
    ]
    for command in commands:
        done = here(*command, cwd=job.parent)
        assert done.returncode == 6, (command, done.stderr)
        assert done.stderr.startswith("offduty: 000000000001.entry: ")
        assert "Restore the log from a copy" in done.stderr


def test_a_published_run_that_the_log_lost_is_exit_6(job):
    """Not cleared away."""
    (job.parent / "store" / "log" / "000000000001.entry").unlink()
    before = contents(job.parent / "store")
    done = here("run", job, "--as-of", AFTERWARDS)
    assert done.returncode == 6
    assert "the log has lost its end" in done.stderr
    assert contents(job.parent / "store") == before


def test_no_secret_and_no_row_gets_out(job):
    """Of keys and pings nothing stands in a message, an entry, or a proof."""
    here("rotate", job, "--new", job.parent / "next.key")
    spoken = [
        here("checkpoint", job.parent / "store", "--json"),
        here("proof", job.parent / "store", "0"),
        here("expire", job, "--before", "2026-03-03"),
        here("rotate", job, "--new", job.parent / "third.key", "--lost-old-key"),
    ]
    entries = "".join(path.read_text() for path in (job.parent / "store" / "log").iterdir())
    told = entries + "".join(done.stdout + done.stderr for done in spoken)
    secrets = [
        (job.parent / name).read_text().strip() for name in ("signing.key", "next.key", "third.key", "pseudonym.key")
    ]
    for word in (*secrets, "-0.15", "51.52", '"o1"', '"d1"'):
        assert word not in told
