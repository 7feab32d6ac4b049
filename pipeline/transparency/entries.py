"""What a manifest in the log must contain to be read: the kinds of entries, and what each must say at the least
(specification#manifest).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from offduty.core.canonical_json import canonical_json

RUNS = ("run", "heartbeat")
TRIAL = "trial"
AGREEMENT = "agreement"
EXPIRY = "expiry"
ROTATION = "rotation"
ANALYSIS = "analysis"
DELETABLE = ("release", "quarantine", "references")
"""The parts of a run that may expire. The ledger stays, and so does the log."""
_RUN_ID = re.compile(r"[0-9a-z][0-9a-z-]*")

Document: TypeAlias = dict[str, Any]


class ManifestError(ValueError):
    """Bytes that are not a manifest. The message says why, in small letters, and never repeats a value."""


def is_run_id(value: object) -> bool:
    """Whether this can be the id of a run, and so the name of its folder."""
    return isinstance(value, str) and _RUN_ID.fullmatch(value) is not None


def is_inside(value: object) -> bool:
    """Whether this names a file inside the folder of a run: relative, with a folder, and without ``..``, an empty part,
    a backslash or a zero byte.
    """
    if not isinstance(value, str) or "\0" in value or "\\" in value:
        return False
    parts = value.split("/")
    return len(parts) > 1 and not {"", ".", ".."} & set(parts)


def _run_id(text: str) -> str:
    if not is_run_id(text):
        raise ValueError("not a run id")
    return text


def _inside(name: str) -> str:
    if not is_inside(name):
        raise ValueError("not inside the run")
    return name


def _deletable(name: str) -> str:
    if name.partition("/")[0] not in DELETABLE:
        raise ValueError("not a part that may expire")
    return name


RunId = Annotated[str, AfterValidator(_run_id)]
NameInside = Annotated[str, AfterValidator(_inside)]
Sha256 = Annotated[str, Field(pattern=r"\A[0-9a-f]{64}\z")]


class LoggedPart(BaseModel):
    """A part of a manifest, without conversion of types. It may have more keys: later versions may write them."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", defer_build=True)


class LoggedFile(LoggedPart):
    """An output of a run, as its manifest names it."""

    name: NameInside
    sha256: Sha256
    bytes: int


class LoggedInterval(LoggedPart):
    """The interval of a run; an open end is empty."""

    start: str = Field(alias="from")
    end: str = Field(alias="to")


class LoggedTimezone(LoggedPart):
    """The section ``policy`` of a policy, of which the reader needs the time zone."""

    timezone: str


class LoggedPolicy(LoggedPart):
    """The policy of a run."""

    policy: LoggedTimezone


class LoggedRun(LoggedPart):
    """What every reader of the log needs of a run or a heartbeat."""

    run_id: RunId
    question: str
    interval: LoggedInterval
    as_of: str
    policy: LoggedPolicy
    policy_sha256: str
    keys: dict[str, Any]
    outputs: list[LoggedFile]
    counts: dict[str, int]
    quarantined: dict[str, int]
    refused: list[Any]
    open_windows: int
    last_recorded_at: str


class LoggedTrial(LoggedRun):
    """What every reader of the log needs of a trial: the same as of a run, whose interval it never answers."""


class LoggedDeletion(LoggedPart):
    """A file that an expiry names. What it names is deleted, so it may name nothing but releases and quarantines."""

    run_id: RunId
    name: Annotated[NameInside, AfterValidator(_deletable)]
    sha256: Sha256
    bytes: int


class LoggedExpiry(LoggedPart):
    """What every reader of the log needs of an expiry."""

    recorded_at: str
    before: str
    why: str
    files: list[LoggedDeletion]


class LoggedRotation(LoggedPart):
    """What every reader of the log needs of a rotation."""

    recorded_at: str
    old_key: str
    new_key: str
    new_key_sha256: Sha256
    lost_old_key: bool


class LoggedAnalysis(LoggedPart):
    """What every reader of the log needs of an analysis: what was asked, by whom and why, and of which runs."""

    recorded_at: str
    analysis: str
    answer: str
    role: str
    because: str
    parameters: dict[str, str]
    runs: list[RunId]
    policy_sha256: Sha256


class LoggedAgreement(LoggedPart):
    """What every reader of the log needs of an agreement."""

    recorded_at: str
    policy_sha256: Sha256
    file_sha256: Sha256
    pack_sha256: str
    keys: list[str]
    emergency_keys: list[str]
    until: str
    because: str
    note: str


MODELS: Mapping[str, type[LoggedPart]] = {
    **dict.fromkeys(RUNS, LoggedRun),
    TRIAL: LoggedTrial,
    EXPIRY: LoggedExpiry,
    ROTATION: LoggedRotation,
    ANALYSIS: LoggedAnalysis,
    AGREEMENT: LoggedAgreement,
}
"""The model of each kind of entry."""


def read_manifest(raw: bytes) -> Document:
    """The manifest in these bytes, which must be canonical JSON (specification#canonical-json).

    Raises `ManifestError` where they are not, or where something is missing that its kind must have. Of an unknown
    kind only the kind is checked: later versions may write others.
    """
    try:
        document = json.loads(raw.decode())
        same = isinstance(document, dict) and canonical_json(document) == raw
    except (ValueError, TypeError, RecursionError):
        raise ManifestError("its manifest is not canonical JSON") from None
    if not same:
        raise ManifestError("its manifest is not canonical JSON")
    kind = document.get("kind")
    if not isinstance(kind, str):
        raise ManifestError("its manifest does not say of what kind it is")
    _check(kind, document)
    return dict(document)


def _check(kind: str, document: Document) -> None:
    model = MODELS.get(kind)
    if model is None:
        return
    try:
        model.model_validate(document)
    except ValidationError as error:
        key = error.errors(include_url=False, include_context=False, include_input=False)[0]["loc"][0]
        raise ManifestError(f"{key!r} is missing from its manifest, or is not what it must be") from None
