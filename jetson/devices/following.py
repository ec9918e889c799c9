"""The fleet's connection to the broker: follows what the devices tell, and connects again where it is lost."""

import threading
import uuid
from typing import Any, List, Optional, Set

from jetson.devices.device import Device
from jetson.devices.finding import ANNOUNCEMENTS, Devices
from runtime.clock import MonotonicClock
from runtime.mqtt.address import Broker
from runtime.mqtt.link import TURN_S, Link, LostError, Message, import_paho

QUIET_S = 1.0
"""Nobody new for so long: those that are with the broker are found."""
LONGEST_S = 20.0
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 30.0
"""Between two tries to connect again."""


class Following:
    """Of one broker, for one thread, which gives it its time by `turn`."""

    def __init__(self, broker: Broker, paho: Optional[Any] = None) -> None:
        """LostError: the broker is not reached. MissingPackageError: no paho-mqtt."""
        self.devices = Devices(broker.prefix)
        self.trouble = ""
        """Why there is no connection at present; empty: there is one."""
        self._paho, self._broker = paho or import_paho(), broker
        self._clock = MonotonicClock()
        self._wait_s, self._again_at_s = FIRST_WAIT_S, 0.0
        self._never = threading.Event()
        self._topics: List[str] = [ANNOUNCEMENTS]
        self._own_topics: Set[str] = set()
        self._is_subscribed = False
        self._link: Optional[Link] = None
        self._connect()

    def _connect(self) -> None:
        self._is_subscribed = False
        self._link = Link(self._paho, self._broker, "shelfsight-fleet-" + uuid.uuid4().hex[:8])

    def follow(self, topic: str) -> None:
        """From now on `turn` gives what comes there."""
        if topic in self._own_topics:
            return
        self._topics.append(topic)
        self._own_topics.add(topic)
        try:
            if self._is_subscribed and self._link is not None:
                self._link.subscribe(topic)
        except LostError as error:
            self._lose(str(error))

    def settle(self) -> List[Device]:
        """Wait until nobody new is found; the devices, by name. LostError: the connection was refused or lost."""
        began_s = quiet_since_s = self._clock.now_s()
        known: List[Device] = []
        while True:
            now_s, before = self._clock.now_s(), known
            known = self.devices.all()
            is_waiting = not self._is_subscribed or (self._link is not None and self._link.is_waiting)
            if is_waiting or len(known) != len(before) or any(one.is_online is None for one in known):
                quiet_since_s = now_s
            if now_s - quiet_since_s >= QUIET_S or now_s - began_s >= LONGEST_S:
                return known
            self.turn()
            if self.trouble:
                raise LostError(self.trouble)

    def turn(self) -> List[Message]:
        """Send and receive for TURN_S at most; what came that the list is not made of. Lost, it connects again."""
        if self._link is None and self._clock.now_s() < self._again_at_s:
            self._clock.wait(self._never, TURN_S)
            return []
        try:
            if self._link is None:
                self._connect()
            return self._received()
        except LostError as error:
            self._lose(str(error))
            return []

    def send(self, topic: str, payload: Any, retain: bool = False) -> None:
        """Lost where there is no connection, as `trouble` tells."""
        try:
            if self._link is not None:
                self._link.send(topic, payload, retain)
        except LostError as error:
            self._lose(str(error))

    def _received(self) -> List[Message]:
        assert self._link is not None
        got = self._link.turn()
        if self._link.is_connected and not self._is_subscribed:
            self._is_subscribed, self.trouble, self._wait_s = True, "", FIRST_WAIT_S
            for topic in self._topics:
                self._link.subscribe(topic)
        others = []
        for topic, payload in got:
            if topic in self._own_topics:
                others.append((topic, payload))
                continue
            for found in self.devices.note(topic, payload):
                self._topics.append(found)
                self._link.subscribe(found)
        return others

    def _lose(self, why: str) -> None:
        self.trouble = why
        if self._link is not None:
            self._link.close()
        self._link, self._again_at_s = None, self._clock.now_s() + self._wait_s
        self._wait_s = min(LONGEST_WAIT_S, 2 * self._wait_s)

    def close(self) -> None:
        """Say goodbye."""
        if self._link is not None:
            self._link.close()

    def __enter__(self) -> "Following":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
