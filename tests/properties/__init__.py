"""Properties that hold in every world: oracle, metamorphic relations, negations."""
