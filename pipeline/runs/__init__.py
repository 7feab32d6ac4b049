"""Runs a job over one interval or many, plans and compares runs, and checks what was published."""
