"""The key that is given to `verify`: the public one of a made-up force is there, and a secret one is called that."""

from __future__ import annotations

import pytest

from tests.cli.command import answered, here


@pytest.fixture(scope="module")
def force(tmp_path_factory):
    """A made-up force of two people, with its store."""
    folder = tmp_path_factory.mktemp("keys") / "force"
    made = here("synth", folder, "--officers", "2", "--days", "1", "--every", "3600", "--no-truth")
    assert made.returncode == 0, made.stderr
    assert here("run", folder / "job.toml").returncode == 0
    return folder


def test_a_made_up_force_has_its_public_key_beside_it(force):
    """And whoever wrote the log is known by it."""
    done = here("verify", force / "store", "--key", force / "signing.pub", "--json")
    (check,) = [check for check in answered(done)["checks"] if check["number"] == "1.3"]
    assert (done.returncode, check["status"]) == (0, "PASS")


def test_the_secret_key_is_not_said_to_be_a_forged_log(force):
    """It is refused as what it is, and not printed."""
    secret = (force / "signing.key").read_text().strip()
    done = here("verify", force / "store", "--key", force / "signing.key")
    assert done.returncode == 2
    assert "--key is the secret key that signs this log: give the public one" in done.stderr
    assert secret not in done.stdout + done.stderr


def test_another_key_is_a_finding(force, tmp_path):
    """Nobody can tell whose it is."""
    (tmp_path / "other.pub").write_text("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    assert here("verify", force / "store", "--key", tmp_path / "other.pub").returncode == 7
