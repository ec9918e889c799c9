"""The scene: products on shelves and in hands before a backdrop, as a pure function of settings, size and time."""

from functools import lru_cache
from typing import Callable, Iterator, List, NamedTuple, Optional, Tuple

import cv2
import numpy as np

from runtime.errors import UsageError
from runtime.scene.backdrop import draw_backdrop, margin_px
from runtime.scene.hands import PEOPLE, Hand, hand_for
from runtime.scene.light import UNIT, gain_map
from runtime.scene.motion import Pose, hand_pose, lane_pose, layout_of, sway_px
from runtime.scene.noise import SHIFTS, Noise
from runtime.scene.products import OUTSIDERS, PRODUCTS, Product
from runtime.scene.render import Layer, matrix_of_pose, paint, shifted, sights
from runtime.scene.settings import SceneSettings, difficulty_of
from runtime.scene.sprites import product_sprite
from runtime.scene.truth import MIN_VISIBLE, Place, Rendered, Truth

MIN_SIDE_PX = 48
"""In a smaller frame the shelves' boards vanish."""


class _Object(NamedTuple):
    """One product in the scene at one moment."""

    product: Product
    number: int
    """Index into PRODUCTS, -1 for an outsider."""
    track_id: int
    layers: Tuple[Layer, ...]
    """Back to front."""
    own: int
    """Which of the layers is the product; the others are a hand."""


class Scene:
    """Renders frames. `render` may be called for any time in any order, from one thread at a time."""

    def __init__(self, settings: SceneSettings, size: Tuple[int, int]) -> None:
        """`size` is (width, height) in pixels; UsageError if too small. Draws the backdrop: 0.1 s at 640x480."""
        if min(size) < MIN_SIDE_PX:
            raise UsageError("a {}x{} demo scene: expected {} pixels or more each way".format(*size, MIN_SIDE_PX))
        self.settings = settings
        self.size = size
        width, height = size
        self._difficulty = difficulty_of(settings)
        split = 1 if settings.split == "heldout" else 0
        rng = np.random.RandomState([settings.seed, split, int(settings.hard)])
        self._order = rng.permutation(len(PRODUCTS))
        self._layout = layout_of(rng, settings, width, height)
        self._first_hand = settings.products - len(self._layout.hands)
        self._people = rng.permutation(PEOPLE)
        self._backdrop = draw_backdrop(rng, settings, self._layout, width, height)
        self._gain = gain_map(rng, settings, width, height)
        self._noise = Noise(rng, size, self._difficulty.noise)
        # A hand is 1.5 MB: those of what is held, and of what is next, are kept.
        self._hand_for: Callable[[Product, int], Hand] = lru_cache(2 * len(self._layout.hands))(hand_for)

    def render(self, time_s: float) -> Rendered:
        """The frame at `time_s` and its truth. The same settings, size and time give the same frame."""
        time_s = time_s * self.settings.speed
        width, height = self.size
        sway = sway_px(time_s, height)
        image = self._backdrop_at(sway)
        objects = self._objects(time_s, sway)
        stamps = [paint(image, layer) for thing in objects for layer in thing.layers]
        image = self._photographed(image, time_s)
        return Rendered(image, _truth(objects, sights(stamps, width, height)))

    def places(self, time_s: float) -> List[Place]:
        """Where everything is at `time_s`, back to front, seen or not; nothing is painted."""
        time_s = time_s * self.settings.speed
        return [_place(thing) for thing in self._objects(time_s, sway_px(time_s, self.size[1]))]

    def furnish(self, time_s: float) -> Iterator[Product]:
        """Draw, one by one, the hands of `time_s` and of their next visits, and every product that there may ever be.

        Optional, and from any thread: `render` draws what is missing, some 30 ms each on a desk machine. All scenes
        have their products in common.
        """
        for number, path in enumerate(self._layout.hands):
            index = self._first_hand + number
            visit = hand_pose(path, time_s * self.settings.speed).visit
            for shown in (visit, visit + 1):
                _, product = self._shown(index, shown)
                self._hand_for(product, self._person(index))
                yield product
        for number in self._order:
            product_sprite(PRODUCTS[number])
            yield PRODUCTS[number]

    def _backdrop_at(self, sway: Tuple[int, int]) -> np.ndarray:
        margin, (width, height) = margin_px(self.size[0]), self.size
        left, top = margin - sway[0], margin - sway[1]
        return self._backdrop[top : top + height, left : left + width].copy()

    def _objects(self, time_s: float, sway: Tuple[int, int]) -> List[_Object]:
        """All objects, back to front."""
        objects: List[_Object] = []
        for lane in self._layout.lanes:
            for number in range(len(lane.phases)):
                pose = self._seen_by_camera(lane_pose(lane, number, time_s), sway)
                objects.append(self._standing(len(objects), pose))
        for hand in self._layout.hands:
            pose = self._seen_by_camera(hand_pose(hand, time_s), sway)
            objects.append(self._held(len(objects), pose))
        return objects

    def _seen_by_camera(self, pose: Pose, sway: Tuple[int, int]) -> Pose:
        """Sway and roll with the camera, as the backdrop does."""
        (width, height), roll = self.size, self._layout.camera_roll
        x, y = pose.x_px - width / 2.0, pose.y_px - height / 2.0
        return pose._replace(
            x_px=x * np.cos(roll) - y * np.sin(roll) + width / 2.0 + sway[0],
            y_px=x * np.sin(roll) + y * np.cos(roll) + height / 2.0 + sway[1],
            roll=pose.roll + roll,
        )

    def _standing(self, index: int, pose: Pose) -> _Object:
        number, product = self._shown(index, pose.visit)
        sprite = product_sprite(product)
        matrix = matrix_of_pose(pose, sprite.size_px[1] / 2.0)
        layer = Layer(sprite, matrix, pose.scale, self._smear(pose))
        return _Object(product, number, self._track_id(index, pose), (layer,), 0)

    def _held(self, index: int, pose: Pose) -> _Object:
        number, product = self._shown(index, pose.visit)
        hand = self._hand_for(product, self._person(index))
        matrix, smear = matrix_of_pose(pose, 0.0), self._smear(pose)
        behind, front = (matrix.dot(shifted(*part.offset_px)) for part in hand)
        layers = (
            Layer(hand.behind.sprite, behind, pose.scale, smear),
            Layer(product_sprite(product), matrix, pose.scale, smear),
            Layer(hand.front.sprite, front, pose.scale, smear),
        )
        return _Object(product, number, self._track_id(index, pose), layers, 1)

    def _person(self, index: int) -> int:
        return int(self._people[index - self._first_hand])

    def _shown(self, index: int, visit: int) -> Tuple[int, Product]:
        """Which product object `index` is on its `visit`-th way through the frame."""
        stranger = _outsider(self.settings.seed, index, visit, self.settings.unknown)
        if stranger is not None:
            return -1, stranger
        number = int(self._order[(index + visit * (self.settings.products + 1)) % len(PRODUCTS)])
        return number, PRODUCTS[number]

    def _track_id(self, index: int, pose: Pose) -> int:
        return pose.visit * self.settings.products + index

    def _smear(self, pose: Pose) -> Tuple[int, int]:
        """Motion blur of this object; only along the axis it moves most, which one box filter can do."""
        shift = [abs(v) * self._difficulty.shutter_s * self.settings.speed for v in pose.velocity_px_s]
        lengths = [min(15, int(round(s))) for s in shift]
        return (lengths[0], 0) if lengths[0] >= lengths[1] else (0, lengths[1])

    def _photographed(self, image: np.ndarray, time_s: float) -> np.ndarray:
        """Light, lens and sensor."""
        cv2.multiply(image, self._gain, dst=image, scale=1.0 / UNIT)
        defocus = self._difficulty.defocus_px * self.size[1] / 480.0
        if defocus > 0.2:
            image = cv2.GaussianBlur(image, (0, 0), defocus)
        key = int(round(time_s * 10000)) & 0xFFFFFFFF
        left, top = np.random.RandomState([self.settings.seed, key]).randint(0, SHIFTS, 2)
        return self._noise.add_to(image, left, top)


