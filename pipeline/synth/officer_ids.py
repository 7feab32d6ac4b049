"""Writes officers and instants as all files of a made-up force have them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from offduty.synth.world import World


def officer_id(number: int) -> str:
    """The `officer_id` of an officer in all files."""
    return f"officer-{number:05d}"


def instant(world: World, second: int) -> str:
    """A second since the world's first instant, as text in UTC."""
    instant_utc = datetime.fromtimestamp(world.epoch_us / 1_000_000, UTC) + timedelta(seconds=second)
    return instant_utc.strftime("%Y-%m-%dT%H:%M:%SZ")
