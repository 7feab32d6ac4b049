"""Inputs and stores in object stores, on loopback."""
