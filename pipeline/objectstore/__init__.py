"""Speaks to object stores: S3, Google Cloud Storage and Azure Blob Storage, through one library, obstore.

Credentials come from the environment, or from the ordinary files of each cloud, never from a job.
"""

from __future__ import annotations

import logging

from offduty.core.errors import UsageError
from offduty.core.locations import ObjectAddress
from offduty.objectstore.bucket import Bucket, FoundObject, at_once
from offduty.objectstore.clouds import CLOUDS
from offduty.objectstore.errors import ErrorKind, ObjectStoreError, translated_errors

SILENCED = ["botocore", "google", "urllib3"]
"""Libraries that find credentials, and log addresses and signed requests: their logs are switched off.

obstore itself logs nothing: its Rust part needs a subscriber, and none is set up.
"""


def open_bucket(address: ObjectAddress) -> Bucket:
    """Open the bucket of an address.

    Raises `UsageError` if the extra is not installed, and `ObjectStoreError` if the bucket cannot be opened.
    """
    cloud = CLOUDS[address.scheme]
    for library in SILENCED:
        logging.getLogger(library).setLevel(logging.CRITICAL + 1)
    try:
        with translated_errors():
            return Bucket(cloud, cloud.bucket(address.bucket))
    except ImportError:
        raise UsageError(
            f"an object store ({address.scheme}://) needs an extra: pip install 'offduty[{cloud.extra}]'"
        ) from None


__all__ = ["Bucket", "ErrorKind", "FoundObject", "ObjectStoreError", "at_once", "open_bucket"]
