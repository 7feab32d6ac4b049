"""How the three clouds differ: how a bucket is opened, where credentials come from, how large one put may be."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from offduty.objectstore.errors import ErrorKind, ObjectStoreError

if TYPE_CHECKING:
    from obstore.store import (
        AzureConfig,
        ClientConfig,
        GCSConfig,
        GCSCredential,
        GCSCredentialProvider,
        ObjectStore,
        RetryConfig,
        S3Credential,
    )

CONNECT = timedelta(seconds=15)
"""How long connecting may take."""
SILENCE = timedelta(seconds=60)
"""How long a connected server may be silent."""
WHOLE = timedelta(days=7)
"""How long one answer may take in all; a server that hangs is noticed by its silence, not by this."""
CREDENTIALS_LIFETIME = timedelta(minutes=5)
"""How long credentials are used before botocore is asked again; it renews them ten minutes before they expire."""
GOOGLE_SCOPE = "https://www.googleapis.com/auth/devstorage.read_write"
EMULATOR = "STORAGE_EMULATOR_HOST"
CONNECTION = "AZURE_STORAGE_CONNECTION_STRING"

Opener = Callable[[timedelta], "ObjectStore"]
"""Opens a bucket for requests during which the server may be silent for this long."""


@dataclass(frozen=True)
class Cloud:
    """One kind of object store.

    ``extra`` installs what it needs, ``bucket`` opens a bucket, ``most`` is the largest number of bytes of one put, and
    ``condition`` says whether a get is sent with the listed tag as its condition.
    """

    extra: str
    bucket: Callable[[str], Opener]
    most: int
    condition: bool


def _s3(bucket: str) -> Opener:
    """S3, and services with its interface.

    botocore finds credentials, region and endpoint in all places that AWS uses: obstore reads the environment and the
    machine's role, but no files.
    """
    import botocore.session
    from obstore.store import S3Store

    session = botocore.session.Session()
    try:
        credentials = session.get_credentials()
    except Exception:
        # no such profile, half a pair of keys, an expired login
        raise ObjectStoreError(ErrorKind.REFUSED) from None
    if credentials is None:
        raise ObjectStoreError(ErrorKind.REFUSED)
    client = session.create_client("s3")
    trusted = _trusted(session.get_config_variable("ca_bundle"))

    def who() -> S3Credential:
        found = credentials.get_frozen_credentials()
        return {
            "access_key_id": found.access_key,
            "secret_access_key": found.secret_key,
            "token": found.token,
            "expires_at": datetime.now(UTC) + CREDENTIALS_LIFETIME,
        }

    def opened(silence: timedelta) -> ObjectStore:
        return S3Store(
            bucket,
            endpoint=client.meta.endpoint_url,
            region=client.meta.region_name,
            credential_provider=who,
            conditional_put="etag",  # whatever the environment says
            checksum_algorithm="SHA256",  # buckets with object lock require one
            disable_bulk_delete=True,  # not every service with S3's interface has it
            client_options=_options(client.meta.endpoint_url, silence, trusted),
            retry_config=_retries((client.meta.config.retries or {}).get("total_max_attempts")),
        )

    return opened


def _trusted(path: str | None) -> bytes | None:
    """The certificates in a file, for a server with a private certificate authority."""
    try:
        return Path(path).read_bytes() if path else None
    except OSError:
        # a file of this machine is missing, not an object
        raise ObjectStoreError(ErrorKind.LOST) from None


def _gcs(bucket: str) -> Opener:
    """Google Cloud Storage, or an emulator (``STORAGE_EMULATOR_HOST``), which needs no credentials.

    google-auth finds the credentials: obstore reads keys of service accounts and users, but no files of federated
    identities.
    """
    from obstore.store import GCSStore

    emulator = os.environ.get(EMULATOR, "")
    endpoint = emulator if "://" in emulator or not emulator else f"http://{emulator}"
    config: GCSConfig = {"base_url": endpoint} if endpoint else {}
    who = _nobody if endpoint else _google()

    def opened(silence: timedelta) -> ObjectStore:
        return GCSStore(
            bucket,
            config=config,
            credential_provider=who,
            client_options=_options(endpoint, silence),
            retry_config=_retries(),
        )

    return opened


def _nobody() -> GCSCredential:
    """A token that no emulator checks. It may go when ``skip_signature`` works for puts, too: in obstore 0.12 it does
    not.
    """
    return {"token": "nobody", "expires_at": None}


def _google() -> GCSCredentialProvider:
    import google.auth
    from google.auth.transport.requests import Request

    try:
        found, _ = google.auth.default(scopes=[GOOGLE_SCOPE])
    except Exception:
        raise ObjectStoreError(ErrorKind.REFUSED) from None

    def who() -> GCSCredential:
        if not found.valid:
            found.refresh(Request())  # type: ignore[no-untyped-call]
        until = found.expiry  # in UTC, but it does not say so
        return {"token": str(found.token), "expires_at": until and until.replace(tzinfo=UTC)}

    return who


def _azure(bucket: str) -> Opener:
    """Azure Blob Storage, where a bucket is a container.

    Connection strings are parsed here, because obstore does not read them; everything else is read by obstore.
    """
    from obstore.store import AzureStore

    connection = os.environ.get(CONNECTION)
    config: AzureConfig = _connection(connection) if connection else {}

    def opened(silence: timedelta) -> ObjectStore:
        options = _options(config.get("endpoint", ""), silence)
        try:
            return AzureStore(bucket, config=config, client_options=options, retry_config=_retries())
        except Exception:
            # no account is named, or its key is invalid: nothing was sent yet
            raise ObjectStoreError(ErrorKind.REFUSED) from None

    return opened


def _connection(text: str) -> AzureConfig:
    """A connection string as obstore's configuration; `ObjectStoreError` if it names no account or no credentials."""
    parts = {
        name.strip().lower(): value.strip() for name, _, value in (each.partition("=") for each in text.split(";"))
    }
    if parts.get("usedevelopmentstorage", "").lower() == "true":
        return {"use_emulator": True}  # obstore knows the fixed account, key and address of Azurite
    key, token = parts.get("accountkey"), parts.get("sharedaccesssignature")
    endpoint = parts.get("blobendpoint", "").rstrip("/")
    # a string with a shared access signature may name only the endpoint
    name = parts.get("accountname") or (urlsplit(endpoint).hostname or "").partition(".")[0]
    if not name or not (key or token):
        raise ObjectStoreError(ErrorKind.REFUSED)
    scheme, suffix = parts.get("defaultendpointsprotocol", "https"), parts.get("endpointsuffix", "core.windows.net")
    config: AzureConfig = {"account_name": name, "endpoint": endpoint or f"{scheme}://{name}.blob.{suffix}"}
    if key:
        return {**config, "account_key": key, "credential_type": "access_key"}
    return {**config, "sas_key": str(token).removeprefix("?"), "credential_type": "sas_token"}


def _options(endpoint: str, silence: timedelta, trusted: bytes | None = None) -> ClientConfig:
    """Options of the HTTP client: without encryption only if the address says so."""
    options: ClientConfig = {
        "allow_http": endpoint.startswith("http://"),
        "connect_timeout": CONNECT,
        "read_timeout": silence,
        "timeout": WHOLE,
    }
    if trusted is not None:
        options["root_certificate"] = trusted
    return options


def _retries(attempts: Any = None) -> RetryConfig:
    """How often a request is repeated: five times, or as the environment says, within a minute and a half."""
    return {
        "max_retries": max(int(attempts) - 1, 0) if attempts else 5,
        "retry_timeout": timedelta(seconds=90),
        "backoff": {"init_backoff": timedelta(milliseconds=200), "max_backoff": timedelta(seconds=10), "base": 2},
    }


CLOUDS = {
    "s3": Cloud("s3", _s3, 5 << 30, condition=True),
    "gs": Cloud("gcs", _gcs, 5 << 40, condition=False),
    "az": Cloud("azure", _azure, 5000 << 20, condition=True),
}
"""By the scheme of an address."""
