"""Reads the current release of a store into a DataFrame, for analysts (docs/how-to/reading-releases.md)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from offduty.core.errors import InputError, UsageError
from offduty.outputs.release import SCHEMA
from offduty.runs.current import CurrentPart, asked_interval, current_releases, words_of
from offduty.transparency.log import read_store


def read_release(
    store: Path | str, start: str | None = None, end: str | None = None, *, geo: bool = False
) -> pd.DataFrame:
    """The current release of a store in a folder as a DataFrame, from ``start`` (inclusive) to ``end`` (exclusive).

    ``start`` and ``end`` are instants, or dates in the zone of the newest run's policy; without them everything that
    was decided is read. The columns are those of the release (specification#release-columns), sorted by ``officer``
    and ``observed_at``; without a released position there are no rows. With ``geo`` the result is a GeoDataFrame, for
    which geopandas must be installed. A row belongs to the part of time in which its truncated instant lies.

    Raises `InputError` where a part of the interval has no current release, `UsageError` where there is no store, and
    `StorageError` where the log is damaged.

    >>> import offduty, os
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from offduty.synth import write
    >>> with TemporaryDirectory() as name:
    ...     folder = Path(name)
    ...     write(folder, officers=4, days=1, every_s=600, seed=1)  # an invented force, with a job and a policy
    ...     for key in ("pseudonym.key", "signing.key"):
    ...         (folder / key).touch(mode=0o600)
    ...         _ = (folder / key).write_text(os.urandom(32).hex())
    ...     _ = offduty.run(folder / "job.toml", as_of="2026-04-15")
    ...     rows = offduty.read_release(folder / "store")
    ...     morning = offduty.read_release(folder / "store", "2026-03-23T08:00Z", "2026-03-23T12:00Z")
    >>> rows.columns.tolist()
    ['officer', 'observed_at', 'lon', 'lat', 'accuracy_m', 'duty_code', 'geometry']
    >>> len(morning) < len(rows)
    True
    """
    folder = Path(store)
    entries = read_store(folder)
    found = current_releases(entries, asked_interval(entries, start, end))
    if found.missing:
        raise InputError(f"no current release from {words_of(found.missing[0])}; offduty current says what is there")
    tables = [
        within_part(pq.read_table(folder / "runs" / part.run_id / name, partitioning=None), part)
        for part in found.parts
        for name in part.files
    ]
    if not tables:
        return pd.DataFrame(SCHEMA.empty_table().to_pandas())
    frame = (
        pa.concat_tables(tables).to_pandas().sort_values(["officer", "observed_at"], kind="stable", ignore_index=True)
    )
    return as_geo(frame) if geo else frame


def within_part(table: pa.Table, part: CurrentPart) -> pa.Table:
    """The rows whose truncated instant lies in a part; its own beginning is truncated likewise."""
    if part.whole:
        return table
    at = pc.cast(table["observed_at"], pa.int64())
    begins = part.interval.from_us // part.step_us * part.step_us
    return table.filter(pc.and_(pc.greater_equal(at, begins), pc.less(at, part.interval.to_us)))


def as_geo(frame: pd.DataFrame) -> pd.DataFrame:
    """A release as a GeoDataFrame, in longitude and latitude. `UsageError` where geopandas is not installed."""
    try:
        import geopandas as gpd
    except ImportError:
        raise UsageError("a GeoDataFrame needs geopandas: pip install 'offduty[geo]'") from None
    shapes = gpd.GeoSeries.from_wkb(frame["geometry"], crs="OGC:CRS84")
    with_shapes: pd.DataFrame = gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=shapes)
    return with_shapes
