"""Asking an index: which sightings are meant, and the appearances and videos that they add up to."""
