"""The public face: home, search, counties, about, one's own hub."""
