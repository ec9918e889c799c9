"""A condition that nobody notifies: waiting on it makes a millisecond of a fake clock pass."""


class Waiting:
    """Stands for a threading.Condition."""

    def __init__(self, clock):
        self._clock = clock

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def wait(self, timeout_s):
        self._clock.advance(0.001)
