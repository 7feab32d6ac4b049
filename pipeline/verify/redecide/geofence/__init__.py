"""Builds the geofences a second time, with other geometry than the filter's."""
