"""Makes a store with everything in it that a pack is about: an agreement, a run, a trial, and an exception."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from offduty import run
from offduty.config.policy import Policy
from offduty.consultation.pack import consult
from offduty.runs.agree import agree
from offduty.runs.trial import trial
from offduty.synth.toy_keys import TOY_KEY
from offduty.transparency.agreement import AgreementText
from offduty.transparency.signed_note import SigningKey
from tests.world import AFTERWARDS, lay_out, ping, policy_of, toml, world

UNION, CHIEF = SigningKey("union", bytes([1] * 32)), SigningKey("chief", bytes([2] * 32))
TERMS = {"purpose": "records <of> duty", "recipients": ["the council"], "keep_days": 90}
HOSTILE = '<script>alert("x")</script>'


def store_of(made: Path) -> Path:
    """A store with an agreement, a run, a trial of another policy, and an exception; both policies beside it."""
    pings = [ping("08:30"), ping("15:30"), *(ping(f"20:{minute:02}") for minute in range(25))]
    job = lay_out(world(pings), made, key=TOY_KEY, signing="5a" * 32)
    named = {"keys": [UNION.public.vkey], "emergency_keys": [CHIEF.public.vkey]}
    rules = {**policy_of({"policy": {"purpose": HOSTILE}}), "agreement": named, "analyses.roster_audit": TERMS}
    (made / "policy.toml").write_text(toml(rules))
    (made / "new.toml").write_text(toml({**rules, "legs": {**rules["legs"], "rule": "off"}}))
    signed(job, UNION)
    run(job, as_of=AFTERWARDS)
    trial(job, policy=made / "new.toml")
    until = (datetime.now(UTC).date() + timedelta(days=30)).isoformat()
    signed(job, UNION, CHIEF, until=until, because="a flood")
    return made


def signed(job: Path, *keys: SigningKey, **more: str) -> None:
    """The policy of a job, signed and recorded."""
    rules, file_sha256 = Policy.load_signed(job.parent / "policy.toml")
    notes = []
    for key in keys:
        notes.append(job.parent / f"{key.name}.note")
        notes[-1].write_bytes(AgreementText(rules.sha256, file_sha256, **more).signed(key).data)
    agree(job, notes)


def pack_of(made: Path) -> dict[str, bytes]:
    """The pack of such a store, with a comparison."""
    folder = store_of(made)
    return consult(folder / "store", folder / "policy.toml", folder / "new.toml")
