"""The thread that tells: connects, again and again, and sends what has changed; the loop hands over and never waits."""

import logging
import threading
from collections import deque
from typing import Any, Callable, Deque, Dict, List, Optional, Set

from runtime.clock import MonotonicClock
from runtime.events.event import Event
from runtime.mqtt import discovery
from runtime.mqtt.about import About
from runtime.mqtt.address import Broker
from runtime.mqtt.ears import Ears
from runtime.mqtt.link import Link, LostError, Message
from runtime.mqtt.messages import (
    OFFLINE,
    ONLINE,
    Seen,
    Topics,
    event_message,
    figures_message,
    place_messages,
    product_messages,
    products_of,
)

log = logging.getLogger(__name__)

FIGURES_EVERY_S = 5.0
PRODUCTS_EVERY_S = 1.0
ABOUT_EVERY_S = 1.0
WAITING = 200
"""Events that wait for a broker that is away; beyond, the oldest are dropped and counted."""
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0
"""Between two tries to connect: 1, 2, 4 s and so on."""
FAREWELL_S = 1.5
"""For the broker to take the last."""
CLOSE_S = 3.0


class Teller:
    """Of one broker and one camera."""

    def __init__(
        self,
        paho: Any,
        broker: Broker,
        first_wait_s: float = FIRST_WAIT_S,
        has_picture: bool = False,
        about: Optional[About] = None,
    ) -> None:
        self.dropped = 0
        self._about, self._ears = about or About(), Ears()
        self._paho, self._broker, self._first_wait_s = paho, broker, first_wait_s
        self._has_picture = has_picture
        self._topics = Topics(broker.prefix)
        self._clock = MonotonicClock()
        self._lock = threading.Lock()
        self._seen: Optional[Seen] = None
        self._events: Deque[Event] = deque()
        self._picture: Optional[Callable[[], bytes]] = None
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)
        self._thread.start()

    def put(self, seen: Seen, events: List[Event], picture: Optional[Callable[[], bytes]] = None) -> None:
        """Hand over the newest, which takes the place of what waits, and events, which wait in line.

        `picture`: gives a JPEG, called on the thread that tells.
        """
        with self._lock:
            self._seen = seen
            self._events.extend(events)
            self._picture = picture or self._picture
            while len(self._events) > WAITING:
                self._events.popleft()
                self.dropped += 1

    def listen(self, ears: Ears) -> None:
        """From now on `ears` hear and say, on the thread that tells."""
        self._ears = ears

    def _run(self) -> None:
        wait_s, told = self._first_wait_s, ""
        while not self._ending.is_set():
            session: Optional[_Session] = None
            try:
                session = _Session(self, Link(self._paho, self._broker, *self._introduction()))
                session.run()
            except LostError as error:
                was_told = session is not None and session.is_told
                wait_s = self._first_wait_s if was_told else wait_s
                if was_told or str(error) != told:
                    log.warning("%s: %s; %s", self._broker.shown, error, _what_to_do(error))
                told = "" if was_told else str(error)
                self._ears.say()
            if not self._ending.wait(wait_s):
                wait_s = min(LONGEST_WAIT_S, 2 * wait_s)

    def _introduction(self) -> tuple:
        return discovery.device_id(self._topics), (self._topics.availability, OFFLINE)

    def close(self) -> None:
        """Say that we go. May be called twice."""
        self._ending.set()
        self._thread.join(CLOSE_S)


