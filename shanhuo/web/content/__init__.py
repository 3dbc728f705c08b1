"""Posts: making them, watching them, talking about them."""
