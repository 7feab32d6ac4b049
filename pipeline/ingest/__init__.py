"""Reads the inputs: files, tables of a database and objects of an object store become the columns of the contract."""
