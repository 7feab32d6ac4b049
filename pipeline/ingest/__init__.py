"""Reads the inputs: files, tables of a database and objects of an object store become the columns of the contract.

A file that cannot be read, or lacks a column, is refused here (`text_files`, `ping_files`). A single row of pings that
breaks the contract is set aside by `decision/join_pings.sql`, which runs the checks of `schemas/pings.odcs.yaml`; one
of a reference table is read as widely as it may mean, in `duty` and `geofence`.
"""
