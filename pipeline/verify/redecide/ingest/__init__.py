"""Reads the inputs a second time, with other readers than the filter's."""
