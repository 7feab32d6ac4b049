"""What compare and consult say of a store in an object store is what they say of it in a folder, and no release is fetched."""

from __future__ import annotations

import json

from tests.cli.command import answered, here
from tests.objectstore.clouds import STORE
from tests.world import AFTERWARDS, lay_out, world


def test_a_comparison_and_a_pack_of_a_store_there(s3, tmp_path):
    """The very bytes; requests are for the log and for ledgers."""
    job = lay_out(world(), tmp_path / "world")
    policy, made = job.with_name("policy.toml"), {}
    for name, store in (("here", str(tmp_path / "local")), ("there", STORE)):
        ran = answered(here("run", job, "--as-of", AFTERWARDS, "--store", store, "--json"))
        folder = tmp_path / name
        folder.mkdir()
        before = len(s3.front.seen)
        run_folder = f"{store}/runs/{ran['run_id']}"
        for command in (
            ("consult", store, "--policy", policy, "--compare", policy, "-o", folder),
            ("compare", run_folder, run_folder, "-o", folder),
        ):
            done = here(*command)
            assert done.returncode == 0, done.stderr
        if name == "there":
            fetched = [str(request) for request in s3.front.seen[before:]]
            assert fetched
            assert not [each for each in fetched if "/release/" in each or "quarantine" in each]
        made[name] = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert made["here"] == made["there"]
    assert {"comparison.json", "pack.html"} <= set(made["here"])
    entries = [json.loads(s3.get(key).partition(b"\n\n")[0]) for key in sorted(s3.keys()) if "/log/" in key]
    assert [(entry["kind"], entry.get("analysis")) for entry in entries[1:]] == [
        ("analysis", "consult"),
        ("analysis", "compare"),
    ]


def test_what_is_no_run_there(s3):
    """The message says how one is named."""
    done = here("compare", STORE, STORE)
    assert done.returncode == 2
    assert "s3://bucket/store/runs/" in done.stderr
    assert s3.front.seen == []
