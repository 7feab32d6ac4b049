"""How the help of the command line is laid out: commands in groups, no sentence cut off, an example for each."""

from __future__ import annotations

import click

from offduty.cli.console import print_answer

GROUPS = {
    "Run": ("init", "convert", "check", "plan", "run"),
    "Look": ("current", "explain", "report", "docs", "help"),
    "Ask": ("roster-audit", "presence", "site-days", "interests", "compare"),
    "Agree": ("consult", "sign", "agree"),
    "Prove": ("verify", "checkpoint", "proof", "attack"),
    "Keys and keeping": ("rotate", "expire"),
    "Make up": ("demo", "synth"),
}
"""The commands by what they are for, in the order in which somebody new needs them."""
NOT_CUT = 1_000
WIDTH = 80
"""Columns of help on standard output that is no terminal, and at most on one that is."""


class GroupedCommands(click.Group):
    """A group whose help shows the commands by `GROUPS`, each with its whole first sentence."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one section for each group. A command without a group would not be shown: a test holds them equal."""
        for title, names in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(name, self.commands[name].get_short_help_str(NOT_CUT)) for name in names])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does; a name that is near to none is said with where all stand."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            said = error.format_message()
            if "Did you mean" in said:
                raise
            raise click.UsageError(f"{said.rstrip('.')}; offduty help lists them", ctx) from None


def with_example(example: str) -> str:
    """The end of a command's help: what to type, line by line (a line with ``\\b`` tells click to leave them so)."""
    return "\n".join(["\b", "Example:", *(f"  {line}" for line in example.splitlines())])


def print_help(words: tuple[str, ...]) -> int:
    """Print the help of a command, or of all together: what ``--help`` prints.

    Raises `click.UsageError` for a command that is not there.
    """
    root = click.get_current_context().find_root()
    if not words:
        return print_answer(root.get_help() + "\n")
    found = getattr(root.command, "commands", {}).get(" ".join(words))
    if found is None:
        raise click.UsageError(f"there is no command {' '.join(words)!r}; offduty help lists them")
    with click.Context(found, info_name=words[0], parent=root) as context:
        return print_answer(context.get_help() + "\n")
