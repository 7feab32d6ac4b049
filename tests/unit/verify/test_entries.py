"""A log that was written to mislead or break its reader: every fault is reported, and nothing crashes."""

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
    """What is wrong with an entry of these bytes; `verify` must report it too, and must not crash."""
    log = folder / "store" / "log"
    log.mkdir(parents=True)
    (log / "000000000000.entry").write_bytes(raw)
    found = read_audited_log(log).entries[0].faults
    status = {check.number: check.status for check in verify(folder / "store").checks}
    assert (status["1.1"] is Status.FAIL) is bool(found)
    return found


def test_a_manifest_of_the_filter_has_no_fault(manifest, tmp_path):
    """As the filter wrote it."""
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
        "refused",
        "open_windows",
        "last_recorded_at",
        "versions",
    ],
)
def test_each_key_must_be_there_with_the_right_type(manifest, tmp_path, key):
    """Not missing, not null, not of another type; and no other key may be there."""
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
def test_no_name_leads_to_another_folder(manifest, tmp_path, part, name):
    """Names are joined to the folder of the store or of the inputs."""
    document = {**manifest, part: [{**manifest[part][0], "name": name}]}
    assert faults(canonical(document) + b"\n\n", tmp_path)


@pytest.mark.parametrize("run_id", ["../../elsewhere", "x" * 32, "A" * 32, "", "0" * 31])
def test_a_run_id_is_32_hex_digits(manifest, tmp_path, run_id):
    """It is the name of a folder."""
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
def test_numbers_of_a_policy_are_limited(manifest, tmp_path, section, key, value):
    """So that no computation overflows."""
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
def test_what_is_not_a_manifest_is_reported(tmp_path, raw):
    """Bytes, depths, numbers and texts that no manifest has."""
    assert faults(raw, tmp_path)


def test_an_entry_may_be_a_folder_or_a_link(tmp_path):
    """It is reported and not opened."""
    log = tmp_path / "store" / "log"
    log.mkdir(parents=True)
    (log / "000000000000.entry").mkdir()
    (log / "000000000001.entry").symlink_to("/dev/zero")
    assert [entry.faults for entry in read_audited_log(log).entries] == [("is not a plain file",)] * 2
    assert {check.status for check in verify(tmp_path / "store").checks if check.number in ("1.1", "2.2")} == {
        Status.FAIL
    }


def test_an_unknown_kind_is_not_done(tmp_path):
    """Later versions may write other kinds; these cannot be checked."""
    log = tmp_path / "store" / "log"
    log.mkdir(parents=True)
    (log / "000000000000.entry").write_bytes(b'{"kind":"of tomorrow"}\n\n')
    check = next(check for check in verify(tmp_path / "store").checks if check.number == "1.1")
    assert check.status is Status.NOT_DONE
