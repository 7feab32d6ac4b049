"""A log that was written to mislead, or to break whoever reads it: each is told, none goes through, nothing crashes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from offduty import run
from offduty.verify.auditor import verify
from offduty.verify.entries import canonical, read_audited_log
from offduty.verify.verdict import Status
from tests.world import AFTERWARDS, lay_out, world


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The manifest of a run."""
    folder = tmp_path_factory.mktemp("log")
    run(lay_out(world(), folder), as_of=AFTERWARDS)
    return json.loads((folder / "store" / "log" / "000000000000.entry").read_bytes().partition(b"\n\n")[0])


def faults(raw: bytes, folder: Path) -> tuple[str, ...]:
    """What is wrong with an entry of these bytes; `verify` says so too, and lives."""
    log = folder / "store" / "log"
    log.mkdir(parents=True)
    (log / "000000000000.entry").write_bytes(raw)
    found = read_audited_log(log).entries[0].faults
    said = {check.number: check.status for check in verify(folder / "store").checks}
    assert (said["1.1"] is Status.FAIL) is bool(found)
    return found


def test_a_manifest_of_the_filter_has_no_fault(manifest, tmp_path):
    """As it was written."""
    assert faults(canonical(manifest) + b"\n\n", tmp_path) == ()


@pytest.mark.parametrize(
    "key",
    [
        "kind",
        "run_id",
        "question",
        "interval",
        "as_of",
        "policy",
        "policy_sha256",
        "keys",
        "inputs",
        "outputs",
        "counts",
        "quarantined",
        "columns_ignored",
        "columns_read_as_utc",
        "refused",
        "open_windows",
        "last_recorded_at",
        "versions",
    ],
)
def test_each_key_must_be_there_and_be_what_it_must(manifest, tmp_path, key):
    """Neither missing, nor null, nor of another kind; and no key besides."""
    for number, document in enumerate(
        [
            {name: value for name, value in manifest.items() if name != key},
            {**manifest, key: None},
            {**manifest, key: 7.5},
            {**manifest, key: ["x"]},
            {**manifest, "more" + key: manifest[key]},
        ]
    ):
        assert faults(canonical(document) + b"\n\n", tmp_path / str(number))


@pytest.mark.parametrize("name", ["/etc/passwd", "../../log", "release/../../x", "", ".", "release//x", "a\\b", "a\0b"])
@pytest.mark.parametrize("part", ["inputs", "outputs"])
def test_no_name_leads_elsewhere(manifest, tmp_path, part, name):
    """Names are joined to the store's folder, or to that of the inputs."""
    document = {**manifest, part: [{**manifest[part][0], "name": name}]}
    assert faults(canonical(document) + b"\n\n", tmp_path)


@pytest.mark.parametrize("run_id", ["../../elsewhere", "x" * 32, "A" * 32, "", "0" * 31])
def test_a_run_is_named_by_its_digits(manifest, tmp_path, run_id):
    """It names a folder."""
    assert faults(canonical({**manifest, "run_id": run_id}) + b"\n\n", tmp_path)


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("places", "buffer_m", "-1"),
        ("places", "buffer_m", "nan"),
        ("places", "buffer_m", "1e300"),
        ("release", "decimals", 99),
        ("release", "time_step_s", 0),
        ("release", "time_step_s", 1 << 60),
        ("legs", "rule", "none"),
        ("accuracy", "max_m", "9" * 400),
        ("duty", "on_codes", "duty"),
    ],
)
def test_a_policy_can_be_reckoned_with(manifest, tmp_path, section, key, value):
    """Whatever a manifest says of a rule, nothing overflows."""
    policy = {**manifest["policy"], section: {**manifest["policy"][section], key: value}}
    assert faults(canonical({**manifest, "policy": policy}) + b"\n\n", tmp_path)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\n\n",
        b"{}\n\n",
        b"[]\n\n",
        b"null\n\n",
        b"{" * 100_000 + b"\n\n",
        b"[" * 100_000 + b"\n\n",
        b"\xff\xfe\n\n",
        b'{"kind":"run"}',
        b'{"kind":"run"}\n\n',
        b'{"a":1,"a":2}\n\n',
        b'{"a": 1}\n\n',
        b'{"a":NaN}\n\n',
        b'{"a":1e400}\n\n',
        b'{"kind":"expiry"}\n\n',
        b'{"kind":"rotation"}\n\n',
        b'{"kind":{}}\n\n',
        b'{"a":"\\ud800"}\n\n',
    ],
)
def test_what_is_no_manifest_is_told(tmp_path, raw):
    """Bytes, depth, numbers and texts that no manifest has."""
    assert faults(raw, tmp_path)


def test_an_entry_may_be_a_folder_or_a_link(tmp_path):
    """Neither is opened."""
    log = tmp_path / "store" / "log"
    log.mkdir(parents=True)
    (log / "000000000000.entry").mkdir()
    (log / "000000000001.entry").symlink_to("/dev/zero")
    assert [entry.faults for entry in read_audited_log(log).entries] == [("is not a plain file",)] * 2
    assert {check.status for check in verify(tmp_path / "store").checks if check.number in ("1.1", "2.2")} == {
        Status.FAIL
    }


def test_a_kind_that_is_not_known_is_not_called_sound(tmp_path):
    """Later versions may write others: what was not looked into is not done."""
    log = tmp_path / "store" / "log"
    log.mkdir(parents=True)
    (log / "000000000000.entry").write_bytes(b'{"kind":"of tomorrow"}\n\n')
    check = next(check for check in verify(tmp_path / "store").checks if check.number == "1.1")
    assert check.status is Status.NOT_DONE
