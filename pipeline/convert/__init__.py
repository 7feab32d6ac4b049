"""Turns files that trackers, calendars, maps and device desks write into tables of the contract, for a job to read."""
