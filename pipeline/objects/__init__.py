"""The door to object stores: S3, Google Cloud Storage, Azure Blob Storage, through one library, obstore.

Who may read and write is said by the environment, or by the ordinary files of each cloud, never by a job.
"""

from __future__ import annotations

import logging

from pipeline.addresses import Address
from pipeline.errors import UsageError
from pipeline.objects.clouds import CLOUDS
from pipeline.objects.shelf import Found, Shelf, at_once
from pipeline.objects.troubles import Kind, ObjectTrouble, plain_troubles

TALKERS = ["botocore", "google", "urllib3"]
"""Libraries that find credentials, and log addresses and requests with their signatures: none of them is to be heard.

obstore itself logs nothing: its Rust side speaks to a subscriber that nobody sets up.
"""


def open_shelf(address: Address) -> Shelf:
    """The bucket of an address. `UsageError` where the extra is not installed; `ObjectTrouble` where it cannot be opened."""
    cloud = CLOUDS[address.scheme]
    for talker in TALKERS:
        logging.getLogger(talker).setLevel(logging.CRITICAL + 1)
    try:
        with plain_troubles():
            return Shelf(cloud, cloud.bucket(address.bucket))
    except ImportError:
        raise UsageError(
            f"an object store ({address.scheme}://) needs an extra: pip install 'offduty[{cloud.extra}]'"
        ) from None


__all__ = ["Found", "Kind", "ObjectTrouble", "Shelf", "at_once", "open_shelf"]
