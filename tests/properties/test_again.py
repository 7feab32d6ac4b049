"""The filter and the second implementation agree, on every world: no difference of any kind."""

from __future__ import annotations

from pprint import pformat

import pytest
from again import case_of
from hypothesis import Phase, given, settings
from world import changed, filtered, lay_out
from worlds import smallest, worlds

from pipeline.errors import InputError
from pipeline.verify.again import decide_again

NUMBERED = [Phase.explicit, Phase.reuse, Phase.generate]


def differs(given_world, folders) -> list:
    """What the second implementation finds in the filter's run of a world."""
    folder = folders.mktemp("world")
    said = filtered(given_world, folder)
    if said.path is None:
        return [] if stops(given_world, folder) else ["the filter stops, the second implementation does not"]
    found = decide_again(case_of(said.path, folder))
    return [found] if found.differs else []