def _place(thing: _Object) -> Place:
    layer = thing.layers[thing.own]
    x, y, depth = layer.matrix.dot((0.0, 0.0, 1.0))
    width, height = layer.sprite.size_px
    return Place(
        thing.number, thing.track_id, (float(x / depth), float(y / depth)), layer.scale * float(np.sqrt(width * height))
    )


@lru_cache(maxsize=1024)
def _outsider(seed: int, index: int, visit: int, unknown: float) -> Optional[Product]:
    """The outsider that takes the place of a product on this visit, with probability `unknown`."""
    if unknown <= 0:
        return None
    rng = np.random.RandomState([seed, index, visit])
    return OUTSIDERS[rng.randint(len(OUTSIDERS))] if rng.uniform() < unknown else None


def _truth(objects: List[_Object], seen: list) -> Truth:
    """The truth of the objects of which enough can be seen; `seen` runs over all their layers."""
    first, kept = 0, []
    for thing in objects:
        sight = seen[first + thing.own]
        first += len(thing.layers)
        if sight is not None and sight.visible >= MIN_VISIBLE:
            kept.append((sight.box_px, thing.product.shape, thing.number, thing.track_id, sight.visible))
    boxes, shapes, numbers, tracks, visible = zip(*kept) if kept else ((),) * 5
    return Truth(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(shapes, np.int32),
        np.array(numbers, np.int32),
        np.array(tracks, np.int64),
        np.array(visible, np.float32),
    )
