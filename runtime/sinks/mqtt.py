"""The sink that tells an MQTT broker what is seen, by a thread of its own."""

import logging
import time
from typing import Callable, Dict, Optional

import cv2
import numpy as np

from runtime.bundle import Bundle
from runtime.clock import MonotonicClock
from runtime.events.changes import Changes
from runtime.figures.figures import Figures
from runtime.frame import Observation
from runtime.mqtt.about import About
from runtime.mqtt.address import Broker, broker_of
from runtime.mqtt.ears import Ears
from runtime.mqtt.link import import_paho
from runtime.mqtt.messages import Seen
from runtime.mqtt.teller import Teller
from runtime.seen import objects_in
from runtime.settings import Settings
from runtime.sinks.sink import Sink

JPEG_QUALITY = 80
_NO_PICTURE = np.empty((0, 0, 3), np.uint8)


class MqttSink(Sink):
    """Costs the loop a look at each object, and one copy of the picture where those are asked for."""

    wants_panel = False

    def __init__(
        self,
        broker: Broker,
        picture_every_s: Optional[float] = None,
        camera: str = "",
        bundle: Optional[Bundle] = None,
    ) -> None:
        """Returns at once, whether the broker is there or not. MissingPackageError: no paho-mqtt.

        `camera`: where there are several, a device of its own with topics below the broker's prefix.
        """
        self._camera = camera
        self._about, self._ears = About(bundle), Ears()
        broker = self._of_camera(broker)
        self.name = broker.shown
        self._asked = broker, picture_every_s
        self._picture_at_s = float("-inf")
        self._clock = MonotonicClock()
        self._changes = Changes()
        self._last_seen_s: Dict[str, float] = {}
        self._teller = self._new_teller(*self._asked)
        logging.getLogger().addHandler(self._about.faults)

    def _of_camera(self, broker: Broker) -> Broker:
        return broker._replace(prefix="{}/{}".format(broker.prefix, self._camera)) if self._camera else broker

    def _new_teller(self, broker: Broker, picture_every_s: Optional[float]) -> Teller:
        teller = Teller(import_paho(), broker, has_picture=picture_every_s is not None, about=self._about)
        teller.listen(self._ears)
        return teller

    def take_up(self, settings: Settings) -> None:
        """Another broker, prefix, password or picture: takes leave of the one, and is introduced to the other."""
        if settings.mqtt is None:
            return
        broker = self._of_camera(broker_of(settings.mqtt, settings.mqtt_password_file))
        asked = broker, settings.mqtt_picture_every_s
        if asked != self._asked:
            before, self._teller = self._teller, self._new_teller(*asked)
            self._asked, self.name = asked, asked[0].shown
            before.close()

    def present(self, picture: np.ndarray, observation: Observation, figures: Figures) -> bool:
        events = self._changes.note(observation, figures)
        if observation.frame.id is not None:
            now_s = time.time()
            seen = {one.product: now_s for one in objects_in(observation) if one.product is not None}
            self._last_seen_s = dict(self._last_seen_s, **seen)  # replaced, since the other thread reads it
        without = observation._replace(frame=observation.frame._replace(image=_NO_PICTURE, prepared=None))
        self._teller.put(Seen(without, figures, self._last_seen_s), events, self._picture(picture))
        return True

    def _picture(self, picture: np.ndarray) -> Optional[Callable[[], bytes]]:
        every_s = self._asked[1]
        if every_s is None or self._clock.now_s() - self._picture_at_s < every_s:
            return None
        self._picture_at_s = self._clock.now_s()
        copy = picture.copy()
        return lambda: cv2.imencode(".jpg", copy, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()

    def listen(self, ears: Ears) -> None:
        self._ears = ears
        self._teller.listen(ears)

    def close(self) -> None:
        logging.getLogger().removeHandler(self._about.faults)
        self._teller.close()
