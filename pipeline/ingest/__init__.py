"""Reads the inputs: files, databases and object stores become the columns of the contract."""
