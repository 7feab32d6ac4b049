"""Lets ``python -m pipeline`` stand for the command ``offduty``."""

from pipeline.cli import main

main()
