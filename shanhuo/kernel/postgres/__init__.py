"""PostgreSQL as Django speaks to it, without two habits that a busy server pays for: asking before
each request whether the connection lives, and having every statement planned anew."""
