"""The formats that can be converted: what each becomes, what must be given beside it, and who reads it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from offduty.config.contracts import contract
from offduty.convert.calendars import icalendar
from offduty.convert.drawn_places import drawn_places
from offduty.convert.google import google_records, google_timeline
from offduty.convert.gpx import gpx
from offduty.convert.managed_devices import intune, jamf
from offduty.convert.owntracks import owntracks
from offduty.convert.reading import Convert
from offduty.convert.trackers import geotab, overland, samsara, traccar, traccar_csv

FIX = ("device_id", "observed_at", "lon", "lat")
ACCURATE = (*FIX, "accuracy_m")
RECEIVED = (*ACCURATE, "received_at", "valid")
ASSIGNMENT = ("device_id", "officer_id", "valid_from", "recorded_at")
SHIFT = tuple(name for name in contract("roster").names if name != "recorded_by")


@dataclass(frozen=True)
class Format:
    """One format. ``needs`` are the options that must be given, ``takes`` those that may.

    ``columns`` are those that are written; none where they are those of the file.
    """

    table: str
    what: str
    convert: Convert
    columns: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    endings: tuple[str, ...] = ()


FORMATS = {
    "traccar": Format("pings", "Traccar, JSON of its API", traccar, RECEIVED),
    "traccar-csv": Format("pings", "Traccar, exported as CSV", traccar_csv, RECEIVED),
    "owntracks": Format("pings", "OwnTracks: .rec or JSON", owntracks, ACCURATE, takes=("device",)),
    "overland": Format("pings", "Overland, batches of GeoJSON", overland, ACCURATE, takes=("device",)),
    "gpx": Format("pings", "GPX 1.1, tracks", gpx, FIX, needs=("device",)),
    "google-records": Format("pings", "Google Takeout, Records.json", google_records, ACCURATE, takes=("device",)),
    "google-timeline": Format("pings", "Google, the timeline of a phone", google_timeline, ACCURATE, needs=("device",)),
    "geotab": Format("pings", "Geotab, CSV", geotab, FIX),
    "samsara": Format("pings", "Samsara, CSV", samsara, ACCURATE),
    "icalendar": Format(
        "roster", "a calendar of one officer (.ics)", icalendar, SHIFT, needs=("officer", "start", "end", "recorded_at")
    ),
    "kml": Format("places or sites", "KML", drawn_places, endings=(".kml", ".kmz")),
    "geopackage": Format("places or sites", "GeoPackage", drawn_places, endings=(".gpkg",)),
    "shapefile": Format("places or sites", "shapefile", drawn_places, endings=(".shp",)),
    "intune": Format(
        "assignments", "Intune, devices as CSV", intune, ASSIGNMENT, needs=("recorded_at",), takes=("id_column",)
    ),
    "jamf": Format(
        "assignments", "Jamf Pro, devices as CSV", jamf, ASSIGNMENT, needs=("recorded_at",), takes=("id_column",)
    ),
}


def listed() -> Iterator[str]:
    """A line for each format: its name, and what it is."""
    width = max(map(len, FORMATS))
    return (f"{name:<{width}}  {each.table}: {each.what}" for name, each in FORMATS.items())
