"""Declares a command: its arguments, options and help are read at the start, and its code when it runs."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import click

from offduty.cli.help_pages import WIDTH, GroupedCommands, with_example

Declared = Callable[[], None]


@click.group(cls=GroupedCommands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": WIDTH})
@click.version_option(package_name="offduty", prog_name="offduty")
def cli() -> None:
    """Release a position only when it is proven to have been taken on duty, away from home and from the way there."""


def command(implementation: str, example: str) -> Callable[[Declared], click.Command]:
    """Declare a command: ``module:function`` below `offduty.cli` is imported when it runs and gets the options by name.

    The function returns the exit code; None is 0. The help ends with the example.
    """
    module, _, name = implementation.partition(":")

    def declare(declared: Declared) -> click.Command:
        def run_it(**options: Any) -> None:
            function = getattr(import_module(f"offduty.cli.{module}"), name)
            try:
                code: int | None = function(**options)
            except BrokenPipeError as error:  # click (8.5) would end the process without a word
                raise RuntimeError("a pipe or a connection broke") from error
            click.get_current_context().exit(code or 0)

        run_it.__doc__ = declared.__doc__
        run_it.__click_params__ = getattr(declared, "__click_params__", [])  # type: ignore[attr-defined]
        name_of_command = declared.__name__.removesuffix("_command").replace("_", "-")
        return cli.command(name_of_command, epilog=with_example(example))(run_it)

    return declare
