"""Flags, their values, log lines, and how a command ends."""
