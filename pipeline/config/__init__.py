"""Reads what a run must do: the policy, the job, the key files and the contracts of the input tables."""
