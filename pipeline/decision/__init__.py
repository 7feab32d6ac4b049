"""Decides the reason of every ping: arrays in, reasons out."""
