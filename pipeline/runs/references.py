"""Makes the digests of the reference tables: of the rows that were known, and of those that could touch a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from offduty.arrays.arrow import Bools, to_arrow
from offduty.core.interval import Interval
from offduty.decision.row_texts import row_texts
from offduty.ingest.named_devices import named_devices
from offduty.outputs.reference_digests import ReferenceDigests, digest_of, row_codes
from offduty.runs.decided import SettledInputs


@dataclass(frozen=True)
class KnownDigests:
    """The reference rows that were known, by their codes, and the devices that the pings name.

    The codes are made once; several intervals can be asked about.
    """

    known: SettledInputs
    devices: frozenset[str]
    codes: Mapping[str, list[bytes]] = field(repr=False)
    whole: Mapping[str, str]
    doubtful: Mapping[str, int]

    @classmethod
    def of(cls, known: SettledInputs) -> KnownDigests:
        """Make the codes of all rows that were known. Raises what `named_devices` raises."""
        tables, key = known.settled.known, known.asked.key
        doubtful = tables.doubtful()
        codes = {}
        for table, there in tables.there().items():
            rows = known.opened.rows[table].take(to_arrow(there.astype(np.int64), pa.int64()))
            codes[table] = row_codes(key, row_texts(table, rows, doubtful[table]))
        whole = {table: digest_of(some) for table, some in codes.items()}
        counts = {table: int(rows.sum()) for table, rows in doubtful.items()}
        return cls(known, named_devices(known.opened.pings), codes, whole, counts)

    def over(self, interval: Interval) -> dict[str, ReferenceDigests]:
        """The digests of the tables for a run over an interval."""
        tables, timeline = self.known.settled.known, self.known.settled.reference.timeline
        touching = tables.touching(self.devices, interval, timeline)
        return {
            table: ReferenceDigests(
                known=len(codes),
                doubtful=self.doubtful[table],
                digest=self.whole[table],
                touching=digest_of(_some(codes, touching[table])),
            )
            for table, codes in self.codes.items()
        }


def _some(codes: list[bytes], which: Bools) -> list[bytes]:
    return [codes[i] for i in np.flatnonzero(which).tolist()]
