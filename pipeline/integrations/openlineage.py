"""Opens what sends OpenLineage events about runs (docs/scheduling.md); `lineage_events` makes the events."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from offduty.core.errors import UsageError
from offduty.runs.backfill import Observer

NAMESPACE = "offduty"
TIMEOUT_S = 5.0


def open_lineage(target: str, warn: Callable[[str], None]) -> Observer:
    """Send events to ``target``: a file, to which each event is appended as a line of JSON, or the address of an
    OpenLineage endpoint.

    ``OPENLINEAGE_NAMESPACE`` is the namespace of job and tables, ``OPENLINEAGE_API_KEY`` the key for an address. Raises
    `UsageError` where the extra ``[lineage]`` is not installed, or ``target`` is neither a file nor an address.
    """
    try:
        from openlineage.client.transport.file import FileConfig, FileTransport
        from openlineage.client.transport.http import HttpConfig, HttpTransport

        from offduty.integrations.lineage_events import Lineage
    except ImportError:
        raise UsageError("--lineage needs the extra: pip install 'offduty[lineage]'") from None
    namespace = os.environ.get("OPENLINEAGE_NAMESPACE") or NAMESPACE
    if not target.startswith(("http://", "https://")):
        path = Path(target).absolute()
        if "://" in target or not path.parent.is_dir():
            raise UsageError(
                "--lineage must be a file in a folder that exists, or an address that begins with http:// or https://"
            )
        return Lineage(FileTransport(FileConfig(str(path), append=True)), namespace, warn)
    settings: dict[str, Any] = {"url": target, "timeout": TIMEOUT_S, "retry": {"total": 0}}
    key = os.environ.get("OPENLINEAGE_API_KEY")
    if key:
        settings["auth"] = {"type": "api_key", "apiKey": key}
    try:
        return Lineage(HttpTransport(HttpConfig.from_dict(settings)), namespace, warn)
    except Exception:  # the library raises errors of several kinds, with the address and perhaps a password in them
        raise UsageError("--lineage is not a valid address; write it as http://HOST:PORT") from None
