"""Makes the digests of the reference tables: of the rows that were known, and of those that could touch a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from offduty.core.interval import Interval
from offduty.ingest.ping_files import PingFile
from offduty.outputs.reference_digests import ReferenceDigests, digest_of
from offduty.runs.decided import SettledInputs
from offduty.runs.known_codes import Codes, codes_of, known_codes


@dataclass(frozen=True)
class KnownDigests:
    """The reference rows that were known, by their codes.

    The codes are made once; several parts of the interval can be asked about. The devices that a file of pings names
    are kept, too, once they were asked for.
    """

    known: SettledInputs
    codes: Mapping[str, Codes] = field(repr=False)
    whole: Mapping[str, str]
    doubtful: Mapping[str, int]
    _devices: dict[Path, frozenset[str]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, known: SettledInputs) -> KnownDigests:
        """Make the codes of all rows that were known."""
        remembered, state = known.asked.remembered, known.references_state
        made = remembered.of_references("codes", state)
        if made is None:
            made = cls._codes(known)
            remembered.keep("codes", state, made)
        return cls(known, *made)

    @staticmethod
    def _codes(known: SettledInputs) -> tuple[Mapping[str, Codes], Mapping[str, str], Mapping[str, int]]:
        """The codes of all rows that were known, the digest of each table, and its number of doubtful rows."""
        tables, key = known.settled.known, known.asked.key
        doubtful = tables.doubtful()
        codes = {}
        for table, there in tables.there().items():
            rows, begun = known.opened.rows[table], known.codes.get(table)
            certain = codes_of(key, table, rows) if begun is None else begun.result()
            codes[table] = known_codes(key, table, rows, there, doubtful[table], certain)
        whole = {table: digest_of(some) for table, some in codes.items()}
        counts = {table: int(rows.sum()) for table, rows in doubtful.items()}
        return codes, whole, counts

    def over(self, interval: Interval) -> dict[str, ReferenceDigests]:
        """The digests of the tables for a run over the interval, or over a part of it. Raises what `named_devices`
        raises.
        """
        tables, timeline = self.known.settled.known, self.known.settled.reference.timeline
        read = {source.path for source in self.known.sources_over(interval) if source.table == "pings"}
        files = (file for file in self.known.opened.pings if file.source.path in read)
        devices = frozenset[str]().union(*map(self._named, files))
        touching = tables.touching(devices, interval, timeline)
        return {
            table: ReferenceDigests(
                known=len(codes),
                doubtful=self.doubtful[table],
                digest=self.whole[table],
                touching=digest_of(codes[touching[table]]),
            )
            for table, codes in self.codes.items()
        }

    def _named(self, file: PingFile) -> frozenset[str]:
        if file.source.path not in self._devices:
            self._devices[file.source.path] = self.known.devices_of(file)
        return self._devices[file.source.path]
