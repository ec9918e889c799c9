"""The connection to the broker, by paho-mqtt: of one thread, which gives it its time by `turn`."""

import struct
from typing import Any, Callable, List, Optional, Set, Tuple

from runtime.clock import MonotonicClock
from runtime.errors import MissingPackageError, SinkError
from runtime.mqtt.address import Broker

KEEPALIVE_S = 15
"""The broker tells that we are gone after one and a half of it, where the connection just falls silent."""
ANSWER_S = 10.0
"""A broker that takes the connection and says nothing for so long is none."""
TURN_S = 0.2
BROKEN = (OSError, ValueError, struct.error, IndexError, KeyError, TypeError)
"""What paho raises when the network fails, or the broker sends what is no MQTT."""

Message = Tuple[str, bytes]


class Link:
    """One try to be connected; after `LostError` it is of no more use."""

    def __init__(self, paho: Any, broker: Broker, client_id: str, will: Optional[Message] = None) -> None:
        """`will`: told by the broker when we fall silent. LostError: not reached."""
        self.is_connected = False
        self._paho = paho
        self._refusal = ""
        self._got: List[Message] = []
        self._unanswered: Set[int] = set()
        self._sent: Optional[Any] = None
        self._clock = MonotonicClock()
        self._begun_s = self._clock.now_s()
        self._client = _new_client(paho, client_id)
        self._client.on_connect = self._on_connect
        self._client.on_message = lambda client, data, message: self._got.append((message.topic, message.payload))
        self._client.on_subscribe = lambda client, data, number, *_: self._unanswered.discard(number)
        if will is not None:
            self._client.will_set(*will, qos=1, retain=True)
        self._client.max_queued_messages_set(1000)
        if broker.user is not None:
            self._client.username_pw_set(broker.user, broker.password)
        if broker.is_tls:
            self._client.tls_set()
        try:
            self._guard(lambda: self._client.connect(broker.host, broker.port, KEEPALIVE_S))
        except LostError:
            self._let_go()
            raise

    def _on_connect(self, _client: Any, _data: Any, _flags: Any, code: Any, *_: Any) -> None:
        if code == 0:
            self.is_connected = True
        else:
            self._refusal = str(self._paho.connack_string(code)) if isinstance(code, int) else str(code)

    def turn(self) -> List[Message]:
        """Send and receive for TURN_S at most; what came. LostError: the connection is gone, or was refused."""
        code = self._guard(lambda: self._client.loop(TURN_S))
        if self._refusal:
            raise LostError("refused: {}".format(self._refusal.lower().rstrip(".")), is_refused=True)
        if code:
            raise LostError(str(self._paho.error_string(code)).lower().rstrip("."))
        if not self.is_connected and self._clock.now_s() - self._begun_s > ANSWER_S:
            raise LostError("no answer within {:.0f} s".format(ANSWER_S))
        got, self._got = self._got, []
        return got

    @property
    def is_busy(self) -> bool:
        """Whether the broker has not yet taken what was sent last."""
        return self._sent is not None and not self._guard(self._sent.is_published)

    def send(self, topic: str, payload: Any, retain: bool = True) -> None:
        """LostError: it cannot be."""
        self._sent = self._guard(lambda: self._client.publish(topic, payload, qos=1, retain=retain))
        if self._sent.rc:
            raise LostError(str(self._paho.error_string(self._sent.rc)).lower().rstrip("."))

    def subscribe(self, topic: str) -> None:
        """From now on `turn` gives what comes there, what is retained first."""
        self._unanswered.add(self._guard(lambda: self._client.subscribe(topic, qos=1))[1])

    @property
    def is_waiting(self) -> bool:
        """Whether the broker has not yet answered each `subscribe`."""
        return bool(self._unanswered)

    def unsubscribe(self, topic: str) -> None:
        """No more of it."""
        self._guard(lambda: self._client.unsubscribe(topic))

    def close(self) -> None:
        """Say goodbye, so that the broker does not tell our will."""
        try:
            self._client.disconnect()
            self._client.loop(0.05)
        except BROKEN:
            pass
        self._let_go()

    def _let_go(self) -> None:
        """What the client refers to us by would leave its sockets to the garbage collector."""
        self._client.on_connect = self._client.on_message = self._client.on_subscribe = None

    def _guard(self, action: Callable[[], Any]) -> Any:
        try:
            return action()
        except BROKEN as error:
            raise LostError(str(getattr(error, "strerror", None) or error) or type(error).__name__) from error
        except RuntimeError as error:  # is_published of a message that was never sent
            raise LostError(str(error)) from error


class LostError(SinkError):
    """There is no connection, or no more."""

    def __init__(self, message: str, is_refused: bool = False) -> None:
        super().__init__(message)
        self.is_refused = is_refused


def import_paho() -> Any:
    """The module paho.mqtt.client: an extra."""
    try:
        from paho.mqtt import client
    except ImportError as error:
        raise MissingPackageError(
            "--mqtt needs the package paho-mqtt ({}): pip install '.[mqtt]'".format(error)
        ) from error
    return client


def _new_client(paho: Any, client_id: str) -> Any:
    if hasattr(paho, "CallbackAPIVersion"):  # from 2.0 on
        return paho.Client(paho.CallbackAPIVersion.VERSION2, client_id=client_id)
    return paho.Client(client_id=client_id)
