"""Lets ``python -m pipeline`` stand for the command ``offduty``."""

from offduty.cli import main

main()
