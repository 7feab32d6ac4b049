"""`offduty attack` on a published store: what it prints, what it writes, and its exit codes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from offduty import run
from offduty.cli import cli
from offduty.core.errors import InputError, LineCrossedError, UsageError
from offduty.redteam import attack_store, baselines
from offduty.redteam.ground_truth import ForceTruth
from offduty.redteam.results import CROSSED, FILTER, ResultRow
from tests.paths import ROOT

SAMPLE = ROOT / "sample_data"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample with fresh keys and a published run, as `make demo` makes it."""
    folder = tmp_path_factory.mktemp("demo") / "demo"
    shutil.copytree(SAMPLE, folder)
    for name in ("pseudonym.key", "signing.key"):
        (folder / name).write_text("5a" * 32)
        (folder / name).chmod(0o600)
    run(folder / "job.toml", as_of="2026-04-15")
    return folder


def attacked(demo: Path, *options: str) -> str:
    """Standard output of the command on the demo's store. Raises what the command raises."""
    arguments = ["attack", str(demo / "store"), "--truth", str(demo / "truth"), *options]
    return CliRunner().invoke(cli, arguments, catch_exceptions=False, standalone_mode=False).stdout


def test_one_json_object_has_the_masks_of_today_and_the_filter(demo: Path):
    """With truth, roster and tracks: homes are found where nothing is masked, and no line is crossed by the filter."""
    options = [
        "--roster",
        str(demo / "roster.csv"),
        "--sites",
        str(demo / "sites.geojson"),
        "--attacks",
        "1,3,4,6,9,13",
        "--json",
    ]
    answer = json.loads(attacked(demo, *options))
    rows = {(row["attack"], row["mask"]): row for row in answer["rows"]}
    assert answer["crossed"] == 0
    assert rows["6 night dwell", "none"]["median_m"] < 61
    assert rows["6 night dwell", FILTER]["median_m"] > 400
    assert rows["13 hand-over", FILTER]["verdict"] == "holds"
    assert rows["9 traces in the release", FILTER]["finding"].startswith("0 of ")
    assert {row["verdict"] for row in answer["rows"]} <= {"", "holds", "not shown"}


def test_without_roster_and_tracks_fewer_attacks_are_made(demo: Path, tmp_path: Path):
    """Homes and density are enough for attacker A."""
    for name in ("homes.csv", "density.csv"):
        shutil.copy(demo / "truth" / name, tmp_path / name)
    arguments = ["attack", str(demo / "store"), "--truth", str(tmp_path), "--attacks", "1,3,4,13", "--json"]
    rows = json.loads(CliRunner().invoke(cli, arguments, catch_exceptions=False, standalone_mode=False).stdout)["rows"]
    assert {row["attack"] for row in rows} == {"1 rim", "4 median of ends"}
    assert {row["mask"] for row in rows} == {FILTER}


def test_the_table_is_written_as_html(demo: Path, tmp_path: Path):
    attacked(demo, "--attacks", "4", "-o", str(tmp_path / "attacks.html"))
    page = (tmp_path / "attacks.html").read_text()
    assert "<script" not in page and "4 median of ends" in page and "synthetic presence" in page


def test_the_table_has_80_columns_and_a_last_line_in_plain_words(demo: Path):
    """Homes found within 50 m: in the raw feed, behind two masks of today, and in the release; all figures with --wide."""
    options = [
        "--roster",
        str(demo / "roster.csv"),
        "--sites",
        str(demo / "sites.geojson"),
        "--attacks",
        "3,4,6,13,16,19",
    ]
    text = attacked(demo, *options)
    assert max(map(len, text.splitlines())) <= 80
    assert text.splitlines()[0] == "homes found within 50 m"
    last = " ".join(text.strip().splitlines()[-2:])
    assert "An attacker with the roster finds" in last and last.endswith(" 0 of 25 in the release.")
    assert "16 silent door" in text and "13 hand-over: 0 rows" in text
    assert "hit@200 m" in attacked(demo, "--attacks", "4", "--wide")


def test_no_position_and_no_officer_is_printed(demo: Path):
    """The command reads both, and prints neither."""
    text = attacked(demo, "--attacks", "4,6,13")
    assert "officer-0" not in text and "51.6" not in text and "-1.0" not in text


def test_a_crossed_line_ends_with_1(demo: Path, monkeypatch: pytest.MonkeyPatch):
    """A filter that hides nothing does not pass: here the unmasked stream takes the place of the release."""

    def unmasked(force: ForceTruth, store: Path, truth: Path, numbers: set[int]) -> Iterator[ResultRow]:
        visible = baselines.no_mask(force.scenario())
        return attack_store.attack_store(replace(force, visible=visible), store, truth, numbers)

    monkeypatch.setattr("offduty.cli.attack.attack_store", unmasked)
    with pytest.raises(LineCrossedError, match="lines are crossed") as crossed:
        attacked(demo, "--roster", str(demo / "roster.csv"), "--attacks", "4,6")
    assert crossed.value.exit_code == 1
    assert CROSSED == "CROSSED"


@pytest.mark.parametrize("options", [["--attacks", "15"], ["--attacks", "one"], ["--attacks", "2"]])
def test_attacks_that_cannot_be_made_here_are_refused(demo: Path, options: list[str]):
    with pytest.raises(UsageError):
        attacked(demo, *options)


def test_a_store_and_its_truth_are_needed():
    with pytest.raises(UsageError, match="--truth"):
        CliRunner().invoke(cli, ["attack"], catch_exceptions=False, standalone_mode=False)


def test_truth_without_homes_is_refused(demo: Path, tmp_path: Path):
    with pytest.raises(InputError, match=r"homes\.csv"):
        CliRunner().invoke(
            cli,
            ["attack", str(demo / "store"), "--truth", str(tmp_path)],
            catch_exceptions=False,
            standalone_mode=False,
        )


def test_the_key_must_be_that_of_the_run(demo: Path, tmp_path: Path):
    """Without it the pseudonyms of the release cannot be matched to the true homes."""
    (tmp_path / "other.key").write_text("11" * 32)
    (tmp_path / "other.key").chmod(0o600)
    with pytest.raises(InputError, match="pseudonyms"):
        attacked(demo, "--key", str(tmp_path / "other.key"), "--attacks", "4")
