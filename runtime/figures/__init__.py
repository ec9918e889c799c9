"""The rate and all that goes with it: measured, worded and reported with the same words everywhere."""
