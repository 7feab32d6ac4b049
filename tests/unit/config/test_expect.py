"""What a job expects is read as strictly as everything else, and nothing is expected that is not written."""

from __future__ import annotations

import pytest

from offduty.config.job import Job
from offduty.core.errors import UsageError

BASE = {
    "policy": "policy.toml",
    "inputs": {"pings": "p.csv", "assignments": "a.csv", "roster": "r.csv", "places": "h.csv"},
    "keys": {"pseudonym": "k"},
    "output": {"store": "store"},
}


def expected(**keys: object) -> tuple[object, object, object]:
    """What a job with these keys expects."""
    found = Job.from_dict({**BASE, "expect": keys}, "job.toml").expect
    return found.max_quarantined_share, found.max_unmatched_share, found.min_pings


def test_what_is_not_written_is_not_expected():
    """Neither without the section nor within it."""
    assert Job.from_dict(BASE, "job.toml").expect.model_dump() == dict.fromkeys(
        ("max_quarantined_share", "max_unmatched_share", "min_pings")
    )
    assert expected(min_pings=1) == (None, None, 1)


def test_shares_are_from_0_to_1():
    """Whole numbers too."""
    assert expected(max_quarantined_share=0, max_unmatched_share=1) == (0.0, 1.0, None)
    assert expected(max_quarantined_share=0.05, max_unmatched_share=0.2, min_pings=0) == (0.05, 0.2, 0)


@pytest.mark.parametrize(
    ("key", "value", "wanted"),
    [
        ("max_quarantined_share", 1.01, "a number from 0 to 1, found 1.01"),
        ("max_quarantined_share", -0.1, "a number from 0 to 1, found -0.1"),
        ("max_unmatched_share", True, "a number from 0 to 1, found true"),
        ("max_unmatched_share", "5 %", 'a number from 0 to 1, found "5 %"'),
        ("max_unmatched_share", float("nan"), "a number from 0 to 1, found nan"),
        ("min_pings", -1, "a whole number, 0 or greater, found -1"),
        ("min_pings", 1.0, "a whole number, 0 or greater, found 1.0"),
        ("min_pings", True, "a whole number, 0 or greater, found true"),
        ("min_ping", 1, "did you mean expect.min_pings?"),
    ],
)
def test_a_wrong_expectation_is_named_by_key(key, value, wanted):
    """With what was expected and what was found."""
    with pytest.raises(UsageError) as error:
        expected(**{key: value})
    assert str(error.value).startswith("job.toml: ")
    assert f"expect.{key}" in str(error.value)
    assert wanted in str(error.value)
