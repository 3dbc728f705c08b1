"""What a reader may ask of a list."""

from typing import Any

from django import forms


class Filters(forms.Form):
    """The questions above a list. What is odd is left out, not an error: it is a filter."""

    def asked(self) -> dict[str, Any]:
        """The valid ones only."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}
