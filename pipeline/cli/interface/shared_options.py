"""The options that several commands have, with their help, and the type of a path."""

from __future__ import annotations

from pathlib import Path

import click

from offduty.cli.options import STORE_LOCATION

PATH = click.Path(path_type=Path)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Write one JSON object to standard output, and nothing else."
)
store_option = click.option("--store", metavar="DIR", type=STORE_LOCATION, help="The store, if not the job's.")
output_option = click.option(
    "-o", "--output", metavar="FILE", type=PATH, help="Write it to a new file; an existing file is not replaced."
)
from_option = click.option(
    "--from", "start", metavar="T", help="Decide pings from this instant or date on (inclusive)."
)
to_option = click.option("--to", "end", metavar="T", help="Decide pings before this instant or date (exclusive).")
as_of_option = click.option(
    "--as-of", metavar="T", help="Use the roster as it was known at this instant or date. Default: now."
)
threads_option = click.option("--threads", type=click.IntRange(1, 256), help="Work on this many threads.")
memory_option = click.option(
    "--memory", default="2GB", show_default=True, help="Use no more than about this much memory (800MB, 4GB)."
)
role_option = click.option(
    "--role", metavar="TEXT", help="Who asks, as one of the recipients in the policy. It stands in the log."
)
because_option = click.option(
    "--because", metavar="TEXT", help="Why it is asked, in one line that names no person. It stands in the log."
)
case_option = click.option(
    "--because",
    metavar="TEXT",
    help="Why it is asked, in one line that names no person. It stands in the log. With --officer: a single case.",
)
signing_option = click.option(
    "--signing", metavar="FILE", type=PATH, help="The secret key that signs the log; a signed log needs it."
)
agreement_option = click.option(
    "--agreement", metavar="NOTE", type=PATH, multiple=True, help="A signed note about the policy, where it needs one."
)
own_copy_option = click.option(
    "--officer", metavar="ID", help="One officer's own copy instead; - reads the id from standard input."
)
force_option = click.option("--force", is_flag=True, help="Replace existing files.")
language_option = click.option(
    "--language", metavar="NAME", default="en", help="The language of the page: en, or de (a draft)."
)
