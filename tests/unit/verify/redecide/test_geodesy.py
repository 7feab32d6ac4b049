"""The second implementation's metres: exact on lines that are straight in degrees, and in doubt only at a rim."""

from __future__ import annotations

import numpy as np
import pytest
from pyproj import Geod

from offduty.verify.redecide import decide_again
from offduty.verify.redecide.geofence.geodesy import Edges, nearest_m, roughly_m
from offduty.verify.redecide.geofence.read_geometry import UnusableGeometryError, read_geometry
from offduty.verify.redecide.geofence.rings import place_parts, site_parts
from offduty.verify.redecide.ingest.reference_reader import ReferenceRow
from tests import shapes
from tests.second_implementation import case_of
from tests.world import assignment, filtered, ping, place, shift, site, world

GEOD = Geod(ellps="WGS84")


def edges(*lines: tuple[float, float, float, float]) -> Edges:
    """Edges by their ends."""
    return Edges(*(np.array(column, float) for column in zip(*lines, strict=True)))


def stepped_m(lon: float, lat: float, line: tuple[float, float, float, float], steps: int = 20_001) -> float:
    """The distance by brute force: to very many points of the edge, then to as many beside the nearest of them."""
    low, high, nearest = 0.0, 1.0, np.inf
    for _ in range(3):
        share = np.linspace(low, high, steps)
        x, y = line[0] + (line[2] - line[0]) * share, line[1] + (line[3] - line[1]) * share
        far = np.asarray(GEOD.inv(np.full(steps, lon), np.full(steps, lat), x, y)[2])
        at, nearest = int(far.argmin()), float(far.min())
        low, high = share[max(at - 1, 0)], share[min(at + 1, steps - 1)]
    return nearest


LINES = {
    "short": (-0.10, 51.50, -0.11, 51.503),
    "along a parallel": (10.0, 60.0, 11.0, 60.0),
    "along a meridian": (10.0, 60.0, 10.0, 60.5),
    "far north": (20.0, 84.0, 23.0, 84.1),
    "over the antimeridian": (179.9, -17.0, 180.2, -17.1),
    "a point": (5.0, 5.0, 5.0, 5.0),
    "to the pole": (30.0, 89.9, 30.0, 90.0),
    "round the pole": (0.0, 89.9, 120.0, 89.9),
}


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
@pytest.mark.parametrize("aside_m", [0.5, 300.0, 30_000.0])
@pytest.mark.parametrize("azimuth", [17.0, 100.0, 230.0])
def test_the_nearest_point_of_an_edge(line, aside_m, azimuth):
    """To a tenth of a millimetre, beside what brute force gives."""
    middle = (line[0] + line[2]) / 2, (line[1] + line[3]) / 2
    lon, lat, _ = GEOD.fwd(*middle, azimuth, aside_m)
    found = nearest_m(np.zeros(1, int), np.array([lon]), np.array([lat]), edges(line), 1)[0]
    assert found == pytest.approx(stepped_m(lon, lat, line), abs=1e-4)


def test_of_several_edges_the_nearest():
    """And an owner without any is infinitely far."""
    lines = [LINES["short"], LINES["far north"]]
    found = nearest_m(np.array([0, 0]), np.array([-0.1, -0.1]), np.array([51.5, 51.5]), edges(*lines), 2)
    assert found[0] == 0
    assert found[1] == np.inf


def test_rough_bounds_hold():
    """Wherever they say anything, the true distance lies between them."""
    rng = np.random.default_rng(5)
    for _ in range(300):
        lon, lat = rng.uniform(-180, 180), rng.uniform(-85, 85)
        far = 10 ** rng.uniform(0, 4.2)
        x, y, _ = GEOD.fwd(lon, lat, rng.uniform(0, 360), far)
        u, v, _ = GEOD.fwd(x, y, rng.uniform(0, 360), 10 ** rng.uniform(0, 3.8))
        u = x + (u - x + 180) % 360 - 180
        line = edges((x, y, u, v))
        least, most = roughly_m(np.array([lon]), np.array([lat]), line)
        true = nearest_m(np.zeros(1, int), np.array([lon]), np.array([lat]), line, 1)[0]
        assert least[0] <= true <= most[0]


def drawn(geometry: object) -> ReferenceRow:
    """A row that draws it."""
    return ReferenceRow(0, 0, {"geometry": geometry})


@pytest.mark.parametrize("awkward", shapes.AWKWARD, ids=lambda each: each.name)
def test_awkward_places_are_understood(awkward):
    """As the catalogue says: every one is a place, and those that may be are sites."""
    shape = read_geometry(drawn(awkward.geometry))
    assert place_parts(shape)
    try:
        site_parts(shape)
        taken = True
    except UnusableGeometryError:
        taken = False
    assert taken or not awkward.site


@pytest.mark.parametrize("values", shapes.NOT_UNDERSTOOD.values(), ids=shapes.NOT_UNDERSTOOD)
def test_what_cannot_be_understood(values):
    """Nothing that could be taken for an area."""
    with pytest.raises(UnusableGeometryError):
        place_parts(read_geometry(ReferenceRow(0, 0, values)))


