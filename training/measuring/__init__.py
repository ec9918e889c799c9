"""Thresholds and the table of a bundle's card, from what was measured."""
