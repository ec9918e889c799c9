"""Whether one engine may stand in for another: the thresholds and the comparison."""
