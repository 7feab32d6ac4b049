"""The pages say what the code does: tables, commands, options, links and modules are held to it."""

from __future__ import annotations

import os
import re
import shutil
from importlib.util import find_spec
from pathlib import Path

import click
import pytest

import offduty
from offduty.admin.init import _toml, policy_text
from offduty.cli import INTERRUPTED, cli
from offduty.config.policy import BESIDE_THE_RULES, Policy
from offduty.config.toml_reader import keys_of
from offduty.core.errors import OffdutyError
from tests.paths import ROOT
from tools import make_picture

README = ROOT / "README.md"
POLICY = ROOT / "docs" / "reference" / "policy.md"
COMMANDS = ROOT / "docs" / "reference" / "commands.md"
PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("sample_data/*.md"), *ROOT.glob(".github/*.md")]
)
TO_COME: set[str] = set()


def part(text: str, name: str) -> str:
    """What stands between the two marks of a name."""
    return text.split(f"<!-- {name} -->")[1].split(f"<!-- /{name} -->")[0]


def rows(table: str) -> list[list[str]]:
    """The cells of a Markdown table, without its head."""
    lines = [line for line in table.strip().splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def all_text() -> str:
    return "\n".join(page.read_text(encoding="utf-8") for page in PAGES)


def commands() -> dict[str, click.Command]:
    assert isinstance(cli, click.Group)
    return dict(cli.commands)


def long_options(command: click.Command) -> set[str]:
    names = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    return {name for name in names if name.startswith("--")} | {"--help"}


def test_the_policy_table_is_the_policys_own_descriptions():
    """Rule by rule, in order: its name, what it is when left out, and the sentence of the model."""
    expected = [
        [
            f"`{section}.{key}`",
            "must be there" if field.is_required() else f"`{_toml(field.get_default())}`",
            field.description,
        ]
        for section, key, field in keys_of(Policy)
        if section not in BESIDE_THE_RULES
    ]
    assert rows(part(POLICY.read_text(encoding="utf-8"), "policy")) == expected


def test_init_explains_each_key_in_the_words_of_the_page():
    """The policy that `init` writes holds the very sentences."""
    written = " ".join(line.removeprefix("# ") for line in policy_text().splitlines())
    for _, _, sentence in rows(part(POLICY.read_text(encoding="utf-8"), "policy")):
        assert sentence in written


def test_the_exit_codes_are_those_of_the_errors():
    """Every error's code stands in the table; what stands there besides is success, `verify`'s, and the interrupt's."""
    found = {int(code): meaning for code, meaning in rows(part(COMMANDS.read_text(encoding="utf-8"), "exits"))}
    errors = {OffdutyError, *descendants(OffdutyError)}
    codes = {error.exit_code for error in errors}
    assert set(found) == codes | {0, INTERRUPTED} | {7}
    assert list(found) == sorted(found)
    assert "verify" in found[7]


def descendants(kind: type) -> set[type]:
    below = set(kind.__subclasses__())
    return below | {further for one in below for further in descendants(one)}


@pytest.mark.parametrize("page", ["docs/reference/commands.md", "docs/how-to/running.md"])
def test_every_exit_code_is_explained(page: str):
    text = (ROOT / page).read_text(encoding="utf-8")
    told = {cells[0] for cells in rows("| exit |" + text.split("| exit |")[1].split("\n\n")[0])}
    assert {"1", "2", "3", "4", "5", "6", "7", "130"} <= told


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_and_option_is_in_the_docs(name: str):
    text = all_text()
    assert f"offduty {name}" in text
    for option in long_options(commands()[name]):
        assert re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", text), f"{option} of offduty {name} is in no page"


def test_the_commands_that_the_pages_show_exist():
    """What is said to come is said to come: it stands in no block of commands."""
    for page in PAGES:
        for block in re.findall(r"```(?:sh|cron)?\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            for line in block.splitlines():
                for name, rest in re.findall(r"(?:^|[\s/])offduty ([a-z-]+)\b(.*)", line.partition("#")[0]):
                    assert name in commands(), f"{page.name}: offduty {name}"
                    shown = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", rest))
                    assert shown <= long_options(commands()[name]), f"{page.name}: {line}"


def test_what_is_not_there_yet_is_not_claimed():
    """A command leaves this list when it comes, and the README with it."""
    told = README.read_text(encoding="utf-8").partition("Not there yet")[2].partition("\n")[0]
    assert {name for name in TO_COME if f"`{name}`" in told} == TO_COME - set(commands())


def test_the_make_targets_that_the_pages_show_exist():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page in PAGES:
        assert set(re.findall(r"(?:`|^)make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE)) <= targets, (
            page.name
        )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), target


def test_every_folder_has_its_line_in_the_plan():
    """And the plan names no folder that is gone."""
    folders = {path.parent.name for path in Path(offduty.__file__).parent.glob("*/__init__.py")}
    table = (
        (ROOT / "docs" / "contributing" / "architecture.md")
        .read_text(encoding="utf-8")
        .split("| folder |")[1]
        .split("\n\n")[0]
    )
    assert set(re.findall(r"^\| `(\w+)/?` \|", table, re.MULTILINE)) == folders


def test_the_readme_is_read_in_a_minute():
    """At most 120 lines, and every page is linked from there, or from a page that is."""
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 120


def test_every_page_is_of_one_kind():
    """Tutorials, how-to, reference and explanation, with contributing and decisions beside them; none lies flat."""
    kinds = {"tutorials", "how-to", "reference", "explanation", "contributing", "adr"}
    assert {path.parent for path in (ROOT / "docs").rglob("*.md")} == {ROOT / "docs" / kind for kind in kinds}


def test_every_page_is_two_links_away_from_the_first():
    """Decisions are linked as a folder, and the form for changes is shown where it is filled in."""
    near = linked(README) | {further for page in linked(README) if page.suffix == ".md" for further in linked(page)}
    pages = {page.resolve() for page in PAGES if page.parent.name != "adr" and "TEMPLATE" not in page.name}
    assert pages - near - {README.resolve()} == set()


def linked(page: Path) -> set[Path]:
    """The files of the checkout to which a page has links."""
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    return {(page.parent / target).resolve() for target in targets if not re.match(r"[a-z]+:", target)}


def test_the_picture_is_what_the_filter_makes_of_the_sample():
    """Its figures are those of a run; byte for byte, where matplotlib is installed (`python -m tools.make_picture`)."""
    night = make_picture.night()
    drawn = (ROOT / "docs" / "pictures" / "one-night.svg").read_text(encoding="utf-8")
    assert f"What the device sent: {len(night.sent)} positions" in drawn
    assert f"What analysts get: {len(night.released)} positions" in drawn
    assert len(night.sent) > len(night.released) > 100
    assert len(drawn) < 120_000
    if find_spec("matplotlib") or os.environ.get("CI"):
        assert drawn == make_picture.picture(night)


def test_the_library_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Every block of Python, in a folder where `demo/job.toml` is what `make demo` makes of the sample."""
    shutil.copytree(ROOT / "sample_data", tmp_path / "demo", ignore=shutil.ignore_patterns("truth"))
    for name in ("pseudonym.key", "signing.key"):
        (tmp_path / "demo" / name).write_text("5a" * 32)
        (tmp_path / "demo" / name).chmod(0o600)
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs" / "how-to" / "library.md").read_text(encoding="utf-8")
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", page, re.DOTALL)):
        exec(compile(block, f"docs/how-to/library.md, block {number}", "exec"), {})
    promised = re.findall(r"^# (\[.*\])$", page, re.MULTILINE)
    assert capsys.readouterr().out.splitlines()[-1:] == promised


def test_no_page_names_a_place_on_a_machine():
    for page in PAGES:
        assert not re.search(r"(?<![\w.$}])/(home|root|tmp|work|usr|srv|opt)/", page.read_text(encoding="utf-8")), (
            page.name
        )
