"""Made-up review videos with the truth of what appears when: shots of the drawn scene among other footage."""

import math
import os
from typing import Dict, Iterator, List, NamedTuple, Tuple

import cv2
import numpy as np

from benchmarks.scoring.yolo_labels import read_labelled_picture
from benchmarks.scoring.yolo_names import read_names
from runtime.scene.products import PRODUCTS
from runtime.scene.scene import Scene
from runtime.scene.settings import SceneSettings
from runtime.scene.truth import MIN_VISIBLE

SIZE = (640, 480)
SCENE_SHARE = 0.55
"""Of shots that show products."""
TEMPI_S = ((0.4, 1.2), (2.0, 6.0), (6.0, 20.0))
"""Lengths of shots: of a music video, a trailer, a review."""
GAP_S = 1.0
"""Within which the same product is still there, as in search.finding.grouping."""


class Span(NamedTuple):
    """A stretch of a video in which a product is to be seen."""

    product: str
    first_s: float
    last_s: float


class Zoom(NamedTuple):
    """A window on a scene's picture that moves from one place to another; in shares of the picture."""

    start: Tuple[float, float, float]
    """Left, top and side; (0, 0, 1) is all of it."""
    end: Tuple[float, float, float]

    def at(self, share: float) -> Tuple[float, float, float]:
        """The window when `share` of the shot is over."""
        left, top, side = (a + (b - a) * share for a, b in zip(self.start, self.end))
        return left, top, side


class Photo(NamedTuple):
    """A labelled photograph, which is panned and zoomed."""

    path: str
    boxes: np.ndarray
    """(m, 4) float: centre x, centre y, width, height, 0..1."""
    names: List[str]
    """Of the m boxes."""


class Material(NamedTuple):
    """What a video is cut together from."""

    footage: List[str] = []
    """Videos without products; without any, moving gradients are cut in."""
    photos: List[Photo] = []
    """In place of the drawn scene, where there are any."""
    strangers: float = 0.15
    """Share of the things of the drawn scene that are no product; 1: none is."""
    fps: int = 30


def write_review_video(path: str, seed: int, seconds: float, material: Material) -> List[Span]:
    """Write H.264 of 640x480 to `path`; what appears in it, by the scene's own truth. Needs PyAV."""
    import av

    rng = np.random.RandomState([seed, 11])
    seen: Dict[str, List[float]] = {}
    with av.open(path, "w") as container:
        stream = container.add_stream(
            "libx264", rate=material.fps, options={"preset": "veryfast", "crf": "23", "threads": "1"}
        )
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        for number, (image, products) in enumerate(_shots(rng, seed, int(seconds * material.fps), material)):
            for product in sorted(set(products)):
                seen.setdefault(product, []).append(number / material.fps)
            for packet in stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    period_s = 1 / material.fps
    return [span for product in sorted(seen) for span in spans_of(product, seen[product], period_s)]


def spans_of(product: str, times_s: List[float], period_s: float, gap_s: float = GAP_S) -> List[Span]:
    """Of pictures at `times_s`, in order and `period_s` long, in which the product is seen."""
    spans: List[Span] = []
    for time_s in times_s:
        if spans and time_s - spans[-1].last_s <= gap_s:
            spans[-1] = spans[-1]._replace(last_s=time_s + period_s)
        else:
            spans.append(Span(product, time_s, time_s + period_s))
    return spans


def _shots(
    rng: np.random.RandomState, seed: int, frames: int, material: Material
) -> Iterator[Tuple[np.ndarray, List[str]]]:
    """Each picture and the names of the products in it."""
    done, number, tempo = 0, 0, 1
    while done < frames:
        if number % 8 == 0:
            tempo = rng.randint(len(TEMPI_S))
        length = min(frames - done, max(1, int(rng.uniform(*TEMPI_S[tempo]) * material.fps)))
        if rng.uniform() < SCENE_SHARE:
            if material.photos:
                shot = _photo_shot(rng, material.photos[rng.randint(len(material.photos))], length)
            else:
                shot = _scene_shot(rng, seed * 1000 + number, length, material)
        elif material.footage:
            shot = _footage_shot(rng, material.footage[rng.randint(len(material.footage))], length, material.fps)
        else:
            shot = _drawn_shot(rng, length, material.fps)
        for picture in shot:
            yield picture
        done, number = done + length, number + 1


def _scene_shot(
    rng: np.random.RandomState, seed: int, length: int, material: Material
) -> Iterator[Tuple[np.ndarray, List[str]]]:
    settings = SceneSettings(
        products=int(rng.randint(1, 6)),
        seed=seed,
        split="heldout",
        unknown=material.strangers,
        speed=float(rng.uniform(0.5, 1.5)),
    )
    scene, began_s = Scene(settings, SIZE), float(rng.uniform(0, 60))
    zoom = _zoom(rng)
    for number in range(length):
        image, truth = scene.render(began_s + number / material.fps)
        left, top, side = zoom.at(number / max(1, length - 1))
        window = (left * SIZE[0], top * SIZE[1], (left + side) * SIZE[0], (top + side) * SIZE[1])
        visible = [
            PRODUCTS[product].name
            for box, product, share in zip(truth.boxes_px.tolist(), truth.products.tolist(), truth.visible.tolist())
            if product >= 0 and share * _inside(box, window) >= MIN_VISIBLE
        ]
        yield _cut_out(image, zoom.at(number / max(1, length - 1))), visible


