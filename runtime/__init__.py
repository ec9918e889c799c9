"""The camera program: sources, engines, two stages, the meter and the sinks. Python 3.6."""

__version__ = "0.1.0"
