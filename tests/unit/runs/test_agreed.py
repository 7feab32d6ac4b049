"""A policy that names representatives is refused until all of them have signed its very bytes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from offduty import run
from offduty.config.policy import Policy
from offduty.core.canonical_json import canonical_json
from offduty.core.errors import UsageError
from offduty.runs.agree import agree
from offduty.runs.agreed import check_agreed
from offduty.transparency.agreement import AgreementText, merged, read_agreement
from offduty.transparency.log import entry_bytes, read_log
from offduty.transparency.signed_note import NoteError, SigningKey
from offduty.verify.auditor import Auditor, verify
from offduty.verify.verdict import Check, Status
from tests.cli.command import here
from tests.world import AFTERWARDS, lay_out, toml, world

SIGNING = "5a" * 32
UNION, COUNCIL, CHIEF, OFFICER, THIEF = (
    SigningKey(name, bytes([number] * 32))
    for number, name in enumerate(("union", "council", "chief", "data-protection", "thief"), 1)
)
SOON = (datetime.now(UTC).date() + timedelta(days=30)).isoformat()


def named(*keys: SigningKey, emergency: tuple[SigningKey, ...] = ()) -> dict[str, dict[str, list[str]]]:
    """The section of a policy that names these keys."""
    terms = {"keys": [key.public.vkey for key in keys], "emergency_keys": [key.public.vkey for key in emergency]}
    return {"agreement": terms}


@dataclass
class Place:
    """A job whose policy names two representatives, and two who may make an exception."""

    folder: Path

    @property
    def job(self) -> Path:
        return self.folder / "job.toml"

    @property
    def policy(self) -> Path:
        return self.folder / "policy.toml"

    def write(self, text: str) -> None:
        """Another policy."""
        self.policy.write_text(text)

    def text(self, **more: str) -> AgreementText:
        """What is to be signed about the policy as it is."""
        policy, file_sha256 = Policy.load_signed(self.policy)
        return AgreementText(policy.sha256, file_sha256, **more)

    def note(self, key: SigningKey, text: AgreementText | None = None) -> Path:
        """A note that one key signed."""
        path = self.folder / f"{key.name}.note"
        path.write_bytes((text or self.text()).signed(key).data)
        return path

    def agreed(self, *keys: SigningKey, **more: str) -> None:
        """Have it signed and recorded."""
        agree(self.job, [self.note(key, self.text(**more)) for key in keys])

    def check(self, policy: Path | None = None) -> Check:
        """What verify says of agreements."""
        found = verify(self.folder / "store", Auditor(policy=policy)).checks
        return {check.number: check for check in found}["7.6"]


RULES = world()["policy"]
AGREED = toml({**RULES, **named(UNION, COUNCIL, emergency=(CHIEF, OFFICER))})


@pytest.fixture
def place(tmp_path: Path) -> Place:
    lay_out(world(), tmp_path, signing=SIGNING)
    found = Place(tmp_path)
    found.write(AGREED)
    return found


def refused(place: Place, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        run(place.job, as_of=AFTERWARDS)


def test_nothing_is_run_until_all_have_signed(place: Place):
    """Neither with none nor with one of two; with both it is, and verify says by whom."""
    refused(place, "not agreed on: it needs the signatures of council, union")
    with pytest.raises(UsageError, match="signatures are missing: council"):
        place.agreed(UNION)
    refused(place, "not agreed on")
    assert read_log(place.folder / "store" / "log") == []
    place.agreed(UNION, COUNCIL)
    assert run(place.job, as_of=AFTERWARDS).published
    check = place.check(place.policy)
    assert (check.status, check.count.value) == (Status.PASS, 1)
    assert "agreed by union, council" in str(check.why)


def test_any_byte_of_the_policy_changed_makes_it_invalid(place: Place):
    """Each byte in turn is another one: the file is refused, whatever the byte means; put back, it is not."""
    place.agreed(UNION, COUNCIL)
    entries = read_log(place.folder / "store" / "log")
    raw = place.policy.read_bytes()
    accepted = []
    for position in range(len(raw)):
        other = bytes([raw[position] ^ 1])
        place.policy.write_bytes(raw[:position] + other + raw[position + 1 :])
        try:
            policy, file_sha256 = Policy.load_signed(place.policy)
            check_agreed(entries, policy, file_sha256)
            accepted.append(position)
        except UsageError:
            continue
    assert accepted == []
    place.policy.write_bytes(raw)
    assert run(place.job, as_of=AFTERWARDS).published


def test_a_comment_is_a_byte_too(place: Place):
    """The rules are the same, and the message says so; verify names the other file."""
    place.agreed(UNION, COUNCIL)
    run(place.job, as_of="2026-11-19T00:00:00Z")
    place.write(AGREED + "# nobody is ever located\n")
    refused(place, "other bytes than the one that was signed")
    check = place.check(place.policy)
    assert check.status is Status.FAIL
    assert "other bytes" in check.findings[0]


def test_who_was_named_must_sign_that_they_are_named_no_more(place: Place):
    """Neither another key nor no section takes their place without them."""
    place.agreed(UNION, COUNCIL)
    place.write(toml({**RULES, **named(THIEF)}))
    with pytest.raises(UsageError, match="missing: union, council"):
        place.agreed(THIEF)
    place.write(toml(RULES))
    refused(place, "needs the signatures of council, union")
    place.agreed(UNION, COUNCIL)  # they agree that no signature is needed any more
    assert run(place.job, as_of=AFTERWARDS).published
    assert place.check().status is Status.PASS
    place.write(toml({**RULES, **named(THIEF)}))
    place.agreed(THIEF)


def test_the_newest_agreement_counts(place: Place):
    """Who goes back to an older policy has it signed again."""
    place.agreed(UNION, COUNCIL)
    place.write(AGREED.replace("200.0", "300.0"))
    place.agreed(UNION, COUNCIL)
    place.write(AGREED)
    refused(place, "not agreed on")


def test_an_exception_needs_two_and_ends(place: Place):
    """Any two of those who are named; it is printed for ever, and after its last day nothing is run."""
    more = {"until": SOON, "because": "a flood: the council cannot meet"}
    with pytest.raises(UsageError, match="2 of those"):
        place.agreed(CHIEF, **more)
    place.agreed(CHIEF, OFFICER, **more)
    assert run(place.job, as_of=AFTERWARDS).published
    policy, file_sha256 = Policy.load_signed(place.policy)
    entries = read_log(place.folder / "store" / "log")
    with pytest.raises(UsageError, match="exception for this policy is over"):
        check_agreed(entries, policy, file_sha256, date.fromisoformat(SOON) + timedelta(days=1))
    by = check_agreed(entries, policy, file_sha256, date.fromisoformat(SOON))
    assert by is not None
    assert (by.names, by.until) == (("chief", "data-protection"), SOON)
    place.agreed(UNION, COUNCIL)
    check = place.check()
    assert check.status is Status.PASS
    assert [each for each in check.findings if "EXCEPTION until" in each and "a flood" in each]


def test_an_exception_is_short(place: Place):
    """Ninety days at most, and not over when it begins."""
    for until in ("2099-01-01", "2020-01-01"):
        with pytest.raises(UsageError, match="90 days at most"):
            place.agreed(CHIEF, OFFICER, until=until, because="a flood")


def test_one_person_is_not_two(place: Place):
    """The same key under a second name is refused in the policy already."""
    again = SigningKey("chief-again", CHIEF.seed)
    place.write(toml({**RULES, **named(UNION, emergency=(CHIEF, again))}))
    with pytest.raises(UsageError, match="each once"):
        Policy.load(place.policy)


def test_a_signature_by_another_key_is_found(place: Place):
    """Under the name and the id of the representative: the whole note is refused."""
    text = place.text()
    forged = THIEF.sign(text.text)
    note = text.signed(UNION)
    stolen = type(note)(note.text, (type(forged)("union", UNION.public.key_id, forged.signature),))
    path = place.folder / "stolen.note"
    path.write_bytes(stolen.data)
    with pytest.raises(UsageError, match="is not by that key"):
        agree(place.job, [path, place.note(COUNCIL)])


def test_notes_over_other_texts_are_not_put_together(place: Place):
    """One sat over another pack."""
    with pytest.raises(UsageError, match="not over the same text"):
        agree(place.job, [place.note(UNION), place.note(COUNCIL, place.text(pack_sha256="0" * 64))])
    with pytest.raises(NoteError):
        merged([])
    with pytest.raises(NoteError):
        read_agreement(place.text(until="soon", because="x").signed(UNION).data)


def test_an_unsigned_log_records_no_agreement(tmp_path: Path):
    lay_out(world(), tmp_path)
    place = Place(tmp_path)
    place.write(AGREED)
    with pytest.raises(UsageError, match="signed log only"):
        place.agreed(UNION, COUNCIL)


def rewritten(place: Place, **changes: object) -> Check:
    """What verify says where the first agreement of the log is another one, and the log was written again."""
    entries = read_log(place.folder / "store" / "log")
    manifests = [canonical_json(json.loads(entry.manifest)) for entry in entries]
    manifests[0] = canonical_json(json.loads(manifests[0]) | changes)
    key, before = SigningKey(entries[0].head.origin, bytes.fromhex(SIGNING)), []
    for number, manifest in enumerate(manifests):
        path = place.folder / "store" / "log" / f"{number:012}.entry"
        path.write_bytes(entry_bytes(manifest, before, [key]))
        before = read_log(place.folder / "store" / "log")[: number + 1]
    return place.check()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"policy_sha256": "0" * 64}, "what was signed is not what the entry says"),
        ({"keys": [UNION.public.vkey, THIEF.public.vkey]}, "signatures are missing: thief"),
        ({"keys": ["nobody"]}, "cannot be read"),
        ({"note": "nothing"}, "cannot be read"),
    ],
)
def test_verify_finds_an_agreement_that_was_changed(place: Place, changes, words):
    """Also by the operator, who signs the log anew; and then the run had no agreement."""
    place.agreed(UNION, COUNCIL)
    run(place.job, as_of=AFTERWARDS)
    check = rewritten(place, **changes)
    assert check.status is Status.FAIL
    assert words in check.findings[0]
    assert any("nobody had agreed" in finding for finding in check.findings)


def test_verify_finds_an_exception_of_one_and_one_that_is_too_long(place: Place):
    more = {"until": SOON, "because": "a flood"}
    place.agreed(CHIEF, OFFICER, **more)
    run(place.job, as_of=AFTERWARDS)
    text = place.text(**more)
    alone = text.signed(CHIEF).data.decode()
    assert "two signatures" in rewritten(place, note=alone).findings[0]
    long = place.text(until="2099-01-01", because="a flood")
    both = merged([long.signed(CHIEF), long.signed(OFFICER)]).data.decode()
    assert "ninety days" in rewritten(place, note=both, until="2099-01-01").findings[0]


def test_from_the_command_line(place: Place):
    """A representative makes a key, the policy names it, the note is signed, recorded, and the run goes on."""
    folder = place.folder
    made = here("sign", "union.key", "--name", "union/branch-12", cwd=folder)
    assert made.returncode == 0, made.stderr
    vkey = made.stdout.strip()
    assert (folder / "union.key").stat().st_mode & 0o077 == 0
    assert here("sign", "union.key", "--name", "union", cwd=folder).returncode == 2  # it is there
    assert here("sign", "other.key", "--name", "two words", cwd=folder).returncode == 2
    place.write(toml({**RULES, "agreement": {"keys": [vkey]}}))
    assert here("run", "job.toml", "--as-of", AFTERWARDS, cwd=folder).returncode == 2
    signed = here("sign", "union.key", "--policy", "policy.toml", "-o", "union.note", cwd=folder)
    assert signed.returncode == 0, signed.stderr
    assert signed.stdout == place.text().text
    done = here("agree", "job.toml", "union.note", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "agreed by union/branch-12" in done.stderr
    assert here("run", "job.toml", "--as-of", AFTERWARDS, cwd=folder).returncode == 0
    audit = ("roster-audit", "--roster", "roster.csv", "--policy", "policy.toml")
    assert "give the signed notes with --agreement" in here(*audit, cwd=folder).stderr
    assert (
        "was not agreed on: the policy does not name it" in here(*audit, "--agreement", "union.note", cwd=folder).stderr
    )
    shown = here("verify", "store", "--policy", "policy.toml", cwd=folder)
    assert shown.returncode == 0, shown.stdout
    assert "agreed by union/branch-12" in " ".join(shown.stdout.split())
