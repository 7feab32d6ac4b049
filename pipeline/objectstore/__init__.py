"""The door to object stores: S3, Google Cloud Storage, Azure Blob Storage, through one library, obstore.

Who may read and write is said by the environment, or by the ordinary files of each cloud, never by a job.
"""

from __future__ import annotations

import logging

from offduty.core.errors import UsageError
from offduty.core.locations import ObjectAddress
from offduty.objectstore.bucket import Bucket, FoundObject, at_once
from offduty.objectstore.clouds import CLOUDS
from offduty.objectstore.errors import ErrorKind, ObjectStoreError, translated_errors

TALKERS = ["botocore", "google", "urllib3"]
"""Libraries that find credentials, and log addresses and requests with their signatures: none of them is to be heard.

obstore itself logs nothing: its Rust side speaks to a subscriber that nobody sets up.
"""


def open_bucket(address: ObjectAddress) -> Bucket:
    """The bucket of an address. `UsageError` where the extra is not installed; `ObjectStoreError` where it cannot be opened."""
    cloud = CLOUDS[address.scheme]
    for talker in TALKERS:
        logging.getLogger(talker).setLevel(logging.CRITICAL + 1)
    try:
        with translated_errors():
            return Bucket(cloud, cloud.bucket(address.bucket))
    except ImportError:
        raise UsageError(
            f"an object store ({address.scheme}://) needs an extra: pip install 'offduty[{cloud.extra}]'"
        ) from None


__all__ = ["Bucket", "ErrorKind", "FoundObject", "ObjectStoreError", "at_once", "open_bucket"]
