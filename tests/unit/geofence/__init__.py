"""Tests of `offduty.geofence`."""
