"""Areas: protected places and workplaces as metre-true fences; the one room that knows shapes."""

from pipeline.areas.places import Places, settle_places
from pipeline.areas.sites import Sites, settle_sites

__all__ = ["Places", "Sites", "settle_places", "settle_sites"]
