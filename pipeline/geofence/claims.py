"""What places claim: whose they are, and when they hold."""

from __future__ import annotations

from dataclasses import dataclass

from offduty.geofence.geodesy import Bools, Ints


@dataclass(frozen=True, eq=False)
class PlaceClaims:
    """The owner of each place and its validity `[from_us, to_us)`, read widely; one element for each row.

    `owner` is a group of lookalikes, `EVERYONE` or `OTHER_OFFICER`. `drawn` is True where the place was understood, so
    that it protects where it lies; the others cover the whole Earth.
    """

    owner: Ints
    from_us: Ints
    to_us: Ints
    readable: Bools
    drawn: Bools
