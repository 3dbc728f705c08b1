"""Signing in and out, one's own data, organisations and their members."""
