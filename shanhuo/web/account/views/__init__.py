"""The account pages, one module per errand."""
