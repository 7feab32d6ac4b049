"""What a check answers: what was looked at, how many, PASS, FAIL, NOT DONE or DOES NOT APPLY, and why.

PASS is only for what was done. NOT DONE is what could be done with more evidence; DOES NOT APPLY is what there is
nothing to look at for. An answer is printed in two places: `offduty verify` prints it in full for an auditor,
and a report prints it for the public, who may not learn exact numbers of rows. So a check does not write its numbers
into a sentence: an `Explanation` keeps each number and each file name as a value of its own kind, and whoever prints it
decides how.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from string import Formatter

from offduty.verify.meanings import FOLLOWS, OPEN_QUESTIONS, Meaning, OpenQuestion, meaning_of

DAMAGED = (Exception,)
"""What reading a file may raise that somebody wrote in order to break its reader: anything."""
MOST_LISTED = 20
"""How many findings of one check are listed one by one; the rest are counted."""


class Status(StrEnum):
    """How a check ended."""

    PASS = "PASS"  # noqa: S105 (no secret)
    FAIL = "FAIL"
    NOT_DONE = "NOT DONE"
    DOES_NOT_APPLY = "DOES NOT APPLY"


class Unit(StrEnum):
    """What a count counts."""

    ROWS = "rows"
    FILES = "files"
    NAMES = "names"
    ENTRIES = "entries"
    COSIGNERS = "cosigners"
    FINDINGS = "findings"
    """What one check found: of some checks these are rows."""


@dataclass(frozen=True)
class Count:
    """A number of rows, files, entries, or whatever the unit says.

    >>> str(Count(4_778_659, Unit.ROWS))
    '4,778,659'
    """

    value: int
    unit: Unit

    def __str__(self) -> str:
        return f"{self.value:,}"


@dataclass(frozen=True)
class FileName:
    """The name of an input, an output or a document of the auditor."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class EntryNumber:
    """The number of an entry of the log, from 0."""

    number: int

    def __str__(self) -> str:
        return str(self.number)


@dataclass(frozen=True)
class Label:
    """A text with digits that counts nothing: a version, the first digits of a hash, the name of a policy."""

    text: str

    def __str__(self) -> str:
        return self.text


Part = str | Count | FileName | EntryNumber | Label


@dataclass(frozen=True)
class Explanation:
    """Why a check ended as it did, in parts; `str` joins them with every number and name in full.

    Raises `ValueError` where plain words have a digit: a number must be a value, so that a report can round it.
    """

    parts: tuple[Part, ...] = ()

    def __post_init__(self) -> None:
        _refuse_digits(part for part in self.parts if isinstance(part, str))

    def __str__(self) -> str:
        return "".join(map(str, self.parts))


def explain(words: str, **values: Part | Explanation) -> Explanation:
    """An explanation from words with named gaps, and a value for each gap.

    >>> explain("entry {entry}: expired files: {gone}", entry=EntryNumber(3), gone=Count(1_200, Unit.FILES)).parts
    ('entry ', EntryNumber(number=3), ': expired files: ', Count(value=1200, unit=<Unit.FILES: 'files'>))

    Raises `ValueError` for a digit in the words, `KeyError` for a gap without a value.
    """
    parts: list[Part] = []
    for literal, name, _, _ in Formatter().parse(words):
        parts += [literal] if literal else []
        if name is not None:
            value = values[name]
            parts += value.parts if isinstance(value, Explanation) else [value]
    return Explanation(tuple(parts))


def join(explanations: Iterable[Explanation], separator: str = "; ") -> Explanation:
    """Several explanations as one.

    >>> str(join([explain("no key was given"), explain("no policy was given")]))
    'no key was given; no policy was given'
    """
    parts: list[Part] = []
    for explanation in explanations:
        parts += [separator, *explanation.parts] if parts else explanation.parts
    return Explanation(tuple(parts))


@dataclass(frozen=True)
class Figure:
    """A number that a check found out beside its own count; ``what`` says in words what is counted, and ``causes`` are
    the causes that there may be, as words for programs.

    Raises `ValueError` where ``what`` has a digit.
    """

    what: str
    count: Count
    causes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _refuse_digits((self.what,))


