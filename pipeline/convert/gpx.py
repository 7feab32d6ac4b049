"""Pings of GPX 1.1 tracks, read as a stream. Entities and document types are refused: no GPX has any."""

from __future__ import annotations

from collections.abc import Iterator
from xml.parsers import expat

from offduty.convert.reading import Reading, Row

CHUNK = 1 << 16
NOT_TRACKS = {"wpt": "waypoints", "rtept": "points of routes"}


class _NotAllowedError(Exception):
    """A document type: it could make a small file a huge one."""


class _Points:
    """Collects the points of tracks as the parser meets them."""

    def __init__(self, reading: Reading) -> None:
        self.rows: list[Row] = []
        self._reading = reading
        self._point: dict[str, str] | None = None
        self._depth = 0
        self._in_time = False
        self.is_gpx = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        tag = name.rpartition(" ")[2]
        self.is_gpx |= tag == "gpx"
        if tag in NOT_TRACKS:
            self._reading.passed_over[NOT_TRACKS[tag]] += 1
        if self._point is not None:
            self._depth += 1
            self._in_time = tag == "time" and self._depth == 1
        elif tag == "trkpt":
            position = {"lon": attributes.get("lon", ""), "lat": attributes.get("lat", "")}
            self._point = {"device_id": self._reading.asked.device, "observed_at": "", **position}

    def text(self, part: str) -> None:
        """Characters within an element."""
        if self._in_time and self._point is not None:
            self._point["observed_at"] += part

    def end(self, name: str) -> None:
        """An element ends."""
        if self._point is None:
            return
        self._in_time = False
        self._depth -= 1
        if self._depth < 0:
            self._point["observed_at"] = self._point["observed_at"].strip()
            self.rows.append(self._point)
            self._point, self._depth = None, 0


def gpx(reading: Reading) -> Iterator[Row]:
    """The points of tracks. GPX states no accuracy in metres, and no device.

    A point without a time is written without one: the run sets it aside. Waypoints and routes are counted; nobody need
    have been there.
    """
    points = _Points(reading)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler, parser.EndElementHandler = points.start, points.end
    parser.CharacterDataHandler = points.text
    with reading.opened() as file:
        try:
            while chunk := file.read(CHUNK):
                parser.Parse(chunk, False)
                yield from points.rows
                points.rows = []
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise reading.refusal(f"line {error.lineno}: it is not XML, or it is cut short") from None
        except _NotAllowedError:
            raise reading.refusal("it has a document type, which no GPX has: it is not read") from None
    if not points.is_gpx:
        raise reading.refusal("it is XML, and no GPX")


def _refuse(*_: object) -> None:
    raise _NotAllowedError
