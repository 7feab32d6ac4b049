"""Planted bugs in what comes before a policy is in force: trials, comparisons and signatures. Each names the test that
finds it.
"""

from __future__ import annotations

from tests.planted.bug import Bug, bug

TRIAL, AGREED = "tests/unit/runs/test_trial.py", "tests/unit/runs/test_agreed.py"
COMPARED = "tests/unit/analyses/test_policy_comparison.py"

BEFORE: dict[Bug, str] = {
    bug(
        "a trial stores what would be released",
        "leaks positions under rules that nobody agreed to, in a file without a name",
        "specification#trial",
        "runs/trial.py",
        "            self.days.add(key)\n",
        "            self.days.add(key)\n            super().add(key, columns)\n",
    ): f"{TRIAL}::test_what_would_be_released_is_forgotten_at_once",
    bug(
        "a trial may be about few people for long",
        "leaks where somebody was, by what a policy would change",
        "specification#trial",
        "runs/trial.py",
        "< LEAST_OFFICERS or len",
        "< LEAST_OFFICERS and len",
    ): f"{TRIAL}::test_both_limits_count[2-1]",
    bug(
        "small changes are shown",
        "leaks whose door lies between two buffers",
        "specification#trial",
        "analyses/policy_comparison.py",
        'changed[changed["rows"] >= MINIMUM]',
        'changed[changed["rows"] > 0]',
    ): f"{COMPARED}::test_small_changes_are_added_up",
    bug(
        "the file that was signed may say something else",
        "loses the agreement: a comment may mislead those who read the file",
        "specification#agreement",
        "runs/agreed.py",
        '{"policy_sha256": policy.sha256, "file_sha256": file_sha256}',
        '{"policy_sha256": policy.sha256}',
    ): f"{AGREED}::test_a_comment_is_a_byte_too",
    bug(
        "who was named before need not sign",
        "loses the agreement: the employer names a key of its own",
        "specification#agreement",
        "runs/agreed.py",
        "_keys(dict.fromkeys((*own, *_named_so_far(entries))))",
        "_keys(own)",
    ): f"{AGREED}::test_who_was_named_must_sign_that_they_are_named_no_more",
}
"""Each bug, and the test that finds it."""
