"""The port to payment companies, and their adapters."""
