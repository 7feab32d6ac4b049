"""The pack answers with figures, words of the policy, or NOT ANSWERED; the same store gives the same bytes."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections import Counter
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from offduty import run
from offduty.config.policy import Policy
from offduty.consultation.gather import attacks_measured
from offduty.consultation.pack import PACK_LIST, consult
from offduty.consultation.pages import HEADINGS, STEPS
from offduty.consultation.questions import BLANK, NOT_ANSWERED, QUESTIONS
from offduty.core.disclosure import count_in_words, printable
from offduty.redteam.results import by_version_1
from offduty.transparency.log import read_log
from offduty.verify.checks.analyses_again import check_made_again
from offduty.verify.entries import read_audited_log
from offduty.verify.manifest_schema import faults_of
from offduty.verify.verdict import Status
from tests.cli.command import here
from tests.paths import ROOT
from tests.unit.consultation.packs import store_of
from tests.world import AFTERWARDS, lay_out, world
from tools.write_attacks_page import read_rows

ATTACKS = ROOT / "docs/explanation/attacks.csv"


class Outline(HTMLParser):
    """The ids, the links and the tags of a page."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: Counter[str] = Counter()
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what it is."""
        self.tags[tag] += 1
        for name, value in attrs:
            self.ids += [value or ""] if name == "id" else []
            self.links += [value or ""] if name == "href" else []


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with everything in it; both policies beside it."""
    return store_of(tmp_path_factory.mktemp("pack"))


@pytest.fixture(scope="module")
def files(folder: Path) -> dict[str, bytes]:
    """The pack with a comparison."""
    return consult(folder / "store", folder / "policy.toml", folder / "new.toml")


