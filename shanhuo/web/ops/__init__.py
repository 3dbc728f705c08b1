"""The desk of the platform's operators and auditors (`/ops`)."""
