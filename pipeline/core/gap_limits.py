"""From which length on gaps between positions are counted together."""

from __future__ import annotations

LONGEST_S = 3_600
"""Gaps of this many seconds or more are counted together."""
