"""The help of the command line: every command in one group, nothing cut, nothing wider than 80, an example that works."""

from __future__ import annotations

import re
import shlex

import click
import pytest
from click.testing import CliRunner

from offduty.cli.help_pages import GROUPS, WIDTH
from offduty.cli.interface import cli
from tests.paths import ROOT
from tools.write_help import COMPLETION, help_files, in_order

NAMES = [name for names in GROUPS.values() for name in names]


def asked(*words: str) -> str:
    """What the command line prints."""
    answer = CliRunner().invoke(cli, words, terminal_width=WIDTH, prog_name="offduty")
    assert answer.exit_code == 0, answer.output
    return answer.output


def test_every_command_is_in_one_group():
    """A command without a group would not be in the list."""
    assert sorted(NAMES) == sorted(cli.commands)


@pytest.mark.parametrize("title", GROUPS)
def test_a_command_is_declared_in_the_module_of_its_group(title):
    """Whoever looks for one in the code finds it by the list, in its order."""
    module = ROOT / "pipeline" / "cli" / "interface" / f"{title.partition(' and ')[0].lower().replace(' ', '_')}.py"
    declared = re.findall(r"^def (\w+)_command\(", module.read_text(encoding="utf-8"), re.M)
    assert tuple(name.replace("_", "-") for name in declared) == GROUPS[title]


def test_no_sentence_is_cut():
    """The list of commands has no dots where words should be, and the whole first sentence of each command."""
    text = asked("--help")
    assert "..." not in text.replace("[ARGS]...", "")
    flat = " ".join(text.split())
    for name in NAMES:
        assert " ".join(cli.commands[name].get_short_help_str(1_000).split()) in flat


@pytest.mark.parametrize("name", ["", *NAMES])
def test_nothing_is_wider_than_a_terminal(name):
    """80 columns, the examples too."""
    assert [line for line in asked(*([name] if name else []), "--help").splitlines() if len(line) > WIDTH] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_example_can_be_typed(name):
    """Its options are there, and nothing that must be given is missing."""
    lines = [line.strip() for line in (cli.commands[name].epilog or "").splitlines()]
    examples = [shlex.split(line) for line in lines if line.startswith("offduty ")]
    assert examples
    for _, command, *words in examples:
        assert command == name
        cli.commands[name].make_context(name, words)


@pytest.mark.parametrize("name", NAMES)
def test_help_is_what_the_option_prints(name):
    """`offduty help run` and `offduty run --help`."""
    assert asked("help", name) == asked(name, "--help")


def test_help_alone_is_the_list():
    """The same as `offduty --help`."""
    assert asked("help") == asked("--help")


def test_help_of_what_is_not_there():
    """It says so, and where the list is."""
    answer = CliRunner().invoke(cli, ["help", "nothing"])
    assert answer.exit_code == 2
    assert "there is no command 'nothing'; offduty help lists them" in answer.output


def test_pages_made_from_the_help_are_up_to_date():
    """`make docs` writes them."""
    for path, text in help_files().items():
        assert (ROOT / path).read_text(encoding="utf-8") == text


def test_the_manual_page_has_every_command():
    """And no line that man(7) would take for a request of its own."""
    text = (ROOT / "docs/offduty.1").read_text(encoding="utf-8")
    requests = {line.split()[0] for line in text.splitlines() if line.startswith((".", "'"))}
    assert requests <= {'.\\"', ".TH", ".SH", ".SS", ".B", ".nf", ".fi"}
    assert [f'.SS "offduty {name}"' for _, name, _ in in_order()] == [
        line for line in text.splitlines() if line.startswith(".SS")
    ]


@pytest.mark.parametrize("shell", COMPLETION)
def test_the_line_for_a_shell_completes_commands(shell, monkeypatch):
    """What the page says to put into a start file makes click print its script for that shell."""
    monkeypatch.setenv("_OFFDUTY_COMPLETE", f"{shell}_complete")
    monkeypatch.setenv("COMP_WORDS", "offduty ver")
    monkeypatch.setenv("COMP_CWORD", "ver" if shell == "fish" else "1")
    answer = CliRunner().invoke(
        click.Group("offduty", commands=cli.commands), prog_name="offduty", standalone_mode=True
    )
    assert "verify" in answer.output
    assert f"{shell}_source" in COMPLETION[shell][0]
