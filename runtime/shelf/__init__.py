"""A shelf as it should look, and what of it is missing, low, wrong, unknown or hidden."""
