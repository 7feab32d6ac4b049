"""Builds the geofences independently of the filter, and with other methods of geometry."""
