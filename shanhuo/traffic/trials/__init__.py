"""Trials of grants (实验): half of the people are held out, and what the others do is compared.

`experiments` has the arithmetic and `grants.gate` keeps the arms apart; here are those who promise
(`services`), the logs by cell (`outcomes`), and those who read (`looking`, `queries`).
docs/grants.md, docs/decisions/0042.
"""
