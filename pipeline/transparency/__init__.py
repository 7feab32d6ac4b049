"""The log that anybody can check: a Merkle tree, signed checkpoints, and proofs of inclusion and consistency."""
