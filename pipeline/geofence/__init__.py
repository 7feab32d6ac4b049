"""Areas: protected places and workplaces as metre-true fences; the one room that knows shapes."""

from offduty.geofence.places import Places, settle_places
from offduty.geofence.sites import Sites, settle_sites

__all__ = ["Places", "Sites", "settle_places", "settle_sites"]
