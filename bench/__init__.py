"""Benchmarks: every track prints its table with baselines, our figure and the limit."""
