"""Reads the inputs: files, tables of a database and objects of an object store become the columns of the contract.

A file that cannot be read, or lacks a column, is refused here (`text_files`, `ping_files`). A single row of pings that
breaks the contract is refused by the checks of `schemas/pings.odcs.yaml`: a row of text (CSV) in `pings_from_text.sql`,
one of Parquet in `decision/join_pings.sql`. One of a reference table is read as widely as it may mean, in `duty` and
`geofence`.
"""