def test_awkward_places_in_a_run(ask_filter):
    """The whole catalogue at once, each place its own officer's: inside, vertices, and a kilometre away."""
    pings, roster, assignments, places = [], [], [], []
    for number, awkward in enumerate(shapes.AWKWARD):
        officer, device = f"o{number}", f"d{number}"
        assignments.append(assignment(device, officer))
        roster.append(shift(shift_id=officer, officer=officer))
        places.append(place(geometry=awkward.geometry, officer=officer, place_id=officer))
        spots = [*awkward.inside, *awkward.away]
        pings += [
            ping(f"09:{n:02d}", spot, accuracy=1, device=device) for n, spot in enumerate(spots) if spot != (0, 0)
        ]
    given = world(pings, assignments=assignments, roster=roster, places=places, policy={"legs": {"rule": "off"}})
    agreed(given, ask_filter.folder())
    sites = [{"site_id": f"s{n}", "geometry": awkward.geometry} for n, awkward in enumerate(shapes.AWKWARD)]
    roster = [shift(f"2026-03-{day:02d}T00:00", f"2026-03-{day:02d}T23:00", shift_id=f"r{day}") for day in range(1, 29)]
    spots = [spot for awkward in shapes.AWKWARD for spot in (*awkward.inside, *awkward.away) if spot != (0, 0)]
    pings = [ping(f"2026-03-{1 + n % 28:02d}T{n // 28:02d}:00:00Z", spot) for n, spot in enumerate(spots)]
    agreed(world(pings, roster=roster, sites=sites, places=[place("home", 1)]), ask_filter.folder())


def agreed(given, folder):
    """The filter and the second implementation decide alike."""
    said = filtered(given, folder)
    found = decide_again(case_of(said.path, folder))
    assert not found.differs, found
    return found


@pytest.mark.parametrize("metres", [-0.5, -0.002, 0.002, 0.5])
def test_two_millimetres_from_a_circles_rim_are_no_doubt(ask_filter, metres):
    """Circles are geodesics on both sides: a place is a millimetre larger than drawn, and nothing is left to doubt."""
    lon, lat, _ = GEOD.fwd(-0.10, 51.50, 77.0, 100 + 200 + 2 * 10 + metres)
    given = world([ping("09:00", (lon, lat))], sites=[site((lon, lat), 1)])
    found = agreed(given, ask_filter.folder())
    assert found.rows_at_a_boundary == 0
    assert found.counts["protected_place"] == (metres < 0.001)


def box_and_spot(metres: float) -> tuple[dict, tuple[float, float]]:
    """A home drawn as a polygon, and a spot so far beyond its reach (300 m), due north of its edge's middle."""
    ring = [[-0.11, 51.495], [-0.10, 51.495], [-0.10, 51.50], [-0.11, 51.50], [-0.11, 51.495]]
    lon, lat, _ = GEOD.fwd(-0.105, 51.50, 0.0, 300 + metres)
    return {"type": "Polygon", "coordinates": [ring]}, (lon, lat)


@pytest.mark.parametrize(("metres", "in_doubt"), [(-0.01, False), (0.0011, True), (0.01, False), (0.3, False)])
def test_at_a_polygons_rim_the_word_on_record_is_taken(ask_filter, metres, in_doubt):
    """Within a millimetre or so of the rim the filter may be right either way; a centimetre away it may not."""
    area, spot = box_and_spot(metres)
    given = world([ping("09:00", spot, accuracy=50)], places=[place(geometry=area)], sites=[site(spot, 1)])
    found = agreed(given, ask_filter.folder())
    assert found.rows_at_a_boundary == in_doubt


@pytest.mark.parametrize(("metres", "right"), [(-0.01, "protected_place"), (0.01, "on_duty")])
def test_a_wrong_word_near_a_rim_is_found(ask_filter, metres, right):
    """The doubt excuses nothing that is farther away."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    area, spot = box_and_spot(metres)
    folder = ask_filter.folder()
    given = world([ping("09:00", spot, accuracy=50)], places=[place(geometry=area)], sites=[site(spot, 1)])
    said = filtered(given, folder)
    assert said.reasons == [right]
    wrong = "on_duty" if right == "protected_place" else "protected_place"
    (ledger,) = (said.path / "ledger").glob("*.parquet")
    table = pq.ParquetFile(ledger).read()
    pq.write_table(table.set_column(2, "reason", pa.array([wrong])), ledger)
    (difference,) = decide_again(case_of(said.path, folder)).differences.first
    assert (difference.said, difference.again) == (wrong, right)


def test_a_poor_fix_at_a_rim_may_or_may_not_have_touched(ask_filter):
    """Its reason does not show it; the ping it may hide is decided as the record says, and counted."""
    area, spot = box_and_spot(0.0011)
    pings = [ping("09:00"), ping("09:30", "street"), ping("09:45", spot, accuracy=4000), ping("10:00")]
    given = world(pings, places=[place(geometry=area)], policy={"accuracy": {"max_m": 50.0}})
    found = agreed(given, ask_filter.folder())
    assert found.rows_at_a_boundary == 1
    assert found.counts["imprecise"] == 1
