"""What an exposure contract adds to a score, so that it is delivered at the least cost to viewers.

Pure arithmetic on arrays: no tables, no clock, no log. The room gives it what it knows and keeps
what it decides. Why it works, and what was measured instead: docs/decisions/0040.
"""
