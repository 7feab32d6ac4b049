"""Gives a job the store that came of an equal job before: for tests that need a store, and are not about the run.

A run of a few pings takes an eighth of a second, and half of the suite's time was runs, a fifth of them of a folder that
had been run before, byte for byte. Not for tests that change what runs before they ask: they ask `offduty.run`.
"""

from __future__ import annotations

import atexit
import functools
import hashlib
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from offduty import run
from offduty.runs.run import RunResult

_RESULTS: dict[str, RunResult] = {}


@functools.cache
def _kept() -> Path:
    """Where stores are kept until this process ends."""
    folder = Path(tempfile.mkdtemp(prefix="offduty-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def ran(job: Path, **options: Any) -> RunResult:
    """What `run(job, **options)` returns, and its store in the job's folder.

    All that lies in that folder, a store that is there among it, and the options say whether a job is equal to one before.
    The store is a copy, and may be broken.
    """
    store, key = job.parent / "store", _key(job, options)
    if key in _RESULTS:
        shutil.rmtree(store, ignore_errors=True)
        shutil.copytree(_kept() / key, store)
    else:
        _RESULTS[key] = run(job, **options)
        shutil.copytree(store, _kept() / key)
    made = _RESULTS[key]
    return replace(made, path=store / "runs" / made.run_id)


def _key(job: Path, options: dict[str, Any]) -> str:
    """A hash of all that a run could depend on."""
    whole = hashlib.sha256(repr((job.name, sorted(options.items()))).encode())
    for path in sorted(job.parent.rglob("*")):
        content = path.read_bytes() if path.is_file() else b""
        whole.update(repr((path.relative_to(job.parent).as_posix(), content)).encode())
    return whole.hexdigest()
