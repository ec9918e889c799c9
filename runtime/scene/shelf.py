"""The shelf behind `demo://shelf`: rows of facings before a camera that is knocked now and then, with its truth."""

import math
from functools import lru_cache
from typing import Callable, Iterator, List, NamedTuple, Optional, Tuple

import cv2
import numpy as np

from runtime.scene.backdrop import draw_backdrop, margin_px
from runtime.scene.hands import PEOPLE, SLEEVES, Hand, hand_for
from runtime.scene.light import UNIT, gain_map
from runtime.scene.motion import DESIGN_HEIGHT, Layout, Pose
from runtime.scene.noise import SHIFTS, Noise
from runtime.scene.products import PRODUCTS, Product
from runtime.scene.render import Layer, matrix_of_pose, paint, shifted, sights
from runtime.scene.settings import SceneSettings
from runtime.scene.sprites import product_sprite
from runtime.scene.stock import NOTHING, PERSON, Action, Stock
from runtime.scene.truth import MIN_VISIBLE, Rendered, Truth

LIGHT_S = 240.0
"""Period of the light: clouds."""
KNOCK_S = 900.0
"""Between two knocks."""
KNOCK_PX = 14.0
"""At most, either way, of a picture of 640 pixels."""
KNOCK_DEGREES = 1.0
NOISE = 2.5
"""Standard deviation of the sensor's, grey levels."""
STILL: Tuple[float, float] = (0.0, 0.0)


class ShelfSettings(NamedTuple):
    """What `demo://shelf?...` may ask for."""

    seed: int = 3
    rows: int = 2
    slots: int = 4
    """In a row."""
    facings: int = 2
    """In a slot."""
    pause_s: float = 12.0
    """Mean time between two visits."""
    speed: float = 1.0
    knocks: bool = True


class SlotTruth(NamedTuple):
    """One slot at one moment."""

    product: str
    """What belongs there."""
    box_px: Tuple[float, float, float, float]
    """Where, in the picture as the camera stands now."""
    state: str
    """filled, low, empty or wrong."""
    since_s: float
    """How long it has been so."""
    is_covered: bool
    """Somebody is in front of it, or was a moment ago."""