def _photo_shot(rng: np.random.RandomState, photo: Photo, length: int) -> Iterator[Tuple[np.ndarray, List[str]]]:
    """A window of the video's shape moves over the photograph, or towards it."""
    image = np.asarray(cv2.imread(photo.path))
    height, width = image.shape[:2]
    aspect = (SIZE[1] / SIZE[0]) * (width / height)
    ends = []
    for _ in range(2):
        side = float(rng.uniform(0.75, 1.0)) * min(1.0, 1.0 / aspect)
        left, top = float(rng.uniform(0, 1 - side)), float(rng.uniform(0, 1 - side * aspect))
        ends.append((left, top, side))
    zoom = Zoom(ends[0], ends[1])
    centres, halves = photo.boxes[:, :2], photo.boxes[:, 2:] / 2
    corners = np.concatenate([centres - halves, centres + halves], axis=1).tolist()
    for number in range(length):
        left, top, side = zoom.at(number / max(1, length - 1))
        window = (left, top, left + side, top + side * aspect)
        matrix = np.array(
            [[side * width / SIZE[0], 0, left * width], [0, side * aspect * height / SIZE[1], top * height]]
        )
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        seen = cv2.warpAffine(image, matrix, SIZE, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        yield seen, [name for box, name in zip(corners, photo.names) if _inside(box, window) >= MIN_VISIBLE]


def _cut_out(image: np.ndarray, window: Tuple[float, float, float]) -> np.ndarray:
    """The window, as large as a video's picture; the caller's own."""
    height, width = image.shape[:2]
    left, top, side = window
    x1, y1 = int(round(left * width)), int(round(top * height))
    x2, y2 = int(round((left + side) * width)), int(round((top + side) * height))
    return image if side == 1 and (width, height) == SIZE else cv2.resize(image[y1:y2, x1:x2], SIZE)


def _zoom(rng: np.random.RandomState) -> Zoom:
    """None, in, out, or a pan."""
    kind = rng.randint(4)
    side = float(rng.uniform(0.55, 0.85))
    left, top, other = (float(value) for value in rng.uniform(0, 1 - side, 3))
    whole, near = (0.0, 0.0, 1.0), (left, top, side)
    return (Zoom(whole, whole), Zoom(whole, near), Zoom(near, whole), Zoom(near, (other, top, side)))[kind]


def _inside(box: List[float], window: Tuple[float, float, float, float]) -> float:
    """Share of the box within the window."""
    width = min(box[2], window[2]) - max(box[0], window[0])
    height = min(box[3], window[3]) - max(box[1], window[1])
    area = (box[2] - box[0]) * (box[3] - box[1])
    return max(0.0, width) * max(0.0, height) / area if area > 0 else 0.0


def _footage_shot(
    rng: np.random.RandomState, path: str, length: int, fps: int
) -> Iterator[Tuple[np.ndarray, List[str]]]:
    """From anywhere in it, zoomed, panned and as in a mirror."""
    capture, zoom, is_mirrored = cv2.VideoCapture(path), _zoom(rng), rng.uniform() < 0.5
    try:
        count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        step = max(1, int(round((capture.get(cv2.CAP_PROP_FPS) or fps) / fps)))
        capture.set(cv2.CAP_PROP_POS_FRAMES, int(rng.randint(max(1, count - length * step))))
        image: np.ndarray = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
        for number in range(length):
            delivered = all(capture.grab() for _ in range(step))
            if delivered:
                image = np.asarray(capture.retrieve()[1])
            seen = _cut_out(image, zoom.at(number / max(1, length - 1)))
            yield (np.ascontiguousarray(seen[:, ::-1]) if is_mirrored else seen.copy()), []
    finally:
        capture.release()


def _drawn_shot(rng: np.random.RandomState, length: int, fps: int) -> Iterator[Tuple[np.ndarray, List[str]]]:
    ends = rng.randint(0, 256, (4, 4, 3)).astype(np.uint8)
    large = cv2.resize(ends, (SIZE[0] * 2, SIZE[1] * 2), interpolation=cv2.INTER_CUBIC)
    for number in range(length):
        shift = 0.5 - 0.5 * math.cos(number / fps)
        left, top = int(shift * SIZE[0]), int(shift * SIZE[1])
        yield large[top : top + SIZE[1], left : left + SIZE[0]].copy(), []


def footage_in(folder: str) -> List[str]:
    """The videos there, by name."""
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    return [os.path.join(folder, name) for name in names if name.endswith((".mp4", ".mkv", ".webm"))]


def photos_in(folder: str, split: str = "") -> List[Photo]:
    """Of a YOLO-format folder, or of one of its splits. SourceError: it is none."""
    names = read_names(folder)
    images, labels = (os.path.join(folder, kind, split).rstrip("/") for kind in ("images", "labels"))
    files = sorted(name for name in os.listdir(images) if name.lower().endswith((".jpg", ".jpeg", ".png")))
    read = [read_labelled_picture(os.path.join(images, file), labels, len(names)) for file in files]
    return [Photo(one.path, one.boxes, [names[number] for number in one.classes.tolist()]) for one in read]
