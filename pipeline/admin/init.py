"""Sets up a folder for a new store: two keys, the public half of one, and a job and a policy with explanations
(specification#job-file, specification#policy-file).
"""

from __future__ import annotations

import json
import os
import re
import secrets
import textwrap
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from offduty.config.job_document import JobDocument
from offduty.config.policy import Policy, decimal_text
from offduty.config.toml_reader import section_of
from offduty.core.durable_files import create
from offduty.core.errors import StorageError, UsageError, why
from offduty.transparency.log import origin_of
from offduty.transparency.signed_note import SigningKey

COMMENT_WIDTH = 118  # columns

JOB_HEAD = (
    "What one run reads and where it publishes. Paths are relative to this file. Run it with: offduty run job.toml"
)
POLICY_HEAD = (
    "The rules under which positions are released, and nothing else: the document for the workforce to be consulted"
    " on. A position leaves only when it is proven to have been taken on duty, away from every protected place, and"
    " not on the way to or from one. Everything else stays hidden."
)


def init(directory: Path, inputs: str | None = None, timezone: str | None = None) -> list[Path]:
    """Make `directory` with two new keys, the public half of the second for the auditor (as C2SP writes it, and as
    PEM), a job.toml and a policy.toml, and return the files in that order.

    ``inputs`` is the section of the inputs in the job, and ``timezone`` the zone of the policy; without them both are
    examples.

    Files, and folders that are made, are readable by their owner only, whatever the umask; an existing folder keeps its
    mode. Raises `UsageError`, which names the files that exist already, and then makes nothing; and `StorageError`
    where writing fails, and then the files that this call wrote are deleted again.
    """
    texts = _texts(inputs, timezone)
    there = [name for name in texts if os.path.lexists(directory / name)]
    if there:
        raise UsageError(f"nothing was made: already there: {', '.join(there)}; choose another folder or move them")
    made: list[Path] = []
    try:
        _make_folder(directory)
        for name, text in texts.items():
            made.append(_create(directory / name, text))
    except OSError as error:
        for path in made:
            path.unlink(missing_ok=True)
        raise _failed(error) from None
    return made


PROPOSED = "job.proposed.toml"


def init_beside(directory: Path, inputs: str) -> Path:
    """Write a proposal beside the job that a folder has already, as a whole job of its own, and return its path.

    The job, the policy and the keys stay as they are. Raises `UsageError` where an earlier proposal is still there, and
    `StorageError` where writing fails.
    """
    try:
        return _create(directory / PROPOSED, job_text(inputs))
    except FileExistsError:
        raise UsageError(
            "nothing was made: an earlier proposal is still there. Take over what you need of it, delete it, and give"
            " the same command again",
            file=PROPOSED,
        ) from None
    except OSError as error:
        raise _failed(error) from None


def job_text(inputs: str | None = None) -> str:
    """The job.toml that `init` writes, made from the descriptions of the keys; ``inputs`` replaces that section."""
    return _commented(JobDocument, JOB_HEAD, {} if inputs is None else {"inputs": inputs})


def policy_text(timezone: str | None = None) -> str:
    """The policy.toml that `init` writes, made from the descriptions of the keys and the defaults.

    ``timezone`` takes the place of the zone that is its example.
    """
    text = _commented(Policy, POLICY_HEAD)
    return text if timezone is None else re.sub(r"(?m)^timezone = .*$", f"timezone = {_toml(timezone)}", text)


def _texts(inputs: str | None, timezone: str | None) -> Mapping[str, str]:
    return {
        "pseudonym.key": secrets.token_hex(32) + "\n",
        **signing_files("signing", secrets.token_bytes(32)),
        "job.toml": job_text(inputs),
        "policy.toml": policy_text(timezone),
    }


def signing_files(stem: str, seed: bytes, origin: str | None = None) -> dict[str, str]:
    """The files of a signing key, by name: the secret half, and the public half twice, under the origin of its log.

    Without an origin it is the key of a new log, whose origin is derived from it.
    """
    public = SigningKey("", seed).public
    return {
        f"{stem}.key": seed.hex() + "\n",
        f"{stem}.pub": public.named(origin or origin_of(public)).vkey + "\n",
        f"{stem}.pem": public.pem,
    }


def _make_folder(directory: Path) -> None:
    """Make `directory` and its missing parents, each for its owner only; `Path.mkdir` ignores the mode for parents."""
    for folder in (*reversed(directory.parents), directory):
        if not folder.is_dir():
            folder.mkdir(mode=0o700)


def _create(path: Path, text: str) -> Path:
    """Create a file. One that appeared since the check, or a link, is an error and is never overwritten."""
    return create(path, text.encode())


def _failed(error: OSError) -> UsageError | StorageError:
    name = Path(error.filename).name if isinstance(error.filename, str | os.PathLike) else None
    reason = why(error)
    if isinstance(error, FileExistsError | NotADirectoryError):
        return UsageError(f"nothing was made: {reason}; choose another folder", file=name)
    return StorageError(f"nothing was made: {reason}", file=name)


def _commented(model: type[BaseModel], head: str, instead: Mapping[str, str] | None = None) -> str:
    """A document of `model` with a comment before each section and key. A key without a default gets its example.

    ``instead`` has the whole text of a section, by its name, that takes the place of such examples.
    """
    blocks = [_comment(head)]
    for name, field in model.model_fields.items():
        section = section_of(field)
        if name in (instead or {}):
            blocks.append((instead or {})[name])
        elif section is not None and field.get_default(call_default_factory=True) is None:
            continue  # what was not agreed on: nothing is proposed
        elif section is not None:
            blocks.append(f"{_comment(section.__doc__ or '')}\n[{name}]")
            blocks.extend(_key(key, inner) for key, inner in section.model_fields.items())
        else:
            blocks.append(_key(name, field))
    return "\n\n".join(blocks) + "\n"


def _key(name: str, field: FieldInfo) -> str:
    value = field.examples[0] if field.examples else field.get_default()
    if value is None:  # TOML has no word for nothing: the key is shown, and switched off
        return f"{_comment(field.description or '')}\n# {name} ="
    return f"{_comment(field.description or '')}\n{name} = {_toml(value)}"


def _toml(value: object) -> str:
    """A value as TOML: numbers without a superfluous .0, all other values as in JSON, tuples as lists."""
    return decimal_text(value) if isinstance(value, float) else json.dumps(value)


def _comment(text: str) -> str:
    return "\n".join(f"# {line}" for line in textwrap.wrap(text, COMMENT_WIDTH - 2))
