"""The figures of each part as Markdown: a title that says where they are from, a table, and where the time went."""

from __future__ import annotations

from benchmarks.figures import MOST_LOAD, Beside, Figure, Figures, PartFigures, Taken
from benchmarks.parts import ALL, PARTS, SPARK, Part

FLOOR = {"read": "read every ping", "write": "write the released rows", "hash": "hash pings and release"}


def all_tables(figures: Figures) -> str:
    """Every part that was measured, in order."""
    parts = [
        f"### {title(part, figures[part.name])}\n\n{table(part, figures[part.name])}"
        for part in ALL
        if part.name in figures
    ]
    spark = [f"### {_title('Spark', figures[SPARK].taken)}\n\n{_spark(figures[SPARK])}"] if SPARK in figures else []
    return "\n\n".join([*parts, *spark])


def title(part: Part, measured: PartFigures) -> str:
    """What was measured, and where: version, commit, machine, load; that the machine was busy, where it was."""
    return _title(part.title, measured.taken)


def _title(what: str, taken: Taken) -> str:
    return f"{what}: {origin(taken)}"


def origin(taken: Taken) -> str:
    """Where figures are from, in one line."""
    busy = f"; **BUSY: a load above {MOST_LOAD}, to be taken again**" if taken.busy else ""
    return (
        f"{taken.version} at `{taken.commit}`, {taken.machine}, {taken.cores} cores, {taken.memory_gb} GB, "
        f"load before {taken.load_before:.1f}, others at work {taken.others_cores:.1f} cores{busy}"
    )


def table(part: Part, measured: PartFigures) -> str:
    """The sides of a part, and below them the stages of those that have some."""
    with_pings = measured.pings is not None
    heads = ["side", "seconds", part.times, "processor s", part.times, "peak MB"]
    heads += ["ns a ping", "released", "rounds"] if with_pings else ["rounds"]
    rule = "|---|" + "--:|" * (len(heads) - 1)
    sides = [(side.words, measured.sides[side.key], side.beside) for side in part.listed if side.key in measured.sides]
    rows = [_row(words, figure, beside, measured.pings) for words, figure, beside in sides]
    notes = [f"{measured.pings:,} pings."] if measured.pings else []
    return "\n".join([_line(heads), rule, *rows, "", " ".join([*notes, *_stages(measured)])]).strip()


def _row(words: str, figure: Figure, others: tuple[str, ...], pings: int | None) -> str:
    beside = figure.beside.get(others[0]) if others else None
    peak = "" if figure.peak_mb is None else f"{figure.peak_mb:,.0f}"
    cells = [words, f"{figure.wall_s:.2f}", _times(figure, beside), f"{figure.cpu_s:.1f}", _processor(beside), peak]
    if pings is not None:
        cells += [f"{figure.wall_s / pings * 1e9:,.0f}", f"{figure.released:,}" if figure.released else ""]
    return _line([*cells, str(figure.rounds)])


def _times(figure: Figure, beside: Beside | None) -> str:
    """The median of the rounds' ratios, with the least and the most of them."""
    if beside is None:
        return ""
    wall = beside.wall
    rounds = f" ({wall.least:.2f} to {wall.most:.2f})" if wall.least < wall.most else ""
    return f"{wall.median:.2f}{rounds}"


def _processor(beside: Beside | None) -> str:
    return "" if beside is None else f"{beside.cpu.median:.2f}"


def _stages(measured: PartFigures) -> list[str]:
    """Sentences about where the time of a run went, of `COPY`, and of what no filter can avoid."""
    told = []
    run = measured.sides.get("run")
    if run is not None and run.stages:
        rest = max(run.wall_s - sum(run.stages.values()), 0)
        told.append(f"Of the run: {_listed({**run.stages, 'start and end': rest})}.")
    copied = measured.sides.get("copy")
    if copied is not None and copied.stages:
        told.append(f"The `COPY` statement alone: {copied.stages['statement']:.2f} s.")
    floor = measured.sides.get("floor")
    if floor is not None:
        named = {FLOOR[name]: seconds for name, seconds in floor.stages.items()}
        told.append(f"The floor: {_listed(named)}; {sum(named.values()):.2f} s together.")
    return told


def _listed(stages: dict[str, float]) -> str:
    return ", ".join(f"{name} {seconds:.2f} s" for name, seconds in stages.items())


def _spark(measured: PartFigures) -> str:
    """Both engines, of which only seconds are known; the stages are on the page about scale."""
    local, spark = measured.sides["run"], measured.sides["spark"]
    return (
        f"{measured.pings:,} pings: {spark.cpu_s:.1f} s of processor with Spark on `local[2]`, "
        f"{local.cpu_s:.1f} s with the local engine. [Stage by stage](../docs/explanation/scale.md)."
    )


def audit(figures: Figures) -> str:
    """The table of the audit, for its own page."""
    if "verify" not in figures:
        return "Not measured yet."
    measured = figures["verify"]
    return f"{table(PARTS['verify'], measured)}\n\nTaken with {origin(measured.taken)}."


def glance(figures: Figures) -> str:
    """What the first page says about speed: the run at 20 million pings, and at the largest size."""
    if "20" not in figures:
        return "Not measured yet."
    measured = figures["20"]
    run, copied = measured.sides["run"], measured.sides["copy"]
    told = [
        f"{measured.pings:,} pings, a day of some 17,000 officers, take **{run.wall_s:.1f} s** and "
        f"{run.peak_mb:,.0f} MB on two cores: {run.beside['copy'].wall.median:.2f} times as long as DuckDB's plain "
        f"`COPY` of the same file, which takes {copied.wall_s:.1f} s."
    ]
    if "66" in figures:
        large = figures["66"]
        most = large.sides["run"]
        told.append(f"{large.pings:,} take {most.wall_s:.1f} s and {most.peak_mb:,.0f} MB.")
    return f"{' '.join(told)} Taken with {origin(measured.taken)}."


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
