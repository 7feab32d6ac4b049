"""Settles who held which device and who was on duty: custody and roster become one timeline."""