@dataclass(frozen=True)
class Check:
    """One line of the verdict.

    ``looked_at`` says in words what was looked at, ``count`` how many. ``findings`` are the first of ``found`` and may
    name entries, files and rows: they are for the auditor alone, and no report prints them. ``told`` says in plain
    words, for everybody, what was found. ``figures`` are further numbers, for whoever would otherwise look for them in
    sentences. ``needs`` are the auditor's options without which something was not done (`OPEN_QUESTIONS`).
    ``follows``: all that was found is a consequence of files that were changed, which check 2.1 finds. ``drawn``: only
    rows that were drawn were looked at, so a PASS is a bound. Raises `ValueError` where ``name``, ``looked_at`` or
    ``told`` has a digit.
    """

    number: str
    name: str
    looked_at: str
    count: Count
    status: Status
    why: Explanation
    findings: tuple[str, ...] = ()
    found: int = 0
    figures: tuple[Figure, ...] = ()
    told: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    follows: bool = False
    drawn: bool = False

    @property
    def meaning(self) -> Meaning:
        """What the check protects against, and what a FAIL means: what was found, where the check can tell."""
        general = meaning_of(self.number)
        if self.follows:
            return replace(general, fail=FOLLOWS)
        return replace(general, fail="; ".join(self.told)) if self.told else general

    def __post_init__(self) -> None:
        _refuse_digits((self.name, self.looked_at, *self.told))


def looked_at(check: Check, written: Callable[[Count], str] = str) -> str:
    """What a check looked at and how many of it, in words; ``written`` writes the number."""
    return f"{check.looked_at}: {written(check.count) if check.count.value else 'none'} looked at"


@dataclass(frozen=True)
class Verdict:
    """All checks, in order."""

    checks: tuple[Check, ...]

    @property
    def failed(self) -> bool:
        """Whether some check found something."""
        return any(check.status is Status.FAIL for check in self.checks)

    def counts(self) -> dict[Status, int]:
        """How many checks ended in each way."""
        return {status: sum(check.status is status for check in self.checks) for status in Status}

    @property
    def headline(self) -> str:
        """What a reader must take away, in a few sentences: what was found, and what was not looked at."""
        return headline(self.checks)


def headline(checks: Sequence[Check], written: Callable[[Count], str] = str) -> str:
    """What a reader must take away of some checks: what was found, what was not looked at and what that would need, and
    what came out later; of an empty list, that nothing was looked at. ``written`` writes a number of rows.
    """
    failed, undone = ([each for each in checks if each.status is s] for s in (Status.FAIL, Status.NOT_DONE))
    passed = sum(check.status is Status.PASS for check in checks)
    if failed:
        found = f"{_checks(len(failed))} found something wrong: {_wrong(failed)}. {_checks(passed)} passed"
        return f"{found}; {len(undone)} could not be made." if undone else f"{found}."
    if not passed:
        return "Nothing was checked, so nothing is known to be right or wrong."
    found = f"Nothing wrong was found. {_checks(passed)} passed"
    if undone:
        found += f"; {len(undone)} could not be made"
    spared = covered(checks)
    if unknown := "; ".join(_not_known([check for check in undone if check not in spared])):
        found += f", so it is not known {unknown}"
    more = "".join(f" {check.number} was not needed: {DECISIONS} asks more." for check in spared)
    return f"{found}.{more}{_came_out_later(checks, written)}"


def _wrong(failed: Sequence[Check]) -> str:
    """What each check found, and of which all that was found is a consequence."""
    of_itself = [f"{check.number}, {check.meaning.fail}" for check in failed if not check.follows]
    follow = [check.number for check in failed if check.follows]
    return "; ".join([*of_itself, *([f"{', '.join(follow)}, {FOLLOWS}"] if follow else [])])


def _not_known(undone: Sequence[Check]) -> Iterator[str]:
    """What is not known because a check could not be made, most important first, and what to give to have it made."""
    for question, asked in not_known(undone):
        numbers = ", ".join(check.number for check in asked)
        if question is None:
            yield from (f"whether {check.name} ({check.number})" for check in asked)
        elif gives(question, asked):
            yield f"{question.what} ({numbers}: give {question.option})"
        else:
            yield f"{question.what} ({numbers}: see there why)"


