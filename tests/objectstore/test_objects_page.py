"""The commands of docs/how-to/objects.md, run in order as they stand, against an S3 on loopback."""

from __future__ import annotations

import json
import re
import shlex
import shutil

from tests.cli.command import here
from tests.objectstore.clouds import SECRET
from tests.paths import ROOT

PAGE = (ROOT / "docs" / "how-to" / "objects.md").read_text(encoding="utf-8")


def test_every_command_runs(s3, tmp_path, monkeypatch):
    """Its job is `demo/far.toml`; what it names lies in the bucket alone. Each command of the page ends with 0, in
    silence about secrets; at the end the store is whole, and nothing is left in the private folder.
    """
    shutil.copytree(ROOT / "sample_data", tmp_path / "demo")
    demo = tmp_path / "demo"
    (demo / "far.toml").write_text(re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)[1])
    from offduty.admin.init import init

    for made in init(tmp_path / "keys"):
        if made.suffix in (".key", ".pub"):
            made.rename(demo / made.name)
    s3.put_folder(demo / "pings", "feed/pings")
    for name in ("assignments.csv", "roster.csv"):
        s3.put(f"feed/{name}", demo / name)
    monkeypatch.chdir(tmp_path)
    lines = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
    assert {line.split()[1] for line in lines} == {
        "plan",
        "run",
        "verify",
        "report",
        "attack",
        "checkpoint",
        "proof",
        "expire",
        "rotate",
    }
    for line in lines:
        done = here(*shlex.split(line)[1:])
        assert done.returncode == 0, (line, done.stderr)
        assert not [word for word in (SECRET, "key-of", "127.0.0.1", "Traceback") if word in done.stdout + done.stderr]
    kinds = [json.loads(s3.get(key).split(b"\n\n")[0])["kind"] for key in sorted(s3.keys("offduty/log/"))]
    assert kinds == ["run", "run", "run", "expiry", "rotation"]
    assert not [p for p in (tmp_path / "tmp").rglob("*") if p.is_file() and p.stat().st_size]
