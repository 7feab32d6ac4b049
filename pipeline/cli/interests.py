"""The command `offduty interests`: do declared interests fit the rostered hours and their conditions."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow.compute as pc

from offduty.analyses.interests import Interests
from offduty.analyses.interests import interests as question
from offduty.analyses.interests_page import interests_page
from offduty.analyses.interests_summary import own_text, rules, summary, summary_text
from offduty.analyses.roster_files import RosterFiles, read_register, read_table
from offduty.cli.agreed_policy import agreed_policy
from offduty.cli.answer_files import check_names, check_section, csv_bytes, hand_out, json_bytes
from offduty.cli.asked_early import tell_early, tell_unrecorded
from offduty.cli.asked_store import Given, ask_store, check_logging, check_named, days_asked, free_names
from offduty.cli.asked_tables import asked_tables
from offduty.cli.console import print_answer, print_lines, say
from offduty.cli.officer_answer import OWN, OWN_PAGE, OfficerAnswer
from offduty.cli.options import given_officer
from offduty.core.disclosure import count_in_words, printable
from offduty.core.errors import InputError, UsageError
from offduty.pages.language import Language
from offduty.pages.language import language as find_language
from offduty.runs.request import instant_or_now

NAME = "interests"
NOBODY = "neither the roster nor the register names that officer: look how the id is written"
SUMMARY, TABLE, PAGE = "interests.json", "interests-rules.csv", "interests.html"


def interests(
    store: Path | str | None,
    register: Path,
    inputs: Path | None,
    roster: str | None,
    policy: Path,
    key: Path | None,
    agreement: tuple[Path, ...],
    start: str | None,
    end: str | None,
    as_of: str | None,
    officer: str | None,
    role: str | None,
    because: str | None,
    signing: Path | None,
    language: str,
    output: Path | None,
    as_json: bool,
    force: bool,
) -> int:
    """Say whether declared interests fit the rostered hours and their conditions.

    Standard output has the figures that everybody may see; with --officer one officer's section. With a store its
    release clears overlaps, and its log says that this was asked.
    """
    said_in = find_language(language)
    days = days_asked(start, end)
    if store is None:
        if key is not None:
            raise UsageError("--key is for the release of a store, by which overlaps are cleared: name the store, too")
        check_logging(store, role, because, signing)
        read = asked_tables(inputs, {"roster": roster}).read_roster()
        return _records(register, read, policy, agreement, days, as_of, officer, said_in, output, as_json, force)
    if key is None and inputs is None:
        raise UsageError(
            "overlaps are cleared by the release of the store: give the runs' --key, or with --inputs their job"
        )
    common = (as_of, officer, role, because, signing, output, as_json, force, ("roster",))
    given = Given(store, policy, inputs, roster, None, key, None, *common)
    free_names(given, (SUMMARY, TABLE, PAGE))
    with ExitStack() as end_of:
        declared = read_register(register)
        asked = ask_store(given, *days, end_of, declared.get("officer_id", ()))
        asked = replace(asked, tables=(*asked.tables, read_table("register", register)))
        declared = read_register(register)
        found = question(
            declared,
            asked.roster,
            asked.policy,
            as_of_us=asked.as_of_us,
            start=days[0],
            end=days[1],
            declared=asked.declared,
            release=asked.release.frame,
            decided=asked.release.decided,
            key=asked.key,
        )
        _check_assessed(found, register)
        parameters = {name: f"{day or ''}" for name, day in zip(("from", "to"), days, strict=True)}
        if asked.officer is not None:
            about = OfficerAnswer(found.section(asked.officer))
            asked.log(NAME, found.terms.recipients, parameters, about.tables())
            return asked.print_about(NAME, about, own_text(about.section), said_in)
        files = _everybody(found, said_in)
        asked.log(NAME, found.terms.recipients, parameters, files)
        return asked.print_figures(files, files[SUMMARY], summary_text(json.loads(files[SUMMARY])))


def _records(
    register: Path,
    read: RosterFiles,
    policy: Path,
    agreement: tuple[Path, ...],
    days: tuple[date | None, date | None],
    as_of: str | None,
    officer: str | None,
    language: Language,
    output: Path | None,
    as_json: bool,
    force: bool,
) -> int:
    """The answer from the records alone."""
    check_section(officer, as_json)
    rules_ = agreed_policy(policy, notes=agreement)
    check_names(output, _names(officer), force)
    as_of_us = instant_or_now(as_of, rules_.policy.timezone, "--as-of")
    tell_early(read.rows, read.declared, rules_, as_of_us)
    declared = read_register(register)
    found = question(
        declared,
        read.rows,
        rules_,
        as_of_us=as_of_us,
        start=days[0],
        end=days[1],
        declared=read.declared,
    )
    _check_assessed(found, register)
    if officer is not None:
        about = given_officer(officer)
        check_named(about, (*declared["officer_id"], *pc.unique(read.rows["officer_id"]).to_pylist()), NOBODY)
        answer = OfficerAnswer(found.section(about))
        hand_out(output, answer.files(NAME, None, language), force, private=True)
        return print_lines(own_text(answer.section))
    files = _everybody(found, language)
    hand_out(output, files, force, private=False)
    return print_answer(files[SUMMARY]) if as_json else print_lines(summary_text(json.loads(files[SUMMARY])))


def _check_assessed(found: Interests, register: Path) -> None:
    """Say that some interests are not assessed, or that none was on record yet. Raises `InputError` where none is that
    could be: "no finding" would be said of everybody.
    """
    if not found.not_assessed and not found.interests:
        tell_unrecorded("register")
    if not found.not_assessed:
        return
    why = "a version cannot be read exactly, contradicts another, or names no interest (offduty docs interests)"
    if not found.interests:
        raise InputError(f"not one interest can be read: {why}. Correct the register", file=register.name)
    many = count_in_words(printable(found.not_assessed))
    say(f"{many} interests of the register are not assessed, and nothing is said of them: {why}")


def _names(officer: str | None) -> tuple[str, ...]:
    return (SUMMARY, TABLE, PAGE) if officer is None else (OWN, OWN_PAGE)


def _everybody(found: Interests, language: Language) -> dict[str, bytes]:
    return {
        SUMMARY: json_bytes(summary(found)),
        TABLE: csv_bytes(rules(found)),
        PAGE: interests_page(summary(found, language), language),
    }
