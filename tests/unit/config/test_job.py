"""The job is read strictly, its paths are relative to its folder, and no message shows a key."""

import traceback
from pathlib import Path

import pytest

from offduty.config.check_job import check_job
from offduty.config.job import Job
from offduty.config.job_document import JobDocument
from offduty.config.key_files import load_pseudonym_key, load_signing_key
from offduty.config.policy import Policy
from offduty.config.toml_reader import expected_of, keys_of
from offduty.core.errors import UsageError

DIGITS = "00112233445566778899aAbBcCdDeEfF" * 2

LEAST = {
    "policy": "policy.toml",
    "inputs": {"pings": "pings", "assignments": "a.csv", "roster": "r.csv", "places": "p.geojson"},
    "keys": {"pseudonym": "pseudonym.key"},
    "output": {"store": "store"},
}


def job_with(**changes):
    return Job.from_dict({**LEAST, **changes}, Path("jobs/job.toml"))


def refusal(**changes):
    with pytest.raises(UsageError) as caught:
        job_with(**changes)
    return str(caught.value)


def policy(rule):
    named = {"name": "n", "purpose": "p", "timezone": "UTC"}
    return Policy.from_dict({"policy": named, "duty": {"on_codes": ["duty"]}, "legs": {"rule": rule}})


def test_paths_are_relative_to_the_job_file_and_stay_as_written(tmp_path):
    folder = tmp_path / "jobs [1]"
    folder.mkdir()
    (folder / "job.toml").write_text(
        'policy = "../policy.toml"\n[inputs]\npings = "pings/*.parquet"\nassignments = "a[1].csv"\nroster = "r.csv"\n'
        'places = "/elsewhere/p.geojson"\nsites = "s.geojson"\n[keys]\npseudonym = "k"\nsigning = "s"\n'
        '[output]\nstore = "store"\n'
    )
    job = Job.load(folder / "job.toml")
    assert (job.inputs.pings.raw, job.inputs.pings.folder) == ("pings/*.parquet", folder)
    assert job.inputs.assignments.path == folder / "a[1].csv"
    assert job.inputs.places.path == Path("/elsewhere/p.geojson")
    assert job.policy.path == folder / ".." / "policy.toml"
    assert (job.keys.signing.path, job.store.path) == (folder / "s", folder / "store")


def test_a_job_named_relatively_keeps_its_folder_when_the_working_folder_changes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    job = job_with()
    monkeypatch.chdir("/")
    assert job.store.path == tmp_path / "jobs" / "store"


def test_sites_and_signing_may_be_left_out():
    assert job_with().inputs.sites is None and job_with().keys.signing is None


def test_another_store_is_relative_to_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert job_with().with_store("other").store.path == tmp_path / "other"
    assert job_with().with_store(Path("/other")).store.path == Path("/other")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"policy": 5}, "job.toml: policy: expected the name of a file, as text, found 5"),
        ({"policy": ""}, 'job.toml: policy: expected the name of a file, as text, found ""'),
        ({"output": "store"}, 'job.toml: output: expected a section [output], found "store"'),
        ({"output": {}}, "job.toml: output.store is missing: expected the name of a folder, as text"),
        ({"keys": {"pseudonim": "k", "pseudonym": "k"}}, "did you mean keys.pseudonym?"),
        ({"store": "s"}, "job.toml: unknown key store: did you mean output.store?"),
        ({"input": {}}, "job.toml: unknown section [input]: did you mean inputs?"),
        (
            {"inputs": {**LEAST["inputs"], "pings": ["a.csv"]}},
            "job.toml: inputs.pings: expected a file, a glob or a folder, as text, found a list",
        ),
        ({"inputs": {**LEAST["inputs"], "pings": "a\0b"}}, "inputs.pings: expected"),
        ({"inputs": {**LEAST["inputs"], "site": "s"}}, "unknown key inputs.site: did you mean inputs.sites?"),
    ],
)
def test_a_wrong_job_is_named_by_key(changes, message):
    assert message in refusal(**changes)


@pytest.mark.parametrize("key", ["pseudonym", "signing"])
def test_a_key_pasted_into_the_job_is_refused_and_never_shown(key):
    with pytest.raises(UsageError) as caught:
        job_with(keys={"pseudonym": "k", key: DIGITS})
    assert f"keys.{key}: expected the name of a key file, not the key itself" in str(caught.value)
    assert DIGITS not in "".join(traceback.format_exception(caught.value))


def test_anchored_legs_need_sites():
    with pytest.raises(UsageError, match=r"inputs\.sites is missing"):
        check_job(job_with(), policy("anchored"))


def test_legs_that_are_off_need_none_and_sites_satisfy_anchored_ones():
    check_job(job_with(), policy("off"))
    check_job(job_with(inputs={**LEAST["inputs"], "sites": "s.csv"}), policy("anchored"))


@pytest.mark.parametrize("load", [load_pseudonym_key, load_signing_key])
@pytest.mark.parametrize("text", [DIGITS, f"{DIGITS}\n", f"  {DIGITS}\r\n"])
def test_a_key_is_64_hex_digits(tmp_path, load, text):
    path = tmp_path / "k.key"
    path.write_bytes(text.encode())
    path.chmod(0o600)
    assert load(path) == bytes.fromhex(DIGITS)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        DIGITS[:-1].encode(),
        DIGITS.encode() + b"0",
        DIGITS[:-1].encode() + b"g",
        DIGITS[:32].encode() + b" " + DIGITS[32:].encode(),
        DIGITS[:32].encode() + b"\n" + DIGITS[32:].encode(),
        bytes(range(128, 192)),
        ("٣" * 64).encode(),
        b" " * 100_000 + DIGITS.encode(),
    ],
)
def test_anything_else_is_refused_without_showing_it(tmp_path, content):
    path = tmp_path / "k.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(UsageError) as caught:
        load_pseudonym_key(path)
    shown = "".join(traceback.format_exception(caught.value))
    assert str(caught.value) == "k.key: the pseudonym key is not 64 hex digits; offduty init makes one"
    assert DIGITS[:8] not in shown and caught.value.__cause__ is None


def test_a_missing_key_or_a_folder_is_named_with_where_it_was_looked_for(tmp_path):
    for path in (tmp_path / "gone.key", tmp_path):
        with pytest.raises(UsageError) as caught:
            load_pseudonym_key(path)
        assert str(caught.value).startswith(f"{path.name}: ") and f" in {path.parent}: " in str(caught.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o644, 0o666])
def test_a_key_that_others_have_access_to_is_refused_with_the_command_that_mends_it(tmp_path, mode):
    path = tmp_path / "a key"
    path.write_text(DIGITS)
    path.chmod(mode)
    for load in (load_pseudonym_key, load_signing_key):
        with pytest.raises(UsageError, match=f"chmod 600 '{path}'") as caught:
            load(path)
        assert DIGITS[:8] not in str(caught.value)
    path.chmod(0o400)
    assert load_signing_key(path) == bytes.fromhex(DIGITS)


def test_every_key_says_what_it_is_for_and_what_it_wants():
    for section, key, field in keys_of(JobDocument):
        assert field.description and field.description.endswith("."), f"{section}.{key}"
        assert expected_of(field).words, f"{section}.{key}"
