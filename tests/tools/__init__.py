"""The makers' tools write what they should, and nothing else."""
