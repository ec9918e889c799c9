"""Whether stage 1 is faster on frames of several cameras in one batch: measured at the start, on grey pictures."""

import logging
import time
from typing import Callable

import numpy as np

from runtime.errors import ModelError
from runtime.recognition.detector import Detector

log = logging.getLogger(__name__)

REPEATS = 5
GAIN = 0.97
"""Of the time of one frame after the other, that a batch has to stay below: what is equal is better shown at once."""


def is_faster_in_batches(detector: Detector, frames: int, now_s: Callable[[], float] = time.perf_counter) -> bool:
    """Whether `frames` frames in one batch take less time than one after the other; the log says why, or why not."""
    if not detector.has_batch_axis:
        log.info("stage 1 takes the cameras' frames one after the other: %s has no axis for more", detector.engine.name)
        return False
    height, width = detector.sides.height, detector.sides.width
    grey = np.zeros((frames, height, width, 3) if detector.takes_uint8 else (frames, 3, height, width), detector.dtype)
    singly_s, together_s = float("inf"), float("inf")
    try:
        for _ in range(REPEATS):  # in turn, and the least of each: what else the machine does counts for neither
            began_s = now_s()
            for _ in range(frames):
                detector.engine.run(grey[:1])
            between_s = now_s()
            detector.engine.run(grey)
            singly_s, together_s = min(singly_s, between_s - began_s), min(together_s, now_s() - between_s)
    except ModelError as error:
        log.info("stage 1 takes the cameras' frames one after the other: %s", error)
        return False
    is_faster = together_s < GAIN * singly_s
    log.info(
        "stage 1 takes the cameras' frames %s: %.1f ms for %d in one batch, %.1f ms one after the other",
        "together" if is_faster else "one after the other",
        1e3 * together_s,
        frames,
        1e3 * singly_s,
    )
    return is_faster
