"""Trials that tell what a grant changes: who is in which arm, what each arm may spend, how sure one
may be, and whom a deed changes at all.

Pure arithmetic on arrays: no tables, no clock, no log; `trials` and `grants.gate` use it. Why
budgets are split, and what is not claimed: docs/decisions/0042.
"""
