"""Zones and lines in the picture, and what is counted there."""
