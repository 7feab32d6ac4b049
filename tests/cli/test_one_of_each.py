"""Of one of something no generated sentence says "1 rows": a store in which there is one of everything is asked all."""

from __future__ import annotations

import re

import pytest

from offduty.runs.changes import Change
from tests.cli.command import here
from tests.unit.analyses.registers import interest
from tests.world import AFTERWARDS, lay_out, ping, shift, site, world

NOUNS = (
    "answers|assignments|attacks|bytes|cases|cells|checks|checkpoints|columns|days|devices|differences|edits|entries"
    "|files|findings|folders|guesses|histories|hours|interests|intervals|keys|lines|minutes|names|officers|pairs"
    "|people|pings|places|points|policies|positions|questions|reasons|recorders|records|releases|rows|runs|seconds"
    "|shifts|signatures|sites|tables|trials|units|values|versions|weeks|windows"
)
SEVERAL = re.compile(rf"(?<![\d.,:/-])\b1 (?:[a-z]+ )?(?:{NOUNS})\b.{{0,40}}")
"""One of something in the plural; of "1 of 3 rows" and of "entry 1 releases" it is right."""
RIGHT = re.compile(r"1 of |entry 1 releases|1 (?:in|and|to) ")
KEPT_DAYS = {"interests": 1, "roster_audit": 1, "presence": 1, "site_days": 1}
STORE = ("store", "--policy", "policy.toml", "--inputs", "job.toml")
COMMANDS = {
    "check": ("check", "job.toml"),
    "plan": ("plan", "job.toml"),
    "run": ("run", "job.toml", "--as-of", AFTERWARDS, "--from", "2026-03-02", "--to", "2026-03-03"),
    "run of a day": (
        "run",
        "job.toml",
        "--each",
        "day",
        "--from",
        "2026-03-03",
        "--to",
        "2026-03-04",
        "--as-of",
        AFTERWARDS,
    ),
    "run of one row": ("run", "job.toml", "--as-of", AFTERWARDS, "--from", "2026-03-04", "--to", "2026-03-05"),
    "current": ("current", "store"),
    "checkpoint": ("checkpoint", "store"),
    "report": ("report", "store", "-o", "report.html"),
    "presence": ("presence", *STORE),
    "presence of one": ("presence", *STORE, "--officer", "o1", "--because", "a complaint"),
    "site-days": ("site-days", *STORE, "--period", "2026-03"),
    "interests": ("interests", *STORE, "--register", "register.csv"),
    "interests of one": ("interests", *STORE, "--register", "register.csv", "--officer", "o1"),
    "roster-audit": ("roster-audit", "--inputs", "job.toml", "--policy", "policy.toml"),
    "roster-audit of one": ("roster-audit", "--inputs", "job.toml", "--policy", "policy.toml", "--officer", "o1"),
    "consult": ("consult", "store", "--policy", "policy.toml", "-o", "pack"),
    "verify": ("verify", "store", "--inputs", "job.toml", "--policy", "policy.toml"),
    "synth": ("synth", "force", "--officers", "1", "--days", "1", "--every", "3600"),
    "expire": ("expire", "job.toml", "--before", "2026-03-03", "--why", "kept for a day"),
    "plan again": ("plan", "job.toml"),
    "verify again": ("verify", "store", "--inputs", "job.toml", "--policy", "policy.toml"),
}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each command says, and what is in the pages that it makes."""
    folder = tmp_path_factory.mktemp("one")
    given = world([ping("12:00"), ping("nonsense")], roster=[shift(recorded="09:00")], sites=[site()])
    terms = {"purpose": "advice", "recipients": ["standards"]}
    given["policy"] |= {f"analyses.{name}": {**terms, "keep_days": days} for name, days in KEPT_DAYS.items()}
    given["policy"]["release"]["keep_days"] = 1
    lay_out(given, folder)
    row = interest("i1", "o1")
    (folder / "register.csv").write_text(",".join(row) + "\n" + ",".join(row.values()) + "\n")
    (folder / "pack").mkdir()
    found = {}
    for name, words in COMMANDS.items():
        done = here(*words, cwd=folder)
        assert done.returncode in (0, 7), (name, done.stderr)
        found[name] = done.stdout + done.stderr
    pages = [*folder.glob("*.html"), *folder.glob("pack/*.html")]
    return found | {page.name: re.sub(r"<[^>]+>", " ", page.read_text(encoding="utf-8")) for page in pages}


def test_nothing_is_one_of_several(said: dict[str, str]):
    """In what commands say, and on pages."""
    wrong = {name: [each for each in SEVERAL.findall(text) if not RIGHT.match(each)] for name, text in said.items()}
    assert {name: found for name, found in wrong.items() if found} == {}
    assert len([name for name in said if name.endswith(".html")]) >= 2


@pytest.mark.parametrize(
    ("what", "one", "several"),
    [
        ("open_windows", "1 duty window was open", "2 duty windows were open"),
        ("after_as_of", "1 row of pings was after its as_of", "2 rows of pings were after its as_of"),
    ],
)
def test_what_changed_is_one_or_several(what, one, several):
    """As `plan` says it."""
    assert (Change(what, "1").words, Change(what, "2").words) == (one, several)
