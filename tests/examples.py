"""How many random examples a test makes: fewer where each takes long, and more of all in `make properties-long`."""

from __future__ import annotations

from hypothesis import settings


def one_in(part: int) -> int:
    """A part of what the profile says (60, and 400 in the long run): for tests with examples that take ``part`` times as
    long as most.
    """
    return max(3, settings().max_examples // part)
