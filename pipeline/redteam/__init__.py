"""The red team: attacks on a release, and on the masks that people use today, each with only what its attacker would
hold.
"""
