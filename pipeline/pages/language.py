"""Says things in a reader's language: messages of one catalogue; numbers, days and times as the language writes them.

A language is one file, `messages/<name>.toml`. In a message, `{name}` is a value; what is between two `**` is strong.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from offduty.core.disclosure import CountWords, area_in_words, count_in_words, people_in_words, share, total_in_words
from offduty.core.errors import UsageError
from offduty.core.instants import FOREVER_US, NEVER_US, from_us, midnight, zone
from offduty.core.interval import Interval
from offduty.pages.elements import Markup, el, joined

STRONG = "**"
DURATIONS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


@dataclass(frozen=True)
class Language:
    """One language. ``tag`` is what HTML calls it (en-GB). ``draft``: nobody has checked the translation yet.

    ``messages`` are by their keys (table and name, with a dot); a message that depends on a number has two, which end
    in `.one` and `.other`. ``months`` and ``weekdays`` begin with January and Monday.
    """

    tag: str
    draft: bool
    months: tuple[str, ...]
    weekdays: tuple[str, ...]
    messages: Mapping[str, str]
    counts: CountWords

    def say(self, key: str, /, **values: object) -> str:
        """A message as plain text. Raises `KeyError` where the catalogue has no such key, or a value is missing."""
        return "".join(self._parts(key)).format(**self._written(values))

    def markup(self, key: str, /, **values: object) -> Markup:
        """A message as markup: its values are escaped unless they are markup, and what is between `**` is strong."""
        written = self._written(values)
        parts = [Markup.escape(part).format(**written) for part in self._parts(key)]
        return joined(*(el("strong", part) if at % 2 else part for at, part in enumerate(parts)))

    def many(self, key: str, count: int, /, **values: object) -> str:
        """The message for a number, which it may name as `{count}`: `key.one`, or `key.other`.

        >>> ENGLISH.many("duration.hour", 1), ENGLISH.many("duration.hour", 1_200)
        ('1 hour', '1,200 hours')
        """
        return self.say(f"{key}.{'one' if count == 1 else 'other'}", count=count, **values)

    def below(self, key: str) -> dict[str, str]:
        """The messages whose keys begin so, by the rest of their keys, as they are in the catalogue.

        >>> ENGLISH.below("duration.day.")
        {'one': '{count} day', 'other': '{count} days'}
        """
        return {name.removeprefix(key): text for name, text in self.messages.items() if name.startswith(key)}

    def _parts(self, key: str) -> list[str]:
        return self.messages[key].split(STRONG)

    def _written(self, values: Mapping[str, object]) -> dict[str, object]:
        """The values of a message, whole numbers as the language writes them."""
        return {name: self.number(value) if type(value) is int else value for name, value in values.items()}

    def number(self, number: int) -> str:
        """A whole number with signs between thousands."""
        return self.counts.number(number)

    def decimal(self, text: str) -> str:
        """A number of the policy, which is text with a point, as the language writes it."""
        return text.replace(".", self.counts.decimal_sign)

    def count(self, printed: int | None) -> str:
        """What `disclosure.printable` allows of a count, in words."""
        return count_in_words(printed, self.counts)

    def total(self, parts: Iterable[int | None]) -> str:
        """The sum of what is printed, in words, as of `disclosure.total_in_words`."""
        return total_in_words(parts, self.counts)

    def share(self, part: int | None, whole: int) -> str:
        """A printed part of a printed whole, in per cent, as of `disclosure.share`."""
        return share(part, whole, self.counts)

    def people(self, count: int, of: int) -> str:
        """How many of some people, as of `disclosure.people_in_words`."""
        return people_in_words(count, of, self.counts)

    def area(self, km2: float) -> str:
        """An area, as of `disclosure.area_in_words`."""
        return area_in_words(km2, self.counts)

    def listed(self, words: Sequence[str], last: str = "or") -> str:
        """Words as a list in a sentence, for at least one word; ``last`` is `or` or `and`.

        >>> ENGLISH.listed(["duty"]), ENGLISH.listed(["duty", "court", "training"])
        ('duty', 'duty, court or training')
        """
        if len(words) == 1:
            return words[0]
        return self.say(f"list.{last}", first=", ".join(words[:-1]), last=words[-1])

    def duration(self, seconds: int) -> str:
        """Seconds in words, in the largest unit that divides them.

        >>> [ENGLISH.duration(seconds) for seconds in (60, 7_200, 90, 172_800, 0)]
        ['1 minute', '2 hours', '90 seconds', '2 days', '0 seconds']
        """
        unit, length = next(pair for pair in DURATIONS if pair[0] == "second" or (seconds and seconds % pair[1] == 0))
        return self.many(f"duration.{unit}", seconds // length)

    def day(self, day: date) -> str:
        """A day in words.

        >>> ENGLISH.day(date(2026, 3, 2))
        '2 March 2026'
        """
        return self.say("time.day", day=str(day.day), month=self.months[day.month - 1], year=str(day.year))

    def month(self, year: int, month: int) -> str:
        """A month in words."""
        return self.say("time.month", month=self.months[month - 1], year=str(year))

    def time(self, us: int, zone_name: str) -> str:
        """An instant by the clock of a time zone, to the minute."""
        local = from_us(us).astimezone(zone(zone_name))
        return self.say("time.instant", day=self.day(local.date()), clock=f"{local:%H:%M}")

    def period(self, time: Interval, zone_name: str) -> str:
        """An interval in words. Whole days are named by the first and the last; an open end is said to be open.

        >>> from offduty.core.instants import instant
        >>> ENGLISH.period(Interval(instant("2026-03-02"), instant("2026-03-04")), "Europe/London")
        '2 March 2026 to 3 March 2026'
        """
        if time.unbounded:
            return self.say("time.all")
        whole = all(us in (NEVER_US, FOREVER_US) or _is_midnight(us, zone_name) for us in (time.from_us, time.to_us))
        first = self.say("time.beginning") if time.from_us == NEVER_US else self._end(time.from_us, zone_name, whole)
        if time.to_us == FOREVER_US:
            return self.say("time.to_the_end", first=first)
        last = self._end(time.to_us - 1 if whole else time.to_us, zone_name, whole)
        return first if whole and first == last else self.say("time.period", first=first, last=last)

    def _end(self, us: int, zone_name: str, whole: bool) -> str:
        return self.day(from_us(us).astimezone(zone(zone_name)).date()) if whole else self.time(us, zone_name)


def _is_midnight(us: int, zone_name: str) -> bool:
    return midnight(from_us(us).astimezone(zone(zone_name)).date(), zone_name) == us


def languages() -> list[str]:
    """The names of the languages that there are, sorted: those of the files of the catalogue."""
    return sorted(path.name.removesuffix(".toml") for path in _catalogue().iterdir() if path.name.endswith(".toml"))


@cache
def language(name: str) -> Language:
    """The language of that name, such as `en`. Raises `UsageError` where there is no such file."""
    if name not in languages():
        raise UsageError(f"there is no such language; there are {' and '.join(languages())}", file="--language")
    document = tomllib.loads(_catalogue().joinpath(f"{name}.toml").read_text(encoding="utf-8"))
    about = document.pop("language")
    messages = dict(_flat(document))
    counts = CountWords(**document["counts"])
    return Language(about["tag"], about["draft"], tuple(about["months"]), tuple(about["weekdays"]), messages, counts)


def _flat(document: Mapping[str, Any], before: str = "") -> Iterable[tuple[str, str]]:
    for name, value in document.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _catalogue() -> Any:
    return resources.files("offduty.pages").joinpath("messages")


ENGLISH = language("en")
"""The language of every page for which none is named, and of every message that is no page."""


def in_english(text: str, language: Language) -> str:
    """A text that the command line says too, and that is in English on every page: marked so where the page is not."""
    return text if language.tag == ENGLISH.tag else el("span", text, lang=ENGLISH.tag)
