"""The red team: attacks on a release and on the masks that people use today (docs/explanation/threat-model.md).

Each attack gets only what its attacker would have. The true homes and tracks are used to score it afterwards.
"""
