"""A city that does not exist, in front of the feed that does: a season with grants and without.

A model, not evidence: docs/simulation.md says what is assumed, what is sampled, what it cannot say.
"""
