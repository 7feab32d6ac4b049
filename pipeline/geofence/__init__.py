"""Protected places and sites as geofences in metres; the only folder of the filter that uses shapely and pyproj."""

from offduty.geofence.hidden_sites import HiddenSites, settle_hidden_sites
from offduty.geofence.places import Places, settle_places
from offduty.geofence.site_exclusions import SiteExclusions, settle_site_exclusions
from offduty.geofence.sites import Sites, settle_sites, site_areas_km2

__all__ = [
    "HiddenSites",
    "Places",
    "SiteExclusions",
    "Sites",
    "settle_hidden_sites",
    "settle_places",
    "settle_site_exclusions",
    "settle_sites",
    "site_areas_km2",
]
