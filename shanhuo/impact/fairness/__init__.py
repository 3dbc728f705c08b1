"""Who is shown how much, how even that is, whether the floors were kept, and what it costs.

Everything is read off the exposures of the feed in the signal log; docs/fairness.md defines it.
"""
