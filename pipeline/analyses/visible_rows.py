"""Says of each released row whose it is, and at which site: what the key and the sites tell about a release.

A released position stands for all positions that are rounded to it. It is at a site where it, or a corner of the square
of those, is inside the site as the filter reads it (specification#anchor).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa

from offduty.arrays.arrow import Ints
from offduty.config.policy import Policy
from offduty.geofence.sites import Sites, settle_sites
from offduty.outputs.pseudonyms import period, pseudonym

NOBODY = -1


def visible_rows(
    release: pd.DataFrame, officers: Sequence[str], days: tuple[int, int], policy: Policy, key: bytes
) -> pd.DataFrame:
    """Rows of a release with the number of their ``officer``, ``at_us``, ``lon`` and ``lat``, by officer and time.

    ``release`` has the columns of `offduty.read_release`. ``days`` are the first and the last local day, since 1970, of
    which there are windows. Rows of nobody among ``officers`` are left out; without rows there are none.
    """
    names = sorted({period(_date(day), policy.pseudonym.rotate) for day in range(days[0], days[1] + 1)})
    number_of = {
        pseudonym(key, policy.policy.purpose, name, officer): number
        for number, officer in enumerate(officers)
        for name in names
    }
    whose = release["officer"].map(number_of).fillna(NOBODY).astype(np.int64)
    at_us = pd.DatetimeIndex(release["observed_at"]).as_unit("us").asi8
    seen = pd.DataFrame(
        {"officer": whose.to_numpy(), "at_us": at_us, "lon": release["lon"], "lat": release["lat"]}
    ).reset_index(drop=True)
    mine: pd.DataFrame = seen[seen["officer"] != NOBODY]
    return mine.sort_values(["officer", "at_us"], kind="stable", ignore_index=True)


def site_of_rows(seen: pd.DataFrame, rows: pa.Table, policy: Policy) -> pd.DataFrame:
    """Which row of ``seen`` is at which site: ``row`` (its place in ``seen``) and ``site`` (its place in ``rows``).

    ``rows`` are the sites, with ``file``, ``row`` and the contract's columns as text. A row may be at several sites, or
    at none. A site that cannot be read, or is too large to count, is none.
    """
    sites = settle_sites(rows, policy.legs.max_site_km2)
    places = seen[["lon", "lat"]].drop_duplicates(ignore_index=True)
    found = _near(sites, places, policy.release.decimals)
    numbered = seen[["lon", "lat"]].merge(places.reset_index(names="place"), on=["lon", "lat"], how="left")
    numbered["row"] = np.arange(len(seen))
    joined = numbered[["row", "place"]].merge(found, on="place")
    return joined[["row", "site"]].sort_values(["row", "site"], ignore_index=True)


def _near(sites: Sites, places: pd.DataFrame, decimals: int) -> pd.DataFrame:
    """The pairs of a place and a site that it is at."""
    half = 0.5 * 10.0**-decimals
    lon, lat = places["lon"].to_numpy(np.float64), places["lat"].to_numpy(np.float64)
    pairs: list[tuple[Ints, Ints]] = []
    for east, north in ((0, 0), (-half, -half), (-half, half), (half, -half), (half, half)):
        pairs += list(sites.containing(lon + east, lat + north))
    place, site = (np.concatenate([np.zeros(0, np.int64), *(pair[i] for pair in pairs)]) for i in (0, 1))
    return pd.DataFrame({"place": place.astype(np.int64), "site": site.astype(np.int64)}).drop_duplicates()


def _date(day: int) -> date:
    return date(1970, 1, 1) + timedelta(days=day)
