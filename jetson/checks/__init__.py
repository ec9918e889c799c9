"""The doctor's checks: each a function of a Machine that gives Findings. Python 3.6."""
