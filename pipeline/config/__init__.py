"""Says what a run shall do: the policy, the job, the key files and the contracts of the tables, read strictly."""