class ShelfScene:
    """As `Scene`. `render` may be called for any time in any order, from one thread at a time."""

    def __init__(self, settings: ShelfSettings, size: Tuple[int, int]) -> None:
        """`size` is (width, height) in pixels."""
        self.settings = settings
        self.size = size
        width, height = size
        rng = np.random.RandomState([settings.seed, 2020])
        count = settings.rows * settings.slots
        numbers = [int(number) for number in rng.permutation(len(PRODUCTS))] * (count // len(PRODUCTS) + 1)
        self.stock = Stock(settings.seed, tuple(numbers[:count]), settings.facings, settings.pause_s)
        pitch_px = height / (settings.rows + 0.12)
        self._boards = tuple(pitch_px * (row + 0.92) for row in range(settings.rows))
        self._cell_px = 0.94 * width / (settings.slots * settings.facings)
        self._tall_px = min(pitch_px * 0.76, 0.31 * height)
        scenery = SceneSettings(products=1, seed=settings.seed)
        layout = Layout((), (), self._boards, 0.0)
        self._backdrop = draw_backdrop(rng, scenery, layout, width, height)
        self._gain = gain_map(rng, scenery, width, height)
        self._noise = Noise(rng, size, NOISE)
        self._hand_for: Callable[[Product, int], Hand] = lru_cache(1)(hand_for)
        self._person = int(rng.randint(PEOPLE))

    def render(self, time_s: float) -> Rendered:
        """The frame at `time_s` and what is to be seen in it."""
        time_s *= self.settings.speed
        (width, height), margin = self.size, margin_px(self.size[0])
        image = self._backdrop[margin : margin + height, margin : margin + width].copy()
        layers: List[Tuple[Layer, Optional[int], int]] = []
        for slot, facings in enumerate(self.stock.at(time_s)):
            for facing, number in enumerate(facings):
                if number != NOTHING:
                    layers.append((self._standing(slot, facing, number), number, slot * 100 + facing))
        action = self._action(time_s)
        if action is not None and action.kind != PERSON:
            layers += self._hand(action, time_s)
        stamps = [paint(image, layer) for layer, _, _ in layers]
        if action is not None and action.kind == PERSON:
            self._draw_person(image, action, time_s)
        image = self._photographed(image, time_s)
        return Rendered(image, self._truth(layers, sights(stamps, width, height), self._knock(time_s)))

    def furnish(self, time_s: float) -> Iterator[Product]:
        """Draw every product ahead."""
        for number in self.stock.products:
            product_sprite(PRODUCTS[number])
            yield PRODUCTS[number]

    def slots(self, time_s: float) -> List[SlotTruth]:
        """The truth of each slot."""
        time_s *= self.settings.speed
        found = []
        for slot, facings in enumerate(self.stock.at(time_s)):
            box = self._slot_box(slot)
            found.append(
                SlotTruth(
                    PRODUCTS[self.stock.products[slot]].name,
                    _moved(box, self._knock(time_s)),
                    self.stock.state(facings, slot),
                    self.stock.since_s(slot, time_s) / self.settings.speed,
                    self._is_covered(box, time_s),
                )
            )
        return found

    def _slot_box(self, slot: int) -> Tuple[float, float, float, float]:
        row, place = divmod(slot, self.settings.slots)
        wide_px = self._cell_px * self.settings.facings
        left = 0.03 * self.size[0] + place * wide_px
        return left, self._boards[row] - self._tall_px * 1.08, left + wide_px, self._boards[row]

    def _foot(self, slot: int, facing: int) -> Tuple[float, float]:
        left, _, _, bottom = self._slot_box(slot)
        return left + self._cell_px * (facing + 0.5), bottom - 0.012 * self.size[1]

    def _scale(self, product: Product) -> float:
        return min(self._tall_px / DESIGN_HEIGHT, 0.94 * self._cell_px / product_sprite(product).size_px[0])

    def _standing(self, slot: int, facing: int, number: int) -> Layer:
        product = PRODUCTS[number]
        sprite, scale = product_sprite(product), self._scale(product)
        (x, y), wobble = self._foot(slot, facing), math.sin(7.0 * slot + 3.0 * facing)
        pose = Pose(x, y, scale, 0.02 * wobble, 0.1 * wobble, 0.0, STILL, 0)
        return Layer(sprite, matrix_of_pose(pose, sprite.size_px[1] / 2.0), scale, (0, 0))

    def _action(self, time_s: float) -> Optional[Action]:
        count = self.stock.until(time_s)
        action = self.stock.actions[count - 1] if count else None
        return action if action is not None and time_s < action.start_s + action.seconds else None

    def _hand(self, action: Action, time_s: float) -> List[Tuple[Layer, Optional[int], int]]:
        product = PRODUCTS[action.product]
        sprite, scale = product_sprite(product), self._scale(product)
        share = (time_s - action.start_s) / action.seconds
        near = min(1.0, 2.4 * min(share, 1 - share))
        near = near * near * (3 - 2 * near)
        x, y = self._foot(action.slot, action.facing)
        lift = sprite.size_px[1] / 2.0 * scale
        y = y - lift + (1 - near) * (self.size[1] - y + 1.6 * self._tall_px)
        pose = Pose(x + 30 * (1 - near), y, scale, 0.1 * (1 - near), 0.0, 0.0, STILL, 0)
        matrix = matrix_of_pose(pose, 0.0)
        hand = self._hand_for(product, (self._person + int(action.start_s)) % PEOPLE)
        behind, front = (Layer(part.sprite, matrix.dot(shifted(*part.offset_px)), scale, (0, 0)) for part in hand)
        has_it = (share > 0.5) == (action.kind == "take")
        held = [(Layer(sprite, matrix, scale, (0, 0)), action.product, 100000 + int(action.start_s))] if has_it else []
        return [(behind, None, -1), *held, (front, None, -1)]

    def _person_box(self, action: Action, time_s: float) -> Tuple[float, float, float, float]:
        width, height = self.size
        share = (time_s - action.start_s) / action.seconds
        arrives = min(1.0, 6 * share, 6 * (1 - share))
        middle = width * (action.place + 0.03 * math.sin(1.3 * time_s))
        top = height * (0.12 + 0.9 * (1 - arrives))
        return middle - 0.16 * width, top, middle + 0.16 * width, float(height)

    def _draw_person(self, image: np.ndarray, action: Action, time_s: float) -> None:
        left, top, right, bottom = (int(side) for side in self._person_box(action, time_s))
        rgb = SLEEVES[int(action.start_s) % len(SLEEVES)]
        colour = (rgb & 255, rgb >> 8 & 255, rgb >> 16)
        middle, wide = (left + right) // 2, (right - left) // 2
        head = int(0.45 * wide)
        cv2.ellipse(image, (middle, top + 2 * head + wide), (wide, wide), 0, 180, 360, colour, -1, cv2.LINE_AA)
        cv2.rectangle(image, (left, top + 2 * head + wide), (right, bottom + 1), colour, -1)
        cv2.ellipse(image, (middle, top + head), (int(0.8 * head), head), 0, 0, 360, (60, 70, 90), -1, cv2.LINE_AA)

    def _is_covered(self, box: Tuple[float, float, float, float], time_s: float) -> bool:
        for when in (time_s, time_s - 1.0):
            action = self._action(when)
            if action is None:
                continue
            if action.kind == PERSON:
                left, top, right, _ = self._person_box(action, when)
            else:
                x, y = self._foot(action.slot, action.facing)
                left, right, top = x - self._cell_px, x + self._cell_px, y - self._tall_px
            if left < box[2] and box[0] < right and top < box[3]:
                return True
        return False

    def _knock(self, time_s: float) -> np.ndarray:
        """(2, 3): where the camera looks since the last knock."""
        number = int(time_s // KNOCK_S) if self.settings.knocks else 0
        if number == 0:
            return np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
        rng = np.random.RandomState([self.settings.seed, 31, number])
        width, height = self.size
        shift = rng.uniform(-1, 1, 2) * KNOCK_PX * width / 640.0
        turn = cv2.getRotationMatrix2D((width / 2.0, height / 2.0), float(rng.uniform(-1, 1) * KNOCK_DEGREES), 1.0)
        return turn + np.array([[0.0, 0.0, shift[0]], [0.0, 0.0, shift[1]]])

    def _photographed(self, image: np.ndarray, time_s: float) -> np.ndarray:
        (width, height), knock = self.size, self._knock(time_s)
        if knock[0, 2] or knock[1, 2]:
            image = cv2.warpAffine(image, knock, (width, height), borderMode=cv2.BORDER_REFLECT_101)
        cloud = 1.0 + 0.15 * math.sin(2 * math.pi * time_s / LIGHT_S)
        image = cv2.multiply(image, self._gain, scale=cloud / UNIT)
        rng = np.random.RandomState([self.settings.seed, int(round(time_s * 1000)) & 0xFFFFFFFF])
        top, left = rng.randint(0, SHIFTS, 2)
        return self._noise.add_to(image, left, top)

    def _truth(self, layers: list, seen: list, knock: np.ndarray) -> Truth:
        kept = []
        for (_, number, track), sight in zip(layers, seen):
            if number is not None and sight is not None and sight.visible >= MIN_VISIBLE:
                kept.append((_moved(sight.box_px, knock), PRODUCTS[number].shape, number, track, sight.visible))
        boxes, shapes, numbers, tracks, visible = zip(*kept) if kept else ((),) * 5
        return Truth(
            np.array(boxes, np.float32).reshape(-1, 4),
            np.array(shapes, np.int32),
            np.array(numbers, np.int32),
            np.array(tracks, np.int64),
            np.array(visible, np.float32),
        )


def _moved(box: Tuple[float, float, float, float], knock: np.ndarray) -> Tuple[float, float, float, float]:
    corners = np.array([(box[0], box[1], 1), (box[2], box[1], 1), (box[2], box[3], 1), (box[0], box[3], 1)])
    moved = corners.dot(knock.T)
    (left, top), (right, bottom) = moved.min(axis=0).tolist(), moved.max(axis=0).tolist()
    return left, top, right, bottom
