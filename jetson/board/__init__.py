"""The board's sensors and what holds its clocks down, read from sysfs."""
