"""What is known changes between two frames: the next one is named by it."""

import threading

import numpy as np
import tiny_bundle as tiny

from runtime.assembly import assemble
from runtime.frame import UNKNOWN, Frame
from runtime.gallery import Gallery, Known
from runtime.settings import Settings
from runtime.sinks.fake import FakeSink
from runtime.sources.fake import FakeSource


class Teaching(FakeSink):
    """Makes something known when the third frame is presented."""

    def __init__(self):
        super().__init__()
        self.take_up = None
        self.known = None

    def present(self, picture, observation, figures):
        if observation.frame.id == 2:
            self.take_up(self.known)
        return super().present(picture, observation, figures)


def test_the_next_frame_says_the_name(tiny_folder):
    image = tiny.scene((116, 36, tiny.SQUARE, tiny.GREY))
    frames = [Frame(image.copy(), number, 0.1 * number) for number in range(6)]
    sink = Teaching()
    settings = Settings(bundle=str(tiny_folder), sequential=True, catalogue=None)
    with assemble(settings, threading.Event(), FakeSource(frames), [sink]) as assembly:
        classifier = assembly.recogniser.classifier
        plum = classifier.embed(image, np.array([[100, 20, 132, 52]], np.float32))
        gallery = classifier.gallery
        prototypes = np.concatenate([gallery.prototypes, plum])
        owners = np.concatenate([gallery.products, [len(tiny.PRODUCTS)]]).astype(np.int32)
        sink.take_up = assembly.recogniser.take_up
        sink.known = Known(Gallery(prototypes, owners, gallery.threshold), tiny.PRODUCTS + ["plum"])
        assembly.loop.run()
    named = [
        [seen.words.products[number] if number != UNKNOWN else None for number in seen.names.products]
        for seen in sink.observations
    ]
    assert named[2] == [None]
    assert named[3:] == [["plum"]] * 3
