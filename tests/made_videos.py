"""Short clips of the drawn scene, encoded as H.264; for Python 3.11, with PyAV."""

from fractions import Fraction

import numpy as np

from runtime.scene.scene import Scene
from runtime.scene.settings import SceneSettings

SIZE = (320, 240)
FPS = 15


def scene_pictures(seconds, seed=71, products=2, size=SIZE, fps=FPS, unknown=0.0):
    """(H, W, 3) uint8 BGR each."""
    scene = Scene(SceneSettings(products=products, seed=seed, unknown=unknown), size)
    for number in range(int(seconds * fps)):
        yield scene.render(number / fps).image


def grey_pictures(seconds, size=SIZE, fps=FPS):
    """Nothing at all."""
    for _ in range(int(seconds * fps)):
        yield np.full((size[1], size[0], 3), 90, np.uint8)


def write_video(path, pictures, fps=FPS, pixels="yuv420p", codec="libx264", options=None, times=None):
    """`path`, written; `times`: of each picture in milliseconds, for a rate that varies."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=fps, options=options or {"preset": "ultrafast"})
        for number, picture in enumerate(pictures):
            if number == 0:
                stream.height, stream.width = picture.shape[:2]
                stream.pix_fmt = pixels
                if times is not None:
                    stream.codec_context.time_base = Fraction(1, 1000)
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            if times is not None:
                frame.pts, frame.time_base = times[number], Fraction(1, 1000)
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path
