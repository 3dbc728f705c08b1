"""The desk of the county office (`/county`)."""
