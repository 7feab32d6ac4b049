"""Opens what sends OpenLineage events about runs (docs/how-to/scheduling.md); `lineage_events` makes the events."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

from offduty.core.errors import UsageError, why
from offduty.runs.backfill import Observer

NAMESPACE = "offduty"
TIMEOUT_S = 5.0


def open_lineage(target: str, warn: Callable[[str], None]) -> Observer:
    """Send events to ``target``: a file, to which each event is appended as a line of JSON, or the address of an
    OpenLineage endpoint. A file is for its owner only (mode 600), also one that was there and was not.

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
        _only_for_owner(path, warn)
        return Lineage(FileTransport(FileConfig(str(path), append=True)), namespace, warn)
    settings: dict[str, Any] = {"url": target, "timeout": TIMEOUT_S, "retry": {"total": 0}}
    key = os.environ.get("OPENLINEAGE_API_KEY")
    if key:
        settings["auth"] = {"type": "api_key", "apiKey": key}
    try:
        return Lineage(HttpTransport(HttpConfig.from_dict(settings)), namespace, warn)
    except Exception:  # the library raises errors of several kinds, with the address and perhaps a password in them
        raise UsageError("--lineage is not a valid address; write it as http://HOST:PORT") from None


def _only_for_owner(path: Path, warn: Callable[[str], None]) -> None:
    """Make the file where it is missing, and take it from everybody but its owner: it names jobs, files and folders.

    Where that fails a warning says so: a run does not depend on its observer.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
        try:
            mode = os.fstat(handle).st_mode
            if stat.S_ISREG(mode) and mode & (stat.S_IRWXG | stat.S_IRWXO):
                os.fchmod(handle, 0o600)
                warn(f"{path.name}: the file of --lineage was open to others, and is now for its owner only")
        finally:
            os.close(handle)
    except OSError as error:
        warn(f"{path.name}: the file of --lineage cannot be made one for its owner only: {why(error)}")
