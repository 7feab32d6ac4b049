"""Looks up the versions of everything that can change a result: the project, its libraries, and their data."""

from __future__ import annotations

import platform
from functools import cache
from importlib import metadata

import pyproj
import shapely


@cache
def version(package: str) -> str:
    """The version of an installed package; `PackageNotFoundError` where it is not installed."""
    return metadata.version(package)


def versions() -> dict[str, str]:
    """The versions that a manifest records, by name (specification#manifest)."""
    packages = {name: version(name) for name in ("offduty", "duckdb", "pyarrow", "shapely", "tzdata")}
    return {
        **packages,
        "python": platform.python_version(),
        "geos": ".".join(map(str, shapely.geos_version)),
        "proj": str(pyproj.proj_version_str),
    }
