"""What each check of `verify` protects against, and what a FAIL means, for readers who are no engineers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Meaning:
    """``protects``: what somebody could otherwise do, or what could happen, unnoticed. ``fail``: what a FAIL means."""

    protects: str
    fail: str


MEANINGS: dict[str, Meaning] = {
    "1.1": Meaning(
        "records that disappear from the log, or are slipped into it",
        "an entry of the log was deleted or damaged, or something else was put among the entries",
    ),
    "1.2": Meaning(
        "entries that are edited, moved or exchanged afterwards",
        "an entry was edited after it was written, or entries were moved",
    ),
    "1.3": Meaning(
        "a log that somebody else wrote in the employer's name",
        "somebody without the key wrote to the log, or signatures were removed",
    ),
    "1.4": Meaning(
        "a record that claims to have answered another question than it did",
        "inputs, rules, keys, time or version in an entry were edited",
    ),
    "1.5": Meaning(
        "a history that is written again from the beginning, or loses its newest part",
        "the history is not the one that you saw before. Signatures alone cannot show this",
    ),
    "1.6": Meaning(
        "an employer who shows different logs to different people",
        "the outsider who should have signed has never seen this log",
    ),
    "2.1": Meaning(
        "published files that are exchanged, changed or lost, and files that are deleted without leave",
        "a file was changed, lost, or replaced by a link, or was deleted although it may not be",
    ),
    "2.2": Meaning(
        "positions that are handed out beside the log",
        "the store has a file that no run published",
    ),
    "2.3": Meaning(
        "tables that are kept for an auditor and then exchanged, or kept longer than the positions",
        "a table that was kept is another one now, is not what the run read, or should have been deleted",
    ),
    "3.1": Meaning(
        "more columns than the rules allow, and secret messages in how files are divided",
        "analysts see more than they may, or files are divided in a way that could carry a message",
    ),
    "3.2": Meaning(
        "times and places that are given more exactly than agreed",
        "values are finer than agreed, or their order could carry a message",
    ),
    "3.3": Meaning(
        "a ledger that tells more than reasons",
        "the filter did not write this ledger: it has words, rows or an order that the filter never writes",
    ),
    "3.4": Meaning(
        "data hidden inside a file, where no ordinary program shows them",
        "something is hidden in a file: between pages, in a dictionary, in statistics, or in metadata",
    ),
    "3.5": Meaning(
        "a message in the way a file is packed",
        "something other than the filter wrote the file, in a way that could carry a message",
    ),
    "4.1": Meaning(
        "inputs that are changed after the run, so that nobody can decide again what was decided",
        "an input was changed after the run, or the one that you have is another version",
    ),
    "4.2": Meaning(
        "positions that are left out of the count, or invented",
        "rows were lost or invented",
    ),
    "4.3": Meaning(
        "totals that say something else than the records",
        "the totals were edited, or the release and its ledger do not have the same rows",
    ),
    "5.1": Meaning(
        "a filter that decides otherwise than the rules say",
        "the filter or the second implementation decided wrongly: look at the rows that are named",
    ),
    "5.2": Meaning(
        "released positions that are not those that were decided on",
        "rows were added, removed, moved, or given to another officer",
    ),
    "5.3": Meaning(
        "records that leave out what could not be read",
        "refused rows, open windows or row counts were recorded wrongly",
    ),
    "5.4": Meaning(
        "released positions that the roster, the devices or the homes rule out",
        "a position was released that the roster, the assignments or the places do not allow",
    ),
    "6.1": Meaning(
        "hidden positions that come out by editing tables afterwards and running again",
        "a later run shows what an earlier one hid, and what the two read does not explain it",
    ),
    "6.2": Meaning(
        "hidden positions that come out by pretending to know less than before",
        "a later run ignored what an earlier one knew: a leave, a correction or a home may be left out on purpose",
    ),
    "7.1": Meaning(
        "rules that are edited after the fact",
        "the rules in an entry were edited",
    ),
    "7.2": Meaning(
        "other rules than those that the workforce was consulted on",
        "a run used other rules than those that were agreed",
    ),
    "7.3": Meaning(
        "two versions of one day that, laid side by side, show what each of them hides",
        "analysts can read two releases of one time, and subtract one from the other",
    ),
    "7.4": Meaning(
        "positions that are handed out and deleted before anybody can check them",
        "a release was deleted earlier than its own rules allow",
    ),
    "7.5": Meaning(
        "policies that are tried out on few people, to see where they were",
        "a policy was tried out on fewer people or days than is allowed, or on real positions as if they were made up",
    ),
    "7.6": Meaning(
        "rules that are put in force without those who should have agreed on them",
        "a run used a policy that its representatives had not signed, or a signature is not what it says",
    ),
    "8.1": Meaning(
        "questions about the workforce that nobody agreed to, or that are put to people nobody agreed to",
        "a question was not agreed on, or was asked of other runs, rules or keys than its entry says",
    ),
    "8.2": Meaning(
        "figures about the workforce, or about one officer, that the release does not give",
        "an answer is not the one that the release, the roster and the sites give",
    ),
}


@dataclass(frozen=True)
class OpenQuestion:
    """``what`` is not known where one of the ``checks`` was not made; ``option`` is what the auditor gives to have them
    made, empty where there is none.
    """

    checks: tuple[str, ...]
    what: str
    option: str = ""


OPEN_QUESTIONS = (
    OpenQuestion(
        ("4.1", "4.2", "5.1", "5.2", "5.3"),
        "whether every position was released or hidden as the rules say",
        "--inputs",
    ),
    OpenQuestion(("6.1",), "whether what came out later came out for allowed causes"),
    OpenQuestion(("7.2",), "whether the rules are those that were agreed", "--policy"),
    OpenQuestion(("1.3",), "who wrote the log", "--key"),
    OpenQuestion(("1.5",), "whether the log still begins with the log that you saw before", "--since"),
    OpenQuestion(("1.6",), "whether somebody outside has signed for the log", "--cosigner"),
    OpenQuestion(("5.4",), "whether roster, assignments and places allow each released position", "--reference"),
)
"""What is not known without some checks, most important first."""
FOLLOWS = (
    "a consequence of the file that was changed, damaged or lost: whether anything else is wrong can be seen only with"
    " the file that was published"
)
"""What a FAIL means where all that was found is in such files."""
TABLES_IN_WORDS = {
    "pings": "the positions",
    "assignments": "the list of who held which device",
    "roster": "the roster",
    "places": "the list of homes and other protected places",
    "sites": "the list of workplaces",
}
"""The tables, as somebody calls them who has never seen one."""


def altered(table: str) -> str:
    """What was found where a table with record times was altered."""
    return (
        f"{TABLES_IN_WORDS[table]} was altered afterwards: what a run had read there is gone, says something else now,"
        " or was added with an earlier date"
    )


def shown_after_altering(table: str) -> str:
    """What was found where a run shows more because a table with record times was altered."""
    return f"a later run shows positions that an earlier one hid, after {TABLES_IN_WORDS[table]} was altered"


BROKEN_OFF = Meaning(
    "a store that is made so that nobody can check it",
    "something in the store is not built as it must be, and the check could not go on",
)
"""Of a check that broke off."""


def meaning_of(number: str) -> Meaning:
    """What the check with this number is good for; that of a check that broke off for a number that is none."""
    return MEANINGS.get(number, BROKEN_OFF)
