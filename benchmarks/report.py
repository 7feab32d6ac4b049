"""Writes the measurements as one Markdown table, and says which targets are met."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.measure import Measured
from benchmarks.sides import COPY, MILLION, OFFDUTY, OPTIONS, RIVALS, Result

HEADER = """\
| pings | side | seconds | × `COPY` | processor s | peak MB | ns per ping | positions released | runs |
|--:|---|--:|--:|--:|--:|--:|--:|--:|"""


@dataclass(frozen=True)
class Stream:
    """All measurements on one stream; `asked` is its nominal size, `pings` its exact number of rows."""

    asked: int
    pings: int
    results: list[Result]
    floor: Measured | None = None
    big_roster: Result | None = None

    def of(self, name: str) -> Measured | None:
        """The medians of one side; None if it was not run."""
        return next((result.median for result in self.results if result.side == name), None)


def table(streams: list[Stream]) -> str:
    """One table over all streams."""
    return "\n".join([HEADER, *(line for stream in streams for line in _lines(stream))])


def _lines(stream: Stream) -> list[str]:
    copied = stream.of(COPY.name)
    assert copied is not None
    lines = [_line(stream, result.side, result.median, copied, result.runs) for result in stream.results]
    lines.insert(1, _short(stream, "the `COPY` statement alone", copied.answer["statement_s"], copied))
    if stream.big_roster is not None:
        name = "`offduty run`, 1 million roster entries and 50,000 places"
        lines.append(_line(stream, name, stream.big_roster.median, copied, stream.big_roster.runs))
    return lines + _stages(stream, copied)


def _stages(stream: Stream, copied: Measured) -> list[str]:
    """The stages of the filter and of the floor."""
    ours = stream.of(OFFDUTY.name)
    if ours is None or stream.floor is None:
        return []
    stages: dict[str, float] = ours.answer.get("stages", {})
    started = ours.wall_s - sum(stages.values())
    lines = [
        _short(stream, f"of `offduty run`: {name}", s, copied)
        for name, s in [*stages.items(), ("start and end", started)]
    ]
    floor: dict[str, float] = stream.floor.answer
    words = {"read": "read every ping", "write": "write the released rows", "hash": "hash pings and release"}
    lines += [_short(stream, f"of the floor: {words[name]}", s, copied) for name, s in floor.items()]
    return [*lines, _short(stream, "the floor, all three", sum(floor.values()), copied)]


def _line(stream: Stream, name: str, done: Measured, copied: Measured, runs: int) -> str:
    released = done.answer.get("rows") or done.answer.get("counts", {}).get("on_duty")
    cells = [
        f"{stream.pings:,}",
        name,
        f"{done.wall_s:.2f}",
        f"{done.wall_s / copied.wall_s:.2f}",
        f"{done.cpu_s:.1f}",
        f"{done.peak_mb:,.0f}",
        f"{done.wall_s / stream.pings * 1e9:,.0f}",
        f"{released:,}" if released else "",
        str(runs),
    ]
    return f"| {' | '.join(cells)} |"


def _short(stream: Stream, name: str, seconds: float, copied: Measured) -> str:
    return f"| {stream.pings:,} | {name} | {seconds:.2f} | {seconds / copied.wall_s:.2f} | | | | | |"


def targets(streams: list[Stream]) -> str:
    """A table of the targets for which these streams were measured: the target, the measurement, met or missed."""
    by_size = {stream.asked: stream for stream in streams}
    found = [*_at_twenty(by_size.get(20 * MILLION)), *_growth(by_size), *_roster(by_size.get(2 * MILLION))]
    lines = [f"| {asked} | {shown} | {'met' if met else '**missed**'} |" for asked, shown, met in found]
    return "\n".join(["| target | measured | |", "|---|--:|---|", *lines]) if lines else ""


Target = tuple[str, str, bool]


def _at_twenty(stream: Stream | None) -> list[Target]:
    ours, copied = (stream.of(OFFDUTY.name), stream.of(COPY.name)) if stream else (None, None)
    if stream is None or ours is None or copied is None:
        return []
    ratio = ours.wall_s / copied.wall_s
    found = [("20 million: time at most that of `COPY`", f"{ratio:.2f} ×", ratio <= 1.0)]
    for side, least in zip(RIVALS, (10, 2, 2), strict=True):
        theirs = stream.of(side.name)
        if theirs is not None:
            faster = theirs.wall_s / ours.wall_s
            found.append((f"20 million: {least} × faster than {side.name}", f"{faster:.1f} ×", faster >= least))
    found.append(("20 million: peak memory under 2 GB", f"{ours.peak_mb:,.0f} MB", ours.peak_mb < 2_000))
    return [*found, *_option_targets(stream)]


def _option_targets(stream: Stream) -> list[Target]:
    one, little = (stream.of(side.name) for side in OPTIONS)
    found: list[Target] = []
    if one is not None:
        cores = one.cpu_s / one.wall_s
        found.append(("20 million: `--threads 1` keeps to one core", f"{cores:.2f} cores", cores <= 1.1))
    if little is not None:
        found.append(("20 million: `--memory 500MB` holds", f"{little.peak_mb:,.0f} MB", little.peak_mb <= 500))
    return found


def _growth(by_size: dict[int, Stream]) -> list[Target]:
    ours = {size: (stream.of(OFFDUTY.name), stream.pings) for size, stream in by_size.items()}
    small, middle, large = (ours.get(size * MILLION, (None, 1)) for size in (2, 20, 66))
    found = []
    if middle[0] and large[0]:
        times = large[0].peak_mb / middle[0].peak_mb
        found.append(("66 million: peak memory at most 1.25 × that at 20 million", f"{times:.2f} ×", times <= 1.25))
    if small[0] and large[0]:
        grown = (large[0].wall_s / large[1]) / (small[0].wall_s / small[1])
        found.append(("66 million: time per ping at most 1.3 × that at 2 million", f"{grown:.2f} ×", grown <= 1.3))
    return found


def _roster(stream: Stream | None) -> list[Target]:
    ours = stream.of(OFFDUTY.name) if stream else None
    if stream is None or ours is None or stream.big_roster is None:
        return []
    added = stream.big_roster.median.wall_s - ours.wall_s
    return [("1 million roster entries and 50,000 places add under 5 s", f"{added:.1f} s", added < 5)]
