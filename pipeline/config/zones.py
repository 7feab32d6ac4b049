"""Names the time zones that job and policy may use: those of the pinned ``tzdata`` package."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """Every IANA zone of the pinned `tzdata` package (specification#local-times); the machine's own zones are not used.

    `Factory`, the value of a machine whose zone was never set, is left out.
    """
    listed = (resources.files("tzdata") / "zones").read_text(encoding="utf-8").split()
    return frozenset(listed) - {"Factory"}


def known_zone(name: str) -> str:
    """The name itself; `ValueError` where no zone of the pinned `tzdata` has it."""
    if name not in zone_names():
        raise ValueError("no such zone")
    return name
