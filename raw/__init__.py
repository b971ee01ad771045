"""PULL: what publishers say, kept as they said it."""
