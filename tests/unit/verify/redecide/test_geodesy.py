"""Distances of the second implementation: exact, and uncertain only within millimetres of a polygon's reach."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyproj import Geod

from offduty.verify.redecide import decide_again
from offduty.verify.redecide.geofence.geodesy import Edges, nearest_m, roughly_m
from offduty.verify.redecide.geofence.read_geometry import UnusableGeometryError, read_geometry
from offduty.verify.redecide.geofence.rings import place_parts, site_parts
from offduty.verify.redecide.ingest.reference_row import ReferenceRow
from tests import shapes
from tests.second_implementation import case_of
from tests.world import assignment, filtered, ping, place, shift, site, world

GEOD = Geod(ellps="WGS84")


def edges(*lines: tuple[float, float, float, float]) -> Edges:
    """Edges by their ends."""
    return Edges(*(np.array(column, float) for column in zip(*lines, strict=True)))


def stepped_m(lon: float, lat: float, line: tuple[float, float, float, float], steps: int = 20_001) -> float:
    """The distance by brute force: to many points of the edge, then to many points near the nearest of them."""
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
    "around the pole": (0.0, 89.9, 120.0, 89.9),
}


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
@pytest.mark.parametrize("aside_m", [0.5, 300.0, 30_000.0])
@pytest.mark.parametrize("azimuth", [17.0, 100.0, 230.0])
def test_the_nearest_point_of_an_edge(line, aside_m, azimuth):
    """It agrees with brute force to a tenth of a millimetre."""
    middle = (line[0] + line[2]) / 2, (line[1] + line[3]) / 2
    lon, lat, _ = GEOD.fwd(*middle, azimuth, aside_m)
    found = nearest_m(np.zeros(1, int), np.array([lon]), np.array([lat]), edges(line), 1)[0]
    assert found == pytest.approx(stepped_m(lon, lat, line), abs=1e-4)


def test_the_nearest_of_several_edges():
    """An owner without edges is infinitely far."""
    lines = [LINES["short"], LINES["far north"]]
    found = nearest_m(np.array([0, 0]), np.array([-0.1, -0.1]), np.array([51.5, 51.5]), edges(*lines), 2)
    assert found[0] == 0
    assert found[1] == np.inf


def test_rough_bounds_are_bounds():
    """The true distance is between them, anywhere on the Earth."""
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
    """A row with this geometry."""
    return ReferenceRow(0, 0, {"geometry": geometry})


@pytest.mark.parametrize("awkward", shapes.AWKWARD, ids=lambda each: each.name)
def test_awkward_geometries_can_be_read(awkward):
    """Every geometry of the catalogue is a place, and those marked so are sites."""
    shape = read_geometry(drawn(awkward.geometry))
    assert place_parts(shape)
    try:
        site_parts(shape)
        usable = True
    except UnusableGeometryError:
        usable = False
    assert usable or not awkward.site


@pytest.mark.parametrize("values", shapes.NOT_UNDERSTOOD.values(), ids=shapes.NOT_UNDERSTOOD)
def test_unusable_geometries_are_refused(values):
    """None of them becomes an area."""
    with pytest.raises(UnusableGeometryError):
        place_parts(read_geometry(ReferenceRow(0, 0, values)))


def test_awkward_places_in_a_run(ask_filter):
    """All of the catalogue at once, each place for one officer: pings inside, at vertices, and a kilometre away."""
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
    """The filter and the second implementation agree."""
    result = filtered(given, folder)
    found = decide_again(case_of(result.path, folder))
    assert not found.differs, found
    return found


@pytest.mark.parametrize("metres", [-0.5, -0.002, 0.002, 0.5])
def test_two_millimetres_from_a_circle_are_certain(ask_filter, metres):
    """Both implementations measure circles as geodesics; a place is a millimetre larger than drawn."""
    lon, lat, _ = GEOD.fwd(-0.10, 51.50, 77.0, 100 + 200 + 2 * 10 + metres)
    given = world([ping("09:00", (lon, lat))], sites=[site((lon, lat), 1)])
    found = agreed(given, ask_filter.folder())
    assert found.rows_at_a_boundary == 0
    assert found.counts["protected_place"] == (metres < 0.001)


def box_and_spot(metres: float) -> tuple[dict, tuple[float, float]]:
    """A home drawn as a polygon, and a position this far beyond its reach (300 m), north of the middle of its edge."""
    ring = [[-0.11, 51.495], [-0.10, 51.495], [-0.10, 51.50], [-0.11, 51.50], [-0.11, 51.495]]
    lon, lat, _ = GEOD.fwd(-0.105, 51.50, 0.0, 300 + metres)
    return {"type": "Polygon", "coordinates": [ring]}, (lon, lat)


@pytest.mark.parametrize(("metres", "in_doubt"), [(-0.01, False), (0.0011, True), (0.01, False), (0.3, False)])
def test_at_a_polygons_reach_the_recorded_reason_is_taken(ask_filter, metres, in_doubt):
    """Within about a millimetre of the reach both reasons are right; a centimetre away only one is."""
    area, spot = box_and_spot(metres)
    given = world([ping("09:00", spot, accuracy=50)], places=[place(geometry=area)], sites=[site(spot, 1)])
    found = agreed(given, ask_filter.folder())
    assert found.rows_at_a_boundary == in_doubt


@pytest.mark.parametrize(("metres", "right"), [(-0.01, "protected_place"), (0.01, "on_duty")])
def test_a_wrong_reason_near_a_polygons_reach_is_found(ask_filter, metres, right):
    """A centimetre from the reach there is only one right reason."""
    area, spot = box_and_spot(metres)
    folder = ask_filter.folder()
    given = world([ping("09:00", spot, accuracy=50)], places=[place(geometry=area)], sites=[site(spot, 1)])
    result = filtered(given, folder)
    assert result.reasons == [right]
    wrong = "on_duty" if right == "protected_place" else "protected_place"
    (ledger,) = (result.path / "ledger").glob("*.parquet")
    table = pq.ParquetFile(ledger).read()
    pq.write_table(table.set_column(2, "reason", pa.array([wrong])), ledger)
    (difference,) = decide_again(case_of(result.path, folder)).differences.first
    assert (difference.recorded, difference.again) == (wrong, right)


def test_an_imprecise_fix_at_a_polygons_reach(ask_filter):
    """It may or may not be a contact: the ping that it may hide is decided as recorded, and counted."""
    area, spot = box_and_spot(0.0011)
    pings = [ping("09:00"), ping("09:30", "street"), ping("09:45", spot, accuracy=4000), ping("10:00")]
    given = world(pings, places=[place(geometry=area)], policy={"accuracy": {"max_m": 50.0}})
    found = agreed(given, ask_filter.folder())
    assert found.rows_at_a_boundary == 1
    assert found.counts["imprecise"] == 1
