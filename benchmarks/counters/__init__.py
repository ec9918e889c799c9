"""Tracks of moving scenes with the truth of what passed, and the counters that are put to them."""
