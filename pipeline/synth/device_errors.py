"""Makes the rows that devices send: errors of position and clock, outliers, gaps, repeats, late and malformed rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from offduty.synth.arrays import DAY_S, Columns, Floats, Ints, rows_of, spans
from offduty.synth.geography import METRES_PER_LAT, METRES_PER_LON, degrees
from offduty.synth.itinerary import State
from offduty.synth.rng import RandomStream, normal_quantiles
from offduty.synth.trajectories import Track, WorldSetting

# Stated accuracy by kind of place: shares of the fixes, and the metres that they do not exceed, interpolated linearly.
# Indoors nine of ten fixes are within 100 m and a few are wrong by kilometres, like hand-labelled fixes of real phones.
ACCURACY_KNOTS = (
    ((0, 0.3, 0.6, 0.8, 0.9, 0.95, 0.98, 0.995, 1), (4, 12, 20, 40, 90, 200, 800, 2_000, 5_000)),
    ((0, 0.5, 0.9, 0.98, 1), (3, 6, 15, 35, 120)),
    ((0, 0.5, 0.9, 0.99, 1), (3, 8, 20, 60, 200)),
)
ACCURACY_STEPS = 256
SIGMA_PER_ACCURACY = 0.66  # accuracy is the radius that contains 68 % of the fixes; sigma is along one axis
TOO_SURE_M = 1.9
NULL_ACCURACY_M = -1.0  # means "not reported" until the columns are converted to Arrow
NULL_INSTANT_US = np.iinfo(np.int64).min  # numpy's NaT

RARE = 65_536  # each ping draws one number below this; the events of the next line are shares of it
LOST, OUTLIER, REPEATED, TWICE, MALFORMED = 1_300, 330, 330, 60, 33
FAR_FUTURE_US = 4_070_908_800_000_000  # 2099


@dataclass(frozen=True)
class SentRows:
    """Rows in the order in which they were sent: those that arrive `now`, and `late` ones with the step of arrival."""

    now: Columns
    late: Columns


@cache
def accuracies_m() -> Floats:
    """Stated accuracies in metres: 256 equally likely values for each kind of place, in order of the kinds."""
    share = (np.arange(ACCURACY_STEPS) + 0.5) / ACCURACY_STEPS
    return np.concatenate([np.rint(np.interp(share, shares, metres) * 10) / 10 for shares, metres in ACCURACY_KNOTS])


def report(setting: WorldSetting, track: Track, first: int, last: int, with_truth: bool) -> SentRows:
    """The rows of all devices for the day's steps `[first, last)`: by step, then by device, which is order of time.

    Columns: device (-1: none), observed_us, lon, lat, accuracy_m; with truth also officer (-1: nobody), state,
    true_lon, true_lat. `late` also has `arrives`, a step counted from the start of this day; it may be of a later day.
    """
    count = len(setting.devices)
    rng = RandomStream(setting.world.seed, "noise", track.day, first)
    cells = track.cells(first, last, count).reshape(-1)
    words = rng.words(len(cells)).view(np.uint16).reshape(-1, 4)
    luck = np.ascontiguousarray(words[:, 3])
    reported, truth = _positions(track, cells, words, np.repeat(np.arange(first, last, dtype=np.float64), count))
    sent: Columns = {
        "device": np.tile(np.arange(count, dtype=np.int32), last - first),
        "observed_us": _instants_us(setting, track, first, last, words),
        **reported,
    }
    if with_truth:
        sent |= _truth(track, cells, truth)
    times = (track.pieces["state"] != State.SILENT).view(np.uint8)[cells]
    repeats = _rare_events(sent, times, luck, rng)
    late = _late(track, first, last, count, times)
    late_columns = rows_of(sent, late["row"]) | {"arrives": late["arrives"]}
    rows = np.repeat(np.arange(len(cells)), times)
    now = rows_of(sent, rows)
    _second_positions(now, rows, repeats[times[repeats] == 2], rng)
    return SentRows(now, late_columns)


def _positions(
    track: Track, cells: Ints, words: npt.NDArray[np.uint16], steps: Floats
) -> tuple[Columns, tuple[Floats, Floats]]:
    """Reported longitude, latitude and accuracy, and the true position in metres."""
    pieces = track.pieces
    x_m = pieces["x0_m"][cells] + pieces["x_step_m"][cells] * steps
    y_m = pieces["y0_m"][cells] + pieces["y_step_m"][cells] * steps
    kind = (pieces["noise"].astype(np.int64) * ACCURACY_STEPS)[cells]
    accuracy_m = accuracies_m()[kind + (words[:, 2] >> 8)]
    sigma_m = accuracy_m * SIGMA_PER_ACCURACY
    bell = normal_quantiles()
    x_seen_m = x_m + pieces["x_bias_m"][cells] + bell[words[:, 0] >> 4] * sigma_m
    y_seen_m = y_m + pieces["y_bias_m"][cells] + bell[words[:, 1] >> 4] * sigma_m
    lon, lat = degrees(x_seen_m, y_seen_m)
    return {"lon": lon, "lat": lat, "accuracy_m": accuracy_m}, (x_m, y_m)


def _instants_us(setting: WorldSetting, track: Track, first: int, last: int, words: npt.NDArray[np.uint16]) -> Ints:
    """The instants by each device's own clock, in whole milliseconds, with up to a quarter of a second of jitter."""
    devices = setting.devices
    steps_ms = (track.first_step + np.arange(first, last)) * (setting.world.every_s * 1_000)
    instants_ms = steps_ms[:, None] + (devices.phase_ms + devices.skew_ms)[None, :]
    jitter_ms = (words[:, 2] & np.uint16(255)).astype(np.int64)
    return (instants_ms.reshape(-1) + jitter_ms) * 1_000 + setting.world.epoch_us