def not_known(undone: Sequence[Check]) -> Iterator[tuple[OpenQuestion | None, list[Check]]]:
    """The questions that stay open without some checks, most important first, each with those of its checks; at last
    None with the checks that no question has. No question comes without a check.
    """
    rest = list(undone)
    for question in OPEN_QUESTIONS:
        asked = [check for check in rest if check.number in question.checks]
        rest = [check for check in rest if check not in asked]
        if asked:
            yield question, asked
    if rest:
        yield None, rest


def gives(question: OpenQuestion, undone: Sequence[Check]) -> bool:
    """Whether the question's option is all that is missing; if not, the checks themselves say what is."""
    return bool(question.option) and all(check.needs == (question.option,) for check in undone)


def covered(checks: Sequence[Check]) -> list[Check]:
    """The checks that were not made, and ask for less than one that passed."""
    return [check for check in checks if check.status is Status.NOT_DONE and _is_covered(check, checks)]


def _came_out_later(checks: Sequence[Check], written: Callable[[Count], str]) -> str:
    rows = came_out_later(checks)
    if not rows:
        return ""
    number = written(Count(rows, Unit.ROWS))
    return (
        f" Later runs released positions that earlier runs had hidden, all for ordinary causes ({WIDENINGS}): {number}."
    )


def came_out_later(checks: Sequence[Check]) -> int:
    """How many positions a later run released that an earlier one had hidden, where all causes are ordinary ones."""
    return sum(
        figure.count.value
        for check in checks
        if check.number == WIDENINGS and check.status is Status.PASS
        for figure in check.figures
    )


def _is_covered(check: Check, checks: Sequence[Check]) -> bool:
    """Whether a check that was not made asks for less than one that passed: what is possible, and each decision. A
    sample of decisions covers nothing.
    """
    passed = {each.number for each in checks if each.status is Status.PASS and not each.drawn}
    return DECISIONS in passed and check.needs == ("--reference",)


DECISIONS = "5.1"
"""The check that decides every row again."""
WIDENINGS = "6.1"
"""The check that compares what several runs over the same time released."""


def _checks(count: int) -> str:
    return "1 check" if count == 1 else f"{count} checks"


