"""A device of a fleet without camera and networks: what it tells and how it takes bundles is the program's own."""

import threading
import time
from typing import List, Optional, Sequence

import numpy as np

from runtime.bundle import Bundle
from runtime.figures.board import BoardReading
from runtime.figures.figures import Figures, Stages
from runtime.frame import Detections, Frame, Names, Observation, Words
from runtime.mqtt.address import broker_of
from runtime.mqtt.ears import Ears, Said
from runtime.settings import Settings
from runtime.sinks.mqtt import MqttSink
from runtime.taking.opening import open_taking

FPS = 30.0
PICTURE = np.zeros((48, 64, 3), np.uint8)
TURN_S = 0.1


class FlippingEars(Ears):
    """Hears one piece with a bit of it turned round, once: a card or a network that fails."""

    def __init__(self, ears: Ears, topic_ending: str = "/piece") -> None:
        self._ears, self._ending = ears, topic_ending
        self.flipped = 0

    def topics(self, prefix: str) -> Sequence[str]:
        return self._ears.topics(prefix)

    def hear(self, topic: str, payload: bytes) -> None:
        if topic.endswith(self._ending) and payload.startswith(b"detector.onnx 0\n") and not self.flipped:
            self.flipped += 1
            payload = payload[:-1] + bytes([payload[-1] ^ 1])
        self._ears.hear(topic, payload)

    def say(self) -> List[Said]:
        return self._ears.say()


class SimulatedDevice:
    """Runs from its constructor until `close`, and starts again where another bundle takes over."""

    def __init__(
        self, mqtt: str, bundle: str, take_bundles: Optional[str] = None, bundle_key: Optional[str] = None,
        heat_celsius: float = 48.0, share_with_another: float = 1.0, flips: bool = False, check_s: float = 0.2,
    ) -> None:  # fmt: skip
        """`share_with_another`: of FPS, that it reaches with any bundle but `bundle`. `flips`: see FlippingEars."""
        self.settings = Settings(mqtt=mqtt, bundle=bundle, take_bundles=take_bundles, bundle_key=bundle_key)
        self._heat_celsius, self._share, self._flips, self._check_s = heat_celsius, share_with_another, flips, check_s
        self._ending = threading.Event()
        self.starts = 0
        self._thread = threading.Thread(target=self._run, name="device", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._ending.is_set():
            self.starts += 1
            self._run_once()

    def _run_once(self) -> None:
        stop = threading.Event()
        with open_taking(self.settings, stop, self._why_not) as taking:
            bundle = Bundle.open(taking.settings.bundle or "")
            fps = FPS * (1.0 if taking.settings.bundle == self.settings.bundle else self._share)
            with MqttSink(broker_of(self.settings.mqtt or ""), bundle=bundle) as sink:
                if taking.ears is not None:
                    sink.listen(FlippingEars(taking.ears) if self._flips else taking.ears)
                    self._flips = False
                number = 0
                while not stop.is_set() and not self._ending.wait(TURN_S):
                    number += 1
                    sink.present(PICTURE, _observation(number, bundle), self._figures(fps))

    def _why_not(self, _settings: Settings, _folder: str) -> str:
        self._ending.wait(self._check_s)
        return ""

    def _figures(self, fps: float) -> Figures:
        board = BoardReading((("CPU", self._heat_celsius),))
        return Figures(30.0, 30.0, fps, 30.0, 35.0, Stages(detect=25.0), 120, 100, 77, 300, "camera", board=board)

    def close(self) -> None:
        """Say goodbye."""
        self._ending.set()
        self._thread.join(10.0)

    def __enter__(self) -> "SimulatedDevice":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _observation(number: int, bundle: Bundle) -> Observation:
    nothing = Detections(np.zeros((0, 4), np.float32), np.ones(0, np.float32), np.zeros(0, np.int32))
    names = Names(np.zeros(0, np.int32), np.ones(0, np.float32), 0, 0)
    words = Words(bundle.shapes, bundle.products)
    return Observation(Frame(PICTURE, number, time.monotonic()), nothing, np.arange(0), names, words)
