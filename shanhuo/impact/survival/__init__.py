"""What becomes of creators once their support has ended; docs/fairness.md defines it.

It is read off the two logs: what was lifted and watched from the signals, what was published and
when grants ended from the facts.
"""
