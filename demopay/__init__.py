"""A demonstration payment company: a separate program with its own page, keys and ledger."""
