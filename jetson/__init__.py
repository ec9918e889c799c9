"""The board: telemetry read from sysfs, checks, device set-up. Python 3.6."""