def _truth(track: Track, cells: Ints, position_m: tuple[Floats, Floats]) -> Columns:
    lon, lat = degrees(*position_m)
    return {
        "officer": track.pieces["officer"][cells],
        "state": track.pieces["state"][cells],
        "true_lon": lon,
        "true_lat": lat,
    }


def _rare_events(sent: Columns, times: npt.NDArray[np.uint8], luck: npt.NDArray[np.uint16], rng: RandomStream) -> Ints:
    """Make some fixes lost, outliers, repeated or malformed, in place. Returns the rows that get a second position."""
    rare = np.flatnonzero(luck < LOST + OUTLIER + REPEATED + TWICE + MALFORMED)
    rare = rare[times[rare] > 0]
    kind = np.searchsorted(np.cumsum([LOST, OUTLIER, REPEATED, TWICE]), luck[rare], side="right")
    times[rare[kind == 0]] = 0
    times[rare[(kind == 2) | (kind == 3)]] = 2
    _outliers(sent, rare[kind == 1], rng)
    _malformed(sent, rare[kind == 4], rng)
    twice: Ints = rare[kind == 3]
    return twice


def _outliers(sent: Columns, rows: Ints, rng: RandomStream) -> None:
    """Move fixes by hundreds of metres and let them state two metres, as real phones at rest do."""
    away_m = np.where(rng.chance(0.2, len(rows)), 900.0, 150.0)
    for column, scale in (("lon", METRES_PER_LON), ("lat", METRES_PER_LAT)):
        sent[column][rows] = np.rint((sent[column][rows] + rng.normal(len(rows)) * away_m / scale) * 1e7) / 1e7
    sent["accuracy_m"][rows] = TOO_SURE_M


def _malformed(sent: Columns, rows: Ints, rng: RandomStream) -> None:
    """Give each of these rows one fault, such as real exports have."""
    kind = rng.below(len(FAULTS), len(rows))
    for number, fault in enumerate(FAULTS):
        for column, value in fault.items():
            sent[column][rows[kind == number]] = value


FAULTS: tuple[dict[str, float], ...] = (
    {"lat": 400.17},
    {"lon": 0.0, "lat": 0.0},
    {"lon": np.nan, "lat": np.nan},
    {"lon": -181.5},
    {"lat": np.inf},
    {"device": -1},
    {"observed_us": 0},
    {"observed_us": FAR_FUTURE_US},
    {"observed_us": NULL_INSTANT_US},
    {"accuracy_m": 0.0},
    {"accuracy_m": 94_000.0},
    {"accuracy_m": NULL_ACCURACY_M},
    {"accuracy_m": np.nan},
)


def _late(track: Track, first: int, last: int, count: int, times: npt.NDArray[np.uint8]) -> Columns:
    """Remove the rows in signal gaps from `times`. Returns those that arrive later, with their step of arrival."""
    begin, end = np.maximum(track.gaps["begin"], first), np.minimum(track.gaps["end"], last)
    some = np.flatnonzero(end > begin)
    lengths = (end - begin)[some]
    step = spans(begin[some], lengths)
    row = (step - first) * count + np.repeat(track.gaps["device"][some], lengths)
    arrives = np.repeat(track.gaps["arrives"][some], lengths)
    row, once = np.unique(row, return_index=True)  # two gaps of one device may overlap
    arrives = arrives[once]
    delayed = (arrives >= 0) & (times[row] > 0)
    times[row] = 0
    return {"row": row[delayed], "arrives": arrives[delayed]}


def _second_positions(now: Columns, rows: Ints, twice: Ints, rng: RandomStream) -> None:
    """Move the second of two rows of one device and instant by some 40 m."""
    second = np.searchsorted(rows, twice, side="right") - 1
    for column in ("lon", "lat"):
        moved = now[column][second] + rng.normal(len(second)) * 4e-4
        now[column][second] = np.rint(moved * 1e7) / 1e7


def chunk_steps(setting: WorldSetting) -> int:
    """How many steps are made together: about half a million rows, for any number of threads."""
    return int(min(max(524_288 // len(setting.devices), 1), DAY_S // setting.world.every_s + 1))
