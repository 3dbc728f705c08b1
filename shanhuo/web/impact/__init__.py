"""County pages, figures and their definitions."""
