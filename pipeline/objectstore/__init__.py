"""The door to object stores: S3, Google Cloud Storage, Azure Blob Storage, through fsspec and its libraries for each.

Who may read and write is said by the environment, or by the ordinary files of each cloud, never by a job.
"""

from __future__ import annotations

import importlib
import logging

from offduty.core.errors import UsageError
from offduty.core.locations import ObjectAddress
from offduty.objectstore.bucket import Cloud, Found, Shelf, at_once
from offduty.objectstore.errors import Kind, ObjectTrouble, plain_troubles

ROOMS = {"s3": ("s3", "S3", "s3"), "gs": ("gcs", "Gcs", "gcs"), "az": ("azure", "Azure", "azure")}
"""For each scheme the module, the class, and the extra that installs what it needs."""
TALKERS = [
    "adlfs",
    "aiobotocore",
    "aiohttp",
    "asyncio",
    "azure",
    "botocore",
    "fsspec",
    "gcsfs",
    "google",
    "msal",
    "s3fs",
]
"""Libraries that log addresses, keys of objects, and requests with their signatures: none of them is to be heard."""


def open_shelf(address: ObjectAddress) -> Shelf:
    """The bucket of an address. `UsageError` where the extra is not installed; `ObjectTrouble` where it cannot be
    opened.
    """
    module, name, extra = ROOMS[address.scheme]
    for talker in TALKERS:
        logging.getLogger(talker).setLevel(logging.CRITICAL + 1)
    try:
        kind = getattr(importlib.import_module(f"offduty.objectstore.{module}"), name)
        with plain_troubles():
            cloud: Cloud = kind(address.bucket)
    except ImportError:
        raise UsageError(
            f"an object store ({address.scheme}://) needs an extra: pip install 'offduty[{extra}]'"
        ) from None
    return Shelf(cloud)


__all__ = ["Found", "Kind", "ObjectTrouble", "Shelf", "at_once", "open_shelf"]
