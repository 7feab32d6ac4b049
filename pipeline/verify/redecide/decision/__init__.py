"""Decides every ping a second time."""
