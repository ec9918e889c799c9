"""The contract of who listens to the broker beside the thread that tells, which calls it."""

from typing import List, NamedTuple, Sequence, Union


class Said(NamedTuple):
    """A message to the broker."""

    topic: str
    payload: Union[str, bytes]
    retain: bool = False


class Ears:
    """These hear nothing and say nothing. Each method returns at once."""

    def topics(self, prefix: str) -> Sequence[str]:
        """What to subscribe to, for a camera with this prefix; asked at each new connection."""
        return ()

    def hear(self, topic: str, payload: bytes) -> None:
        """A message of one of `topics`."""

    def say(self) -> List[Said]:
        """What is to be told by now: asked some times a second, and now and then without a broker, who misses it."""
        return []