class CheckBuilder:
    """One check while it is made: counts what is looked at, and collects what is wrong and what was not done.

    FAIL when anything is wrong; NOT DONE when something was not done; DOES NOT APPLY when there was nothing to look at;
    else PASS.
    """

    def __init__(self, number: str, name: str, looked_at: str, unit: Unit) -> None:
        self.number, self.name, self.looked_at, self.unit = number, name, looked_at, unit
        self.count = 0
        self._findings: list[str] = []
        self._found = 0
        self._not_done: dict[Explanation, None] = {}
        self._beside: dict[Explanation, None] = {}
        self._figures: dict[tuple[str, tuple[str, ...]], int] = {}
        self._told: dict[str, None] = {}
        self._needs: dict[str, None] = {}
        self._follow = 0
        self._drawn = False

    def add(self, count: int = 1) -> None:
        """So many more were looked at."""
        self.count += count

    def only_drawn(self) -> None:
        """Of some that were looked at, only those that were drawn."""
        self._drawn = True

    def wrong(self, finding: str, count: int = 1) -> None:
        """Something is wrong; ``count`` where the one finding covers several."""
        self._found += count
        self.note(finding)

    def all_wrong(self, findings: Iterable[str], count: int | None = None) -> None:
        """Several things are wrong; ``count`` where there are more than are listed here."""
        listed = list(findings)
        for finding in listed:
            self.wrong(finding)
        if count is not None:
            self._found += count - len(listed)

    @contextmanager
    def reading(self, finding: str) -> Iterator[None]:
        """While a file is read that may be damaged: where reading fails, that is the finding."""
        try:
            yield
        except DAMAGED:
            self.wrong(finding)

    def tell(self, words: str) -> None:
        """What is wrong, in plain words that anybody may read; the same is told once."""
        self._told[words] = None

    def note(self, remark: str) -> None:
        """A remark that is listed among the findings, and is not counted as one."""
        if len(self._findings) < MOST_LISTED:
            self._findings.append(remark)

    @contextmanager
    def of_file(self, is_altered: Callable[[], bool]) -> Iterator[None]:
        """While one published file or entry is looked at: what is wrong in one that ``is_altered``, or follows an entry
        that is missing, is a consequence of that.

        It is asked only where something was found.
        """
        before = self._found
        yield
        if self._found > before and is_altered():
            self._follow += self._found - before

    def not_done(self, why: Explanation | str, needs: str = "") -> None:
        """Something could not be looked at, and why; the same reason is given once. ``needs`` is the option of
        `OPEN_QUESTIONS` with which it could be.
        """
        self._not_done[_as_explanation(why)] = None
        if needs:
            self._needs[needs] = None

    def does_not_apply(self, why: Explanation | str) -> None:
        """Something that the check is not about, and why; it stands beside the answer, and does not change it."""
        self._beside[_as_explanation(why)] = None

    def figure(self, what: str, count: int, causes: tuple[str, ...] = ()) -> None:
        """A number that the check found out; numbers of the same thing are added up."""
        self._figures[what, causes] = self._figures.get((what, causes), 0) + count

    def result(
        self, passed: Explanation | str = "", nothing: Explanation | str = "there is nothing to look at"
    ) -> Check:
        """The check as it ended; ``passed`` says what a PASS means, ``nothing`` why there was nothing to look at."""
        status, why = self._outcome(_as_explanation(passed), _as_explanation(nothing))
        count = Count(self.count, self.unit)
        figures = tuple(Figure(what, Count(n, self.unit), causes) for (what, causes), n in self._figures.items())
        findings = tuple(self._findings)
        beside = (tuple(self._told), tuple(self._needs), 0 < self._found == self._follow, self._drawn)
        return Check(
            self.number, self.name, self.looked_at, count, status, why, findings, self._found, figures, *beside
        )

    def _outcome(self, passed: Explanation, nothing: Explanation) -> tuple[Status, Explanation]:
        not_done = _together(self._not_done)
        if self._found:
            found = explain("found wrong: {found}", found=Count(self._found, Unit.FINDINGS))
            return Status.FAIL, join([found, *not_done], "; not done: ")
        if not_done:
            return Status.NOT_DONE, join([*not_done, *self._beside])
        if not self.count:
            return Status.DOES_NOT_APPLY, join(self._beside) if self._beside else nothing
        return Status.PASS, join([passed, *self._beside])


def _together(reasons: Iterable[Explanation]) -> list[Explanation]:
    """The reasons; those that say the same of several entries, ``entry 3: …``, are one, which counts the entries."""
    entries: dict[tuple[Part, ...], list[EntryNumber]] = {}
    for reason in reasons:
        of_entry = len(reason.parts) > 1 and reason.parts[0] == OF_ENTRY
        number = reason.parts[1] if of_entry else None
        key = reason.parts[2:] if isinstance(number, EntryNumber) else reason.parts
        entries.setdefault(key, []).extend([number] if isinstance(number, EntryNumber) else [])
    return [whole for what, numbers in entries.items() for whole in _of_entries(what, numbers)]


OF_ENTRY = "entry "
"""How a reason begins that is about one entry; its number follows."""
MOST_ALIKE = 2
"""So many entries are named one by one."""


def _of_entries(what: tuple[Part, ...], numbers: list[EntryNumber]) -> Iterator[Explanation]:
    if len(numbers) <= MOST_ALIKE:
        yield from [Explanation((OF_ENTRY, number, *what)) for number in numbers] or [Explanation(what)]
        return
    first, last, count = min(numbers, key=_number), max(numbers, key=_number), Count(len(numbers), Unit.ENTRIES)
    yield Explanation((count, " entries from ", first, " to ", last, *what))


def _number(entry: EntryNumber) -> int:
    return entry.number


def _refuse_digits(words: Iterable[str]) -> None:
    if any(map(str.isnumeric, "".join(words))):
        raise ValueError("plain words with a digit: write a number as a Count, an EntryNumber or a Label")


def _as_explanation(why: Explanation | str) -> Explanation:
    return explain(why) if isinstance(why, str) else why
