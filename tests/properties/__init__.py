"""Properties of every world: agreement with the oracle, metamorphic relations, negations."""
