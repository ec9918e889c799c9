"""Products taught on this device: a database of their views beside the bundle, and what the gallery takes from it."""
