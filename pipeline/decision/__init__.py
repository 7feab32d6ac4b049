"""Decides the reason of every ping: arrays of pings in, reasons out; no file is opened here."""
