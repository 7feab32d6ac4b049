"""Reads the inputs and the recorded rows independently of the filter, and with other readers."""
