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

from offduty.arrays.arrow import Floats, Ints
from offduty.arrays.concatenated_ranges import concatenated_ranges
from offduty.config.policy import Policy
from offduty.geofence.sites import Sites, settle_sites
from offduty.outputs.pseudonyms import period, pseudonym

NOBODY = -1


def visible_rows(
    release: pd.DataFrame, officers: Sequence[str], days: tuple[int, int], policy: Policy, key: bytes
) -> pd.DataFrame:
    """Rows of a release with the number of their ``officer``, ``at_us``, ``lon`` and ``lat``, by officer and time.

    ``release`` has the columns of `offduty.read_release`. ``days`` are the first and the last local day, since 1970, in
    which there are windows. Rows of nobody among ``officers`` are left out; without rows there are none.
    """
    names = sorted({period(_date(day), policy.pseudonym.rotate) for day in range(days[0], days[1] + 1)})
    number_of = {
        pseudonym(key, policy.policy.purpose, name, officer): number
        for number, officer in enumerate(officers)
        for name in names
    }
    name_of_row, named = pd.factorize(release["officer"])  # a missing name is -1, which is the last: nobody
    whose = np.array([*(number_of.get(name, NOBODY) for name in named), NOBODY], np.int64)[name_of_row]
    mine = np.flatnonzero(whose != NOBODY)
    at_us = pd.DatetimeIndex(release["observed_at"]).as_unit("us").asi8
    order = mine[np.lexsort((at_us[mine], whose[mine]))]
    lon, lat = (release[name].to_numpy(np.float64)[order] for name in ("lon", "lat"))
    return pd.DataFrame({"officer": whose[order], "at_us": at_us[order], "lon": lon, "lat": lat})


def site_of_rows(seen: pd.DataFrame, rows: pa.Table, policy: Policy) -> pd.DataFrame:
    """Which row of ``seen`` is at which site: ``row`` (its place in ``seen``) and ``site`` (its place in ``rows``).

    ``rows`` are the sites, with ``file``, ``row`` and the contract's columns as text. A row may be at several sites, or
    at none. A site that cannot be read, or is too large to count, is none.
    """
    sites = settle_sites(rows, policy.legs.max_site_km2)
    place_of_row, lon, lat = _places(seen)
    place, site = _near(sites, lon, lat, policy.release.decimals)
    count = np.bincount(place, minlength=len(lon))  # of each place, how many sites it is at
    first = np.cumsum(count) - count
    pairs = concatenated_ranges(first[place_of_row], count[place_of_row])
    return pd.DataFrame({"row": np.repeat(np.arange(len(seen)), count[place_of_row]), "site": site[pairs]})


def _places(seen: pd.DataFrame) -> tuple[Ints, Floats, Floats]:
    """Of each row the number of its place, and of each place where it is: rounded positions are few."""
    lon_of_row, lon = pd.factorize(seen["lon"], use_na_sentinel=False)
    lat_of_row, lat = pd.factorize(seen["lat"], use_na_sentinel=False)
    place_of_row, both = pd.factorize(lon_of_row * len(lat) + lat_of_row)
    return place_of_row, np.asarray(lon, np.float64)[both // len(lat)], np.asarray(lat, np.float64)[both % len(lat)]


def _near(sites: Sites, lon: Floats, lat: Floats, decimals: int) -> tuple[Ints, Ints]:
    """The pairs of a place and a site that it is at, sorted."""
    half = 0.5 * 10.0**-decimals
    pairs: list[tuple[Ints, Ints]] = []
    for east, north in ((0, 0), (-half, -half), (-half, half), (half, -half), (half, half)):
        pairs += list(sites.containing(lon + east, lat + north))
    place, site = (np.concatenate([np.zeros(0, np.int64), *(pair[i] for pair in pairs)]) for i in (0, 1))
    found = pd.DataFrame({"place": place, "site": site}).drop_duplicates().sort_values(["place", "site"])
    return found["place"].to_numpy(np.int64), found["site"].to_numpy(np.int64)


def _date(day: int) -> date:
    return date(1970, 1, 1) + timedelta(days=day)
