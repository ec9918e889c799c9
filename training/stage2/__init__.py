"""The classifier: its crops, its network, its head and its training."""
