"""Says where a question is asked of a time before all that is on record: its answer would be empty without a word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa

from offduty.cli.console import say
from offduty.config.declarations import TableDeclaration
from offduty.config.policy import Policy
from offduty.core.times import read_times
from offduty.decision.declared_tables import DeclaredTables


def tell_early(
    roster: pa.Table,
    declared: Mapping[str, TableDeclaration],
    policy: Policy,
    as_of_us: int,
    decided: Iterable[tuple[int, int, int]] = (),
) -> None:
    """Say that no row of a roster was recorded by ``as_of_us``, or that it is before all time that runs ``decided``
    (from, to, as_of). A record time that cannot be read may be any; one with two readings is the earlier one.
    """
    recorded = read_times(roster["recorded_at"], DeclaredTables.of(declared, policy).local("roster"))
    if not (~recorded.read | (recorded.early <= as_of_us)).any():
        tell_unrecorded("roster")
    begins = [from_us for from_us, _, _ in decided]
    if begins and as_of_us <= min(begins):
        say(
            "the time of the question (--as-of) is before all time that runs decided: of no duty it was known by then"
            " what can be seen. Is it the right time?"
        )


def tell_unrecorded(table: str) -> None:
    """Say that nothing of this table was known yet."""
    say(
        f"no row of the {table} was recorded by the time of the question (--as-of): nothing is said of anybody. Is it"
        " the right time?"
    )
