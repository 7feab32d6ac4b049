"""`init` makes a folder that works as it is, for its owner only, and never changes an existing file."""

import os
import stat
import tomllib

import pytest

from offduty.admin import init as init_module
from offduty.admin.init import init, job_text, policy_text
from offduty.config.check_job import check_job
from offduty.config.job import Job
from offduty.config.job_document import JobDocument
from offduty.config.key_files import load_pseudonym_key, load_signing_key
from offduty.config.policy import BESIDE_THE_RULES, Policy
from offduty.config.toml_reader import keys_of
from offduty.core.errors import StorageError, UsageError
from offduty.transparency.log import origin_of
from offduty.transparency.signed_note import SigningKey, load_public_key

MADE = ["pseudonym.key", "signing.key", "signing.pub", "signing.pem", "job.toml", "policy.toml"]


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def open_umask():
    before = os.umask(0)
    yield
    os.umask(before)


def test_job_and_policy_can_be_loaded_as_they_are(tmp_path):
    assert init(tmp_path / "new") == [tmp_path / "new" / name for name in MADE]
    job = Job.load(tmp_path / "new" / "job.toml")
    check_job(job, Policy.load(job.policy.path))
    assert load_pseudonym_key(job.keys.pseudonym.path) != load_signing_key(job.keys.signing.path)


def test_the_auditor_gets_the_public_half_of_the_signing_key(tmp_path):
    """The same key twice, under the name of the future log; neither file has the secret one."""
    init(tmp_path)
    seed = load_signing_key(tmp_path / "signing.key")
    public = SigningKey("", seed).public
    named = load_public_key(tmp_path / "signing.pub")
    assert named == public.named(origin_of(public))
    assert load_public_key(tmp_path / "signing.pem") == public
    assert not any(seed.hex() in (tmp_path / name).read_text() for name in MADE if name != "signing.key")


def test_two_folders_have_different_keys(tmp_path):
    keys = {path.read_text() for place in "ab" for path in init(tmp_path / place) if path.suffix == ".key"}
    assert len(keys) == 4


def test_files_and_folders_are_their_owners_only_whatever_the_umask(tmp_path, open_umask):
    made = init(tmp_path / "above" / "new")
    assert [mode(path) for path in made] == [0o600] * 6
    assert (mode(tmp_path / "above"), mode(tmp_path / "above" / "new")) == (0o700, 0o700)


def test_an_existing_folder_may_be_used_and_keeps_its_mode(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there").chmod(0o750)
    (tmp_path / "there" / "pings.csv").write_text("a row")
    init(tmp_path / "there")
    assert mode(tmp_path / "there") == 0o750
    assert (tmp_path / "there" / "pings.csv").read_text() == "a row"


@pytest.mark.parametrize("name", MADE)
def test_an_existing_file_is_named_and_nothing_is_made(tmp_path, name):
    (tmp_path / name).write_text("precious")
    with pytest.raises(UsageError, match=name):
        init(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "precious"


def test_a_broken_link_counts_as_an_existing_file(tmp_path):
    (tmp_path / "signing.key").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UsageError, match=r"signing\.key"):
        init(tmp_path)
    assert not (tmp_path / "nowhere").exists()


def test_a_file_where_the_folder_should_be_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(UsageError):
            init(place)


def test_a_disk_that_fills_up_leaves_nothing_behind(tmp_path, monkeypatch):
    create = init_module._create

    def full(path, text):
        if path.name == "job.toml":
            raise OSError(28, "No space left on device", str(path))
        return create(path, text)

    monkeypatch.setattr(init_module, "_create", full)
    with pytest.raises(StorageError, match="no space left"):
        init(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("text", "model"), [(job_text(), JobDocument), (policy_text(), Policy)])
def test_every_key_follows_the_sentence_that_explains_it(text, model):
    flat = " ".join(line.removeprefix("# ") for line in text.splitlines())
    document = tomllib.loads(text)
    for section, key, field in keys_of(model):
        if section in BESIDE_THE_RULES:  # what `init` does not propose
            assert section not in document
            continue
        off = field.get_default() is None and not field.examples
        assert (key in (document[section] if section else document)) is not off
        assert f"{field.description} {key} =" in flat
    assert max(len(line) for line in text.splitlines()) <= 120


def test_the_policy_has_the_default_rules():
    """But for one: `init` proposes that driving past a place for everyone is no visit (specification#policy-file)."""
    written = tomllib.loads(policy_text())
    assert written["legs"].pop("pass_by_s") == 300
    least = {"policy": written["policy"], "duty": {"on_codes": ["duty", "overtime", "court", "training"]}}
    assert Policy.from_dict(written) == Policy.from_dict(least)
