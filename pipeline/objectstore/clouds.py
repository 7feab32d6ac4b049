"""What the three clouds differ in: how a bucket is opened, who finds the credentials, how large one put may be."""

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
"""How long a server may take to be there."""
SILENCE = timedelta(seconds=60)
"""How long a server that is there may say nothing."""
WHOLE = timedelta(days=7)
"""How long one answer may take from end to end: what hangs is told by silence, not by this."""
KEPT = timedelta(minutes=5)
"""How long credentials from botocore are used before it is asked again; it renews them ten minutes before they run out."""
GOOGLE_SCOPE = "https://www.googleapis.com/auth/devstorage.read_write"
EMULATOR = "STORAGE_EMULATOR_HOST"
CONNECTION = "AZURE_STORAGE_CONNECTION_STRING"

Opener = Callable[[timedelta], "ObjectStore"]
"""Opens a bucket for requests in which the server may be silent for so long."""


@dataclass(frozen=True)
class Cloud:
    """One kind of object store: the extra that installs what it needs, what opens a bucket, the most bytes that one put can
    send, and whether a get is sent with the condition that the tag is the one that was listed."""

    extra: str
    bucket: Callable[[str], Opener]
    most: int
    condition: bool


def _s3(bucket: str) -> Opener:
    """S3, and what speaks like it. botocore finds credentials, region and endpoint, in all the places where AWS puts them:
    obstore reads the environment and the machine's role, but none of the files."""
    import botocore.session
    from obstore.store import S3Store

    session = botocore.session.Session()
    try:
        credentials = session.get_credentials()
    except Exception:
        raise ObjectStoreError(
            ErrorKind.REFUSED
        ) from None  # no such profile, half a pair of keys, a login that has run out
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
            "expires_at": datetime.now(UTC) + KEPT,
        }

    def opened(silence: timedelta) -> ObjectStore:
        return S3Store(
            bucket,
            endpoint=client.meta.endpoint_url,
            region=client.meta.region_name,
            credential_provider=who,
            conditional_put="etag",  # whatever the environment says of it
            checksum_algorithm="SHA256",  # buckets with a lock on their objects want one
            disable_bulk_delete=True,  # not everything that speaks like S3 knows it
            client_options=_options(client.meta.endpoint_url, silence, trusted),
            retry_config=_again((client.meta.config.retries or {}).get("total_max_attempts")),
        )

    return opened


def _trusted(path: str | None) -> bytes | None:
    """The certificates of a file, for a server whose own authority nobody else knows."""
    try:
        return Path(path).read_bytes() if path else None
    except OSError:
        raise ObjectStoreError(
            ErrorKind.LOST
        ) from None  # it is this machine's file, and not an object, that is not there


def _gcs(bucket: str) -> Opener:
    """Google Cloud Storage, or what plays it (``STORAGE_EMULATOR_HOST``), which wants no credentials. google-auth finds them:
    obstore reads keys of accounts and of users, but no file that stands for another identity."""
    from obstore.store import GCSStore

    played = os.environ.get(EMULATOR, "")
    endpoint = played if "://" in played or not played else f"http://{played}"
    config: GCSConfig = {"base_url": endpoint} if endpoint else {}
    who = _nobody if endpoint else _google()

    def opened(silence: timedelta) -> ObjectStore:
        return GCSStore(
            bucket,
            config=config,
            credential_provider=who,
            client_options=_options(endpoint, silence),
            retry_config=_again(),
        )

    return opened


def _nobody() -> GCSCredential:
    """A token that no emulator looks at. It may go for ``skip_signature`` when that keeps puts, too, from looking for one:
    those of obstore 0.12 do not heed it."""
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
    """Azure Blob Storage, where a bucket is a container. A connection string is taken apart here, for obstore reads none; all
    else that names an account and who asks is read by obstore."""
    from obstore.store import AzureStore

    told = os.environ.get(CONNECTION)
    config: AzureConfig = _connection(told) if told else {}

    def opened(silence: timedelta) -> ObjectStore:
        options = _options(config.get("endpoint", ""), silence)
        try:
            return AzureStore(bucket, config=config, client_options=options, retry_config=_again())
        except Exception:
            raise ObjectStoreError(
                ErrorKind.REFUSED
            ) from None  # no account is named, or its key is none: nobody was asked yet

    return opened


def _connection(told: str) -> AzureConfig:
    """What a connection string says, in obstore's words; `ObjectStoreError` where it names no account, or nobody who asks."""
    parts = {
        name.strip().lower(): value.strip() for name, _, value in (each.partition("=") for each in told.split(";"))
    }
    if parts.get("usedevelopmentstorage", "").lower() == "true":
        return {"use_emulator": True}  # obstore knows the account, key and address that every Azurite has
    key, token = parts.get("accountkey"), parts.get("sharedaccesssignature")
    endpoint = parts.get("blobendpoint", "").rstrip("/")
    # one with a signature may name the endpoint alone
    name = parts.get("accountname") or (urlsplit(endpoint).hostname or "").partition(".")[0]
    if not name or not (key or token):
        raise ObjectStoreError(ErrorKind.REFUSED)
    scheme, suffix = parts.get("defaultendpointsprotocol", "https"), parts.get("endpointsuffix", "core.windows.net")
    said: AzureConfig = {"account_name": name, "endpoint": endpoint or f"{scheme}://{name}.blob.{suffix}"}
    if key:
        return {**said, "account_key": key, "credential_type": "access_key"}
    return {**said, "sas_key": str(token).removeprefix("?"), "credential_type": "sas_token"}


def _options(endpoint: str, silence: timedelta, trusted: bytes | None = None) -> ClientConfig:
    """How a server is spoken to: without encryption only where its address says so."""
    options: ClientConfig = {
        "allow_http": endpoint.startswith("http://"),
        "connect_timeout": CONNECT,
        "read_timeout": silence,
        "timeout": WHOLE,
    }
    if trusted is not None:
        options["root_certificate"] = trusted
    return options


def _again(attempts: Any = None) -> RetryConfig:
    """How often a request is made again: five times, or as often as the environment says; not after a minute and a half."""
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
