"""Places and sites out of KML, GeoPackage and shapefiles: their fields as they are, and their shapes as WKT."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from offduty.config.contracts import contract
from offduty.convert.reading import Reading, Row, library, text_of
from offduty.core.crs import is_longitude_latitude
from offduty.geofence.file_shapes import drawn_texts

ELSEWHERE = (
    "convert it first (ogr2ogr -t_srs OGC:CRS84), or give it to offduty.mask as a GeoDataFrame, which is converted"
)


def drawn_places(reading: Reading) -> Iterator[Row]:
    """The features of every layer. Which field is the officer and which the kind is for the job to declare. A field in
    which nothing is written is left out: KML has many of them.

    Raises `InputError`, with every such row, for another coordinate system, or none; for a hole, a line or a
    collection; and for coordinates that cannot be degrees, or have the latitude first.
    """
    pyogrio = library("pyogrio", "maps")
    try:
        layers = [str(name) for name, kind in pyogrio.list_layers(reading.path) if kind is not None]
        read = [(layer, *pyogrio.raw.read(reading.path, layer=layer, force_2d=True)) for layer in layers]
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError, OSError):
        raise reading.refusal("it cannot be read: it is not of this format, or it is cut short") from None
    number = 0
    faults: list[tuple[int, str]] = []
    rows: list[Row] = []
    for _, meta, _, shapes, columns in read:
        _check_system(reading, meta)
        names = [str(name) for name in meta["fields"]]
        texts, wrong = drawn_texts(list(shapes))
        faults += [(number + row, what) for row, what in wrong]
        for row, text in enumerate(texts):
            values = {name: _text(column[row]) for name, column in zip(names, columns, strict=True)}
            rows.append({**values, "geometry": text})
        number += len(texts)
    if faults:
        first, what = faults[0]
        more = f" (and so {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise reading.refusal(f"{what}{more}", first)
    used = {name for row in rows for name, value in row.items() if value} | set(contract("places").names)
    yield from ({name: value for name, value in row.items() if name in used} for row in rows)


def _check_system(reading: Reading, meta: Any) -> None:
    """Raise `InputError` where a layer is not in longitude and latitude of WGS 84, or does not say what it is in."""
    if not meta["crs"]:
        raise reading.refusal(
            "it does not say its coordinate system (a shapefile says it in the file .prj): find out which it is, and"
            f" {ELSEWHERE}"
        )
    if not is_longitude_latitude(str(meta["crs"])):
        raise reading.refusal(f"its coordinates are not in longitude and latitude (WGS 84): {ELSEWHERE}")


def _text(value: Any) -> str:
    """A value of a field as text; what is missing is empty, and a whole number has no point."""
    if value is None or value != value:  # not a number, or no time
        return ""
    plain = value.item() if hasattr(value, "item") else value
    return text_of(int(plain) if isinstance(plain, float) and plain.is_integer() else plain)
