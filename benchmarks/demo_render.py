"""How long `demo://` takes to render a frame on one core: `python -m benchmarks.demo_render [--res 640x480]`.

Processor time of the one thread, so that what else runs on the machine counts little.
"""

import argparse
import platform
import time
from typing import List, Tuple

import cv2
import numpy as np

from runtime.scene.scene import Scene
from runtime.scene.settings import SceneSettings

COUNTS = (3, 8, 16, 30)
WARM_UP = 5
"""Frames before the clock starts."""


def frame_times_ms(settings: SceneSettings, size: Tuple[int, int], frames: int) -> np.ndarray:
    """Milliseconds of processor time of each of `frames` frames in a row, at 30 frames per second of scene time."""
    scene = Scene(settings, size)
    times_ms: List[float] = []
    for frame in range(-WARM_UP, frames):
        time_s = (frame + WARM_UP) / 30.0
        for _ in scene.furnish(time_s):
            pass
        start_s = time.process_time()
        scene.render(time_s)
        if frame >= 0:
            times_ms.append((time.process_time() - start_s) * 1000)
    return np.array(times_ms)


def main() -> None:
    """Print one line per number of objects and difficulty."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--res", default="640x480", help="frame size, WxH")
    parser.add_argument("--frames", type=int, default=150, help="frames measured per repeat")
    parser.add_argument("--repeats", type=int, default=3, help="repeats, interleaved; the best median counts")
    options = parser.parse_args()
    width, height = (int(part) for part in options.res.split("x"))
    cv2.setNumThreads(1)
    print(
        "{} x {}, one core of {}, Python {}, OpenCV {}, numpy {}".format(
            width,
            height,
            platform.processor() or platform.machine(),
            platform.python_version(),
            cv2.__version__,
            np.__version__,
        )
    )
    print("objects  hard  median ms (of repeats)   p95 ms")
    rounds = [(count, hard) for count in COUNTS for hard in (False, True)]
    measured: List[List[np.ndarray]] = [[] for _ in rounds]
    for _ in range(options.repeats):
        for times, (count, hard) in zip(measured, rounds):
            settings = SceneSettings(products=count, hard=hard)
            times.append(frame_times_ms(settings, (width, height), options.frames))
    for times, (count, hard) in zip(measured, rounds):
        medians = sorted(float(np.median(part)) for part in times)
        p95 = min(float(np.percentile(part, 95)) for part in times)
        print(
            "{:7d}  {:4d}  {:6.2f} ({})  {:6.2f}".format(
                count, hard, medians[0], " ".join("{:.2f}".format(value) for value in medians), p95
            )
        )


if __name__ == "__main__":
    main()
