"""What the double raises beyond the real modules' own errors."""


class Misuse(AssertionError):
    """The real thing would crash or quietly compute on the wrong bytes here: the test must not pass."""


class NotPlayed(NotImplementedError):
    """The real thing has this, the double does not play it."""
