"""Bugs planted in what several runs owe each other: with each, `verify` finds the store that a later run leaves.

The worlds of the other planted bugs have one run each, so these have a test of their own.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from offduty.verify.auditor import verify
from offduty.verify.verdict import Status
from tests.planted.bug import Bug, bug
from tests.planted.planting import copied, in_copy
from tests.world import lay_out, policy_of, world

FIRST, SECOND, BEFORE = "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", "2026-11-19T00:00:00Z"

NOT_WITHDRAWN = bug(
    "a superseded release is not withdrawn",
    "leaks what came late, to whoever subtracts one release from the other",
    "SPEC 8",
    "runs/withdraw.py",
    "    for *older, newest in over.values():",
    "    for *older, newest in []:",
)
NO_GUARD = bug(
    "only a policy of another name is another policy",
    "leaks the rim of what the stricter policy hides",
    "SPEC 8",
    "runs/withdraw.py",
    '        and changed_keys(entry.document["policy"], now)\n',
    '        and entry.document["policy"]["policy"]["name"] != now["policy"]["name"]\n',
)
BACKWARDS = bug(
    "as_of may go backwards",
    "leaks what a leave that was recorded since had hidden",
    "SPEC 2",
    "runs/run.py",
    '    if any(asked.as_of_us < (instant(document["as_of"]) or NEVER_US) for document in over):',
    '    if any(asked.as_of_us < (instant(document["as_of"]) or NEVER_US) for document in over[:0]):',
)
TRIALS: list[tuple[Bug | None, str, str, str]] = [
    (None, SECOND, "buffer_m = 200.0", ""),
    (NOT_WITHDRAWN, SECOND, "buffer_m = 200.0", "7.3"),
    (NO_GUARD, SECOND, "buffer_m = 300.0", "7.3"),
    (BACKWARDS, BEFORE, "buffer_m = 200.0", "6.2"),
]


@pytest.mark.parametrize(("planted", "as_of", "rule", "check"), TRIALS, ids=lambda each: getattr(each, "name", None))
def test_a_store_of_a_filter_with_the_bug_is_found(
    tmp_path: Path, planted: Bug | None, as_of: str, rule: str, check: str
):
    """Two runs over one time by the copy; the auditor is the one of this checkout. Without a bug nothing is found."""
    copy = copied(tmp_path / "copy", planted)
    given = {**world(), "policy": policy_of({"release": {"keep_superseded": planted is NO_GUARD}})}
    job = lay_out(given, tmp_path / "job")
    policy = job.parent / "policy.toml"
    for when, buffer in ((FIRST, "buffer_m = 200.0"), (as_of, rule)):
        policy.write_text(policy.read_text().replace("buffer_m = 200.0", buffer))
        done = in_copy(copy, "-m", "offduty", "run", job, "--as-of", when)
        assert done.returncode == 0, done.stderr
    failed = {each.number for each in verify(job.parent / "store").checks if each.status is Status.FAIL}
    assert failed == ({check} if check else set())


@pytest.mark.parametrize("planted", [NOT_WITHDRAWN, NO_GUARD, BACKWARDS], ids=lambda each: each.name)
def test_the_suite_finds_it_too(tmp_path: Path, planted: Bug):
    """A test of the command line fails in the copy."""
    copy = copied(tmp_path / "copy", planted)
    tests = {
        NOT_WITHDRAWN.name: "tests/cli/test_supersede.py::test_the_older_release_is_withdrawn_and_its_ledger_stays",
        NO_GUARD.name: "tests/cli/test_supersede.py::test_a_second_policy_is_refused",
        BACKWARDS.name: "tests/cli/test_supersede.py::test_what_was_known_is_not_forgotten",
    }
    done = in_copy(copy, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", tests[planted.name])
    assert done.returncode == 1, done.stdout[-2_000:]
