"""Protected places and sites as geofences in metres; the only folder of the filter that uses shapely and pyproj."""

from offduty.geofence.places import Places, settle_places
from offduty.geofence.sites import Sites, settle_sites

__all__ = ["Places", "Sites", "settle_places", "settle_sites"]
