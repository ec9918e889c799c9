"""How many frames took how long, from capture to the sinks."""

from runtime.figures.buckets import Buckets

LATENCY_BUCKETS_S = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1.0)
"""From less than any camera's period to what nobody can use."""


class LatencyHistogram(Buckets):
    """Of each presented frame."""

    def __init__(self) -> None:
        super().__init__(LATENCY_BUCKETS_S)
