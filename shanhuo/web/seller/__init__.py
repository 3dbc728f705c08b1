"""The desk of cooperatives and merchants (`/sell`)."""
