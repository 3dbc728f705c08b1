"""The public shelves: goods, one product, its certificate, a county's shop and its pool."""
