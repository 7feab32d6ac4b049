"""Determines which officer had which device, and who was on duty: custody and roster become one timeline."""