class _Session:
    """From a connection to its end."""

    def __init__(self, teller: Teller, link: Link) -> None:
        self.is_told = False
        """Whether the broker took us in."""
        self._teller, self._link, self._topics = teller, link, teller._topics
        self._clock = teller._clock
        self._ears: Optional[Ears] = None
        self._heard_topics: Set[str] = set()
        self._told: Dict[str, str] = {}
        self._left_topics: Set[str] = set()
        self._left_keys: Set[str] = set()
        self._figures_at_s = self._products_at_s = self._about_at_s = float("-inf")

    def run(self) -> None:
        """Until the end is asked for. LostError: the connection is gone."""
        try:
            while not self._teller._ending.is_set():
                for message in self._link.turn():
                    self._note(message)
                if self._link.is_connected:
                    self._turn()
            if self._link.is_connected:
                self._tell_newest(self._clock.now_s(), at_once=True)
                self._tell_events()
                self._link.send(self._topics.availability, OFFLINE)
                deadline_s = self._clock.now_s() + FAREWELL_S
                # a socket closed with answers in it that nobody read takes along what was sent
                while self._link.is_busy and self._clock.now_s() < deadline_s:
                    self._link.turn()
        finally:
            self._link.close()

    def _turn(self) -> None:
        if not self.is_told:
            self.is_told = True
            log.info("told to %s", self._teller._broker.shown)
            # what an earlier run left there, of products that are no more
            self._link.subscribe(self._topics.products + "+")
            self._link.subscribe(discovery.config_topic(self._topics))
            self._link.subscribe(self._topics.about)
            self._about_at_s = self._clock.now_s() + ABOUT_EVERY_S  # when what an earlier run left has come
            self._link.send(self._topics.availability, ONLINE)
        self._let_ears_say()
        if not self._link.is_busy:  # a slow broker gets the newest when it is ready for it
            self._tell_about(self._clock.now_s())
            self._tell_newest(self._clock.now_s())
            self._tell_events()

    def _let_ears_say(self) -> None:
        ears = self._teller._ears
        if ears is not self._ears:
            self._ears, self._heard_topics = ears, set(ears.topics(self._topics.prefix))
            for topic in self._heard_topics:
                self._link.subscribe(topic)
        for said in ears.say():
            self._link.send(said.topic, said.payload, said.retain)

    def _note(self, message: Message) -> None:
        topic, payload = message
        if topic in self._heard_topics and self._ears is not None:
            self._ears.hear(topic, payload)
        elif topic == discovery.config_topic(self._topics):
            self._left_keys.update(discovery.keys_in(payload))
        elif topic == self._topics.about:
            self._teller._about.note_earlier(payload)
        elif payload:
            self._left_topics.add(topic)

    def _tell_about(self, now_s: float) -> None:
        if now_s >= self._about_at_s:
            self._about_at_s = now_s + ABOUT_EVERY_S
            self._tell(self._topics.about, self._teller._about.text())

    def _tell_newest(self, now_s: float, at_once: bool = False) -> None:
        with self._teller._lock:
            seen, picture, self._teller._picture = self._teller._seen, self._teller._picture, None
        if seen is None:
            return
        if at_once or now_s - self._products_at_s >= PRODUCTS_EVERY_S:
            self._products_at_s = now_s
            messages = product_messages(seen, self._topics)
            self._remove_leftovers(seen, messages)
            for topic, text in messages.items():
                self._tell(topic, text)
        if at_once or now_s - self._figures_at_s >= FIGURES_EVERY_S:
            self._figures_at_s = now_s
            self._tell(self._topics.figures, figures_message(seen))
            for topic, text in place_messages(seen, self._topics).items():
                self._tell(topic, text)
        if picture is not None:
            self._link.send(self._topics.picture, picture())

    def _remove_leftovers(self, seen: Seen, messages: Dict[str, str]) -> None:
        """And tell Home Assistant what there is, where that has changed."""
        products = products_of(seen.observation)
        board = seen.figures.board
        has_board = board is not None and board.hottest_celsius is not None
        keys = {discovery.product_key(name) for name in products}
        gone = sorted(self._left_keys - keys)
        if gone:
            text = discovery.config(self._topics, products, has_board, self._teller._has_picture, gone)
            self._link.send(discovery.config_topic(self._topics), text)
        self._left_keys = keys
        self._tell(
            discovery.config_topic(self._topics),
            discovery.config(self._topics, products, has_board, self._teller._has_picture),
            is_anew=bool(gone),
        )
        for topic in sorted((self._left_topics | {t for t in self._told if self._is_product(t)}) - set(messages)):
            self._link.send(topic, b"")
            self._told.pop(topic, None)
        self._left_topics.clear()

    def _is_product(self, topic: str) -> bool:
        return topic.startswith(self._topics.products)

    def _tell(self, topic: str, text: str, is_anew: bool = False) -> None:
        if is_anew or self._told.get(topic) != text:
            self._link.send(topic, text)
            self._told[topic] = text

    def _tell_events(self) -> None:
        while True:
            with self._teller._lock:
                if not self._teller._events:
                    return
                event = self._teller._events[0]
            self._link.send(self._topics.event, event_message(event), retain=False)
            with self._teller._lock:
                if self._teller._events and self._teller._events[0] is event:
                    self._teller._events.popleft()


def _what_to_do(error: LostError) -> str:
    if error.is_refused:
        return "look at the user of --mqtt, and at the password in its file or variable; tried again, ever more rarely"
    return "tried again, the rest goes on"
