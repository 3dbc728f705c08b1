"""The clips: the vertical feed, why something is shown, and what a viewer may switch off."""
