"""What a manifest in the log must hold to be read: the kinds of entries there are, and what each says at the least
(SPEC 8).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from offduty.core.canonical_json import canonical_json

RUNS = ("run", "heartbeat")
EXPIRY = "expiry"
ROTATION = "rotation"
DELETABLE = ("release", "quarantine")
"""The parts of a run that may expire; the ledger stays, and so does the log."""
_RUN_ID = re.compile(r"[0-9a-z][0-9a-z-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")

Document: TypeAlias = dict[str, Any]
Shape: TypeAlias = "type | Callable[[Any], bool] | Mapping[str, Shape] | list[Shape]"


class ManifestError(ValueError):
    """Bytes that are no manifest; the message says why, in small letters."""


def read_manifest(raw: bytes) -> Document:
    """The manifest in its bytes, which must be its one spelling. Raises `ManifestError` where they are not, or lack
    something.

    Of a kind that is not known here nothing is asked but that it says so: later versions may write others.
    """
    try:
        document = json.loads(raw.decode())
        same = isinstance(document, dict) and canonical_json(document) == raw
    except (ValueError, TypeError, RecursionError):
        raise ManifestError("its manifest is no canonical JSON") from None
    if not same:
        raise ManifestError("its manifest is no canonical JSON")
    kind = document.get("kind")
    if not isinstance(kind, str):
        raise ManifestError("its manifest does not say of what kind it is")
    for key, shape in SHAPES.get(kind, {}).items():
        if key not in document or not _fits(document[key], shape):
            raise ManifestError(f"{key!r} is missing from its manifest, or is not what it must be")
    return dict(document)


def is_run_id(value: object) -> bool:
    """Whether this can be the name of a run, and so of its folder."""
    return isinstance(value, str) and _RUN_ID.fullmatch(value) is not None


def is_inside(value: object) -> bool:
    """Whether this names a file within a folder of a run, however it is read: relative, no ``..``, nothing to be
    cleaned up.
    """
    if not isinstance(value, str) or "\0" in value or "\\" in value:
        return False
    parts = value.split("/")
    return len(parts) > 1 and not {"", ".", ".."} & set(parts)


def _may_go(value: object) -> bool:
    return is_inside(value) and str(value).partition("/")[0] in DELETABLE


def _is_sha256(value: object) -> bool:
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None


def _are_counts(value: object) -> bool:
    return isinstance(value, dict) and all(type(count) is int for count in value.values())


def _fits(value: Any, shape: Shape) -> bool:
    if isinstance(shape, Mapping):
        return isinstance(value, dict) and all(key in value and _fits(value[key], part) for key, part in shape.items())
    if isinstance(shape, list):
        return isinstance(value, list) and all(_fits(item, shape[0]) for item in value)
    return type(value) is shape if isinstance(shape, type) else shape(value)


_RUN: Mapping[str, Shape] = {
    "run_id": is_run_id,
    "question": str,
    "interval": {"from": str, "to": str},
    "as_of": str,
    "policy": {"policy": {"timezone": str}},
    "policy_sha256": str,
    "keys": dict,
    "outputs": [{"name": is_inside, "sha256": _is_sha256, "bytes": int}],
    "counts": _are_counts,
    "quarantined": _are_counts,
    "refused": list,
    "open_windows": int,
    "last_recorded_at": str,
}
SHAPES: Mapping[str, Mapping[str, Shape]] = {
    **dict.fromkeys(RUNS, _RUN),
    EXPIRY: {
        "recorded_at": str,
        "before": str,
        "why": str,
        "files": [{"run_id": is_run_id, "name": _may_go, "sha256": _is_sha256, "bytes": int}],
    },
    ROTATION: {"recorded_at": str, "old_key": str, "new_key": str, "new_key_sha256": _is_sha256, "lost_old_key": bool},
}