def text(page: bytes) -> str:
    """The words of a page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.decode().partition("</style>")[2]))


def test_the_same_inputs_give_the_same_bytes(folder, files):
    """And the list has the hash of each file."""
    assert consult(folder / "store", folder / "policy.toml", folder / "new.toml") == files
    listed = dict(line.split("  ")[::-1] for line in files[PACK_LIST].decode().splitlines())
    assert listed == {n: hashlib.sha256(c).hexdigest() for n, c in files.items() if n != PACK_LIST}


def test_every_question_is_answered_by_a_place_in_the_pack_or_not_at_all(files):
    """By links to anchors that are there, and by no prose; what is blank for people answers nothing."""
    outline, document = Outline(files["pack.html"]), json.loads(files["pack.json"])
    assert len(QUESTIONS) >= 40
    assert len(set(outline.ids)) == len(outline.ids)
    for asked in document["questions"]:
        assert asked["answer"] == NOT_ANSWERED or set(asked["answer"]) <= set(outline.ids), asked
    cells = dict(re.findall(r'<tr><th scope="row">([^<]*)</th><td>(.*?)</td>', files["pack.html"].decode()))
    for question in QUESTIONS:
        shown = re.sub(r'<a href="#[\w-]+">[^<]*</a>|; ', "", cells[question.asks])
        assert shown in ("", NOT_ANSWERED), question.asks
    blank = {field.anchor for field in BLANK}
    assert not [each for each in document["questions"] if blank & set(each["answer"])]
    links = {link.removeprefix("#") for link in outline.links}
    assert links <= set(outline.ids) | {"main"}


def test_what_is_left_blank_is_counted_on_the_cover(files):
    """As many as there are; and each of them says that it is not answered."""
    document = json.loads(files["pack.json"])
    unanswered = [each for each in document["questions"] if each["answer"] == NOT_ANSWERED]
    cover = text(files["pack.html"].partition(b"</header>")[0])
    assert (
        f"{len(BLANK)} fields for people and {len(unanswered)} of {len(QUESTIONS)} questions are {NOT_ANSWERED}"
        in cover
    )
    body = files["pack.html"].decode()
    for field in BLANK:
        assert re.search(rf'id="{field.anchor}">[^<]*</h3><p class="notice"><strong>{NOT_ANSWERED}', body), field
    assert {each["asks"] for each in unanswered} >= {q.asks for q in QUESTIONS if blank_only(q)}


def blank_only(question) -> bool:
    """Whether a question can only be answered by people."""
    return set(question.answered_at) <= {field.anchor for field in BLANK}


def test_it_never_says_that_the_law_is_kept(files):
    """No word of the kind, in any file."""
    for content in files.values():
        assert not re.search(rb"complian|lawfully|is lawful|legal(ly)? (sound|safe)", content, re.IGNORECASE)


def test_no_page_has_a_script_and_what_was_written_stays_text(files):
    """The purpose of the policy is hostile; a browser may load nothing."""
    for name in ("pack.html", "worker-sheet.html"):
        outline = Outline(files[name])
        assert outline.tags["script"] == 0
        assert b"<script" not in files[name]
        assert "default-src 'none'" in unescape(files[name].decode())
    assert "&lt;script&gt;" in files["pack.html"].decode()


def test_every_step_and_part_has_its_heading(files):
    """Seven steps; each part once, under the step that it belongs to."""
    assert len(STEPS) == 7
    parts = [anchor for _, _, inside in STEPS for anchor in inside]
    assert sorted(parts) == sorted(set(parts))
    assert set(parts) == set(HEADINGS) | {field.anchor for field in BLANK}
    assert set(parts) <= set(Outline(files["pack.html"]).ids)


def test_the_figures_are_those_of_the_log_counted_by_another_hand(folder, files):
    """Run by run, from the bytes of the entries; in tens, and none from 1 to 9."""
    manifests = [
        json.loads(path.read_bytes().partition(b"\n\n")[0]) for path in sorted((folder / "store/log").iterdir())
    ]
    found = json.loads(files["pack.json"])["runs"]
    runs = [(number, each) for number, each in enumerate(manifests) if each["kind"] == "run"]
    assert [row[0] for row in found] == [str(number) for number, _ in runs]
    for row, (_, manifest) in zip(found, runs, strict=True):
        counts = manifest["counts"]
        hidden = sum(count for reason, count in counts.items() if reason != "on_duty")
        assert row[1] == manifest["run_id"][:12]
        assert row[5:7] == [count_in_words(printable(each)) for each in (counts["on_duty"], hidden)]


def test_agreement_exception_trial_and_comparison_are_in_it(files):
    """Each with its entry and its hash; an exception cannot be missed."""
    words = text(files["pack.html"])
    document = json.loads(files["pack.json"])
    assert document["agreements"] == [[0, "union"]]
    assert document["exceptions"][0][0] == 3
    assert "A policy was put in force without an agreement." in words
    assert "a flood" in words
    assert [row[0] for row in document["trials"]] == ["2"]
    assert [each["key"] for each in document["what_if"]["keys"]] == ["legs.rule"]
    assert document["changes"] == []
    card = document["analyses"][0]["error_card"]
    asked = next(each for each in document["questions"] if each["asks"].startswith("How often is each analysis wrong"))
    assert asked["answer"] == (["error-cards"] if card else NOT_ANSWERED)  # no card for these rules: not answered
    assert bool(card) is ("Of 100 with R3, planted" in words)
    assert document["attacks"]["by_attack"]


def test_what_the_store_does_not_say_is_not_answered(tmp_path):
    """A store of one run and a policy without agreement or analysis: fewer questions have an answer."""
    job = lay_out(world(), tmp_path)
    run(job, as_of=AFTERWARDS)
    files = consult(tmp_path / "store", tmp_path / "policy.toml")
    answers = {each["asks"]: each["answer"] for each in json.loads(files["pack.json"])["questions"]}
    for asked in ("Which representatives were consulted, and when?", "What would another policy change?"):
        assert answers[asked] == NOT_ANSWERED
    assert json.loads(files["pack.json"])["what_if"] is None


def test_from_the_command_line_to_a_signed_pack(folder, tmp_path):
    """The pack is made, its hash is signed with the policy, and a file of it that was changed is found."""
    made = tmp_path / "pack"
    shutil.copytree(folder / "store", tmp_path / "store")
    asked = ("consult", tmp_path / "store", "--policy", folder / "policy.toml", "-o", made, *sign_with(tmp_path))
    assert here(*asked).returncode == 2  # there is no such folder
    made.mkdir()
    done = here(*asked)
    assert done.returncode == 0, done.stderr
    assert NOT_ANSWERED in done.stdout
    assert here(*asked).returncode == 2  # nothing is replaced
    key = ("sign", tmp_path / "ann.key")
    assert here(*key, "--name", "ann").returncode == 0
    signing = (*key, "--policy", folder / "policy.toml", "--pack", made, "-o")
    signed = here(*signing, tmp_path / "ann.note")
    assert signed.returncode == 0, signed.stderr
    assert f"pack {hashlib.sha256((made / PACK_LIST).read_bytes()).hexdigest()}\n" in signed.stdout
    (made / "pack.html").write_bytes(b"another")
    assert "was changed after" in here(*signing, tmp_path / "two.note").stderr


def sign_with(folder: Path) -> tuple[str | Path, ...]:
    """The option that names the secret key of the log, which is written there."""
    key = folder / "log.key"
    key.write_text("5a" * 32 + "\n")
    key.chmod(0o600)
    return "--signing", key


def test_the_log_says_that_a_pack_was_made_and_the_next_pack_does_not(folder, tmp_path):
    """One entry for one pack: made again it has the same bytes and adds nothing; another one adds its own."""
    store, signing = tmp_path / "store", sign_with(tmp_path)
    shutil.copytree(folder / "store", store)

    def pack(name: str, *more: str | Path) -> dict[str, bytes]:
        (tmp_path / name).mkdir()
        done = here("consult", store, "--policy", folder / "policy.toml", *more, "-o", tmp_path / name)
        assert done.returncode == 0, done.stderr
        return {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}

    first = pack("first", *signing, "--because", "spring talks")
    (entry,) = asked_in(store)
    assert (entry["analysis"], entry["answer"], entry["because"]) == ("consult", "aggregate", "spring talks")
    assert (entry["role"], entry["tables"], entry["pseudonym"], entry["keyed_sha256"]) == ("", [], "", "")
    assert {out["name"]: out["sha256"] for out in entry["outputs"]} == {
        name: hashlib.sha256(content).hexdigest() for name, content in first.items()
    }
    assert entry["runs"] == [each.document["run_id"] for each in read_log(store / "log") if each.is_run]
    assert list(faults_of(entry)) == []
    file_sha256 = hashlib.sha256((folder / "policy.toml").read_bytes()).hexdigest()
    assert entry["parameters"] == {"policy_file": file_sha256}
    for parameters in ({}, {"policy_file": "o3"}, {**entry["parameters"], "officer": "0" * 64}):
        assert list(faults_of({**entry, "parameters": parameters}))
    compared = pack("compared", *signing, "--compare", folder / "new.toml")
    assert compared != first
    weighed = Policy.load(folder / "new.toml").sha256
    assert asked_in(store)[-1]["parameters"] == {"policy_file": file_sha256, "other_policy": weighed}
    before = len(read_log(store / "log"))
    assert pack("again") == first  # without a key: nothing is written
    assert pack("compared again", "--compare", folder / "new.toml") == compared
    assert (len(asked_in(store)), len(read_log(store / "log"))) == (2, before)
    assert "Packs are not in this list" in text(first["pack.html"])
    assert json.loads(first["pack.json"])["looked"] == []
    ledger = next(path.parent for path in store.glob("runs/*/ledger"))
    assert here("compare", ledger, ledger, *signing).returncode == 0
    check = check_made_again(store, read_audited_log(store / "log"), None, None)
    assert (check.status, check.count.value, check.found) == (Status.NOT_DONE, 3, 0)  # two packs and a comparison
    assert "offduty consult" in str(check.why)
    later = pack("later", *signing)
    assert [row[2] for row in json.loads(later["pack.json"])["looked"]] == ["compare"]
    assert len(asked_in(store)) == 4


def test_a_pack_that_cannot_be_recorded_is_not_made(folder, tmp_path):
    """The log is signed, and no key is named."""
    (tmp_path / "pack").mkdir()
    shutil.copytree(folder / "store", tmp_path / "store")
    done = here("consult", tmp_path / "store", "--policy", folder / "policy.toml", "-o", tmp_path / "pack")
    assert (done.returncode, done.stdout, list((tmp_path / "pack").iterdir())) == (2, "", [])
    assert "--signing" in done.stderr
    assert asked_in(tmp_path / "store") == []


def asked_in(store: Path) -> list[dict]:
    """What the log says was asked."""
    return [entry.document for entry in read_log(store / "log") if entry.kind == "analysis"]


def test_a_representative_needs_no_position_to_make_the_pack_again(folder, tmp_path):
    """The folder of the log is enough for the same bytes; to compare policies the ledgers are needed, too."""
    shutil.copytree(folder / "store" / "log", tmp_path / "log")
    assert consult(tmp_path, folder / "policy.toml") == consult(folder / "store", folder / "policy.toml")
    hidden = shutil.ignore_patterns("release", "quarantine")
    shutil.copytree(folder / "store", tmp_path / "ledgers", ignore=hidden)
    compared = (folder / "policy.toml", folder / "new.toml")
    assert consult(tmp_path / "ledgers", *compared) == consult(folder / "store", *compared)


def test_the_attacks_are_those_on_the_rules_that_are_asked_about():
    """Rows of version 1 calibrate the attacks: as figures of today's rules they would frighten, and hide what holds."""
    by_attack, crossed, no_claim = attacks_measured()
    promised = {row.attack for row in read_rows(ATTACKS) if row.verdict.startswith("CROSSED") and not by_version_1(row)}
    assert {row[0] for row in crossed} == promised
    assert {"16 short silences"} <= promised
    assert {row[0].split()[0] for row in no_claim} >= {"10", "18", "19"}
    assert {row[0] for row in no_claim} & {row[0] for row in by_attack} == set()
