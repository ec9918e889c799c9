"""Devices found: each has left an announcement for Home Assistant with the broker, which names its topics."""

from typing import Callable, Dict, List, Tuple

from jetson.devices.device import Device, read, with_about, with_availability, with_figures, with_taking
from runtime.clock import MonotonicClock
from runtime.mqtt import discovery
from runtime.mqtt.messages import Topics
from runtime.taking.protocol import TakingTopics

MOST_DEVICES = 1000
ANNOUNCEMENTS = discovery.PREFIX + "/device/+/config"

_Reader = Callable[[Device, bytes], Device]


class Devices:
    """Those below one prefix, or all. Told messages, it says which topics to follow."""

    def __init__(self, prefix: str = "") -> None:
        """`prefix`: levels of a topic, as in shop; empty: devices of every prefix."""
        self._prefix = prefix
        self._clock = MonotonicClock()
        self._found: Dict[str, Device] = {}
        self._readers: Dict[str, Tuple[str, _Reader]] = {}
        """By topic: the device, and what reads it."""

    def all(self) -> List[Device]:
        """By name."""
        return [self._found[prefix] for prefix in sorted(self._found)]

    def get(self, prefix: str) -> Device:
        """KeyError: never found."""
        return self._found[prefix]

    def note(self, topic: str, payload: bytes) -> List[str]:
        """Take a message; the topics that are to be followed from now on. Whatever is not ours changes nothing."""
        if topic in self._readers:
            prefix, reader = self._readers[topic]
            self._found[prefix] = reader(self._found[prefix], payload)
            if reader is not with_availability:  # which the broker tells in its place
                self._found[prefix] = self._found[prefix]._replace(heard_s=self._clock.now_s())
            return []
        prefix = _announced(payload)
        is_ours = not self._prefix or (prefix + "/").startswith(self._prefix + "/")
        if not prefix or not is_ours or prefix in self._found or len(self._found) >= MOST_DEVICES:
            return []
        if topic != discovery.config_topic(Topics(prefix)):
            return []
        self._found[prefix] = Device(prefix)
        topics = Topics(prefix)
        readers: Dict[str, _Reader] = {
            topics.availability: with_availability,
            topics.about: with_about,
            topics.figures: with_figures,
            TakingTopics(prefix).state: with_taking,
        }
        self._readers.update({topic: (prefix, reader) for topic, reader in readers.items()})
        return list(readers)


def _announced(payload: bytes) -> str:
    """The prefix of the device of ours that this announcement is about; empty where it is none of ours."""
    told = read(payload)
    origin, availability = told.get("origin"), told.get("availability")
    if not isinstance(origin, dict) or origin.get("name") != discovery.ORIGIN or not isinstance(availability, list):
        return ""
    topic = availability[0].get("topic") if availability and isinstance(availability[0], dict) else None
    prefix, slash, level = topic.rpartition("/") if isinstance(topic, str) else ("", "", "")
    return prefix if slash + level == Topics("").availability and not set(prefix) & set("+#\0") else ""
