"""Looks up the versions of everything that can change a result: the project, its libraries, and their data."""

from __future__ import annotations

import platform
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING

from offduty.core.lazy_imports import when_used

if TYPE_CHECKING:
    import pyproj
    import shapely
else:
    pyproj = when_used("pyproj")
    shapely = when_used("shapely")


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
