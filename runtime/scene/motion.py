"""Where everything is at a given time: objects drifting along shelves and held in hands, as pure functions of time."""

import math
from typing import NamedTuple, Tuple

import numpy as np

from runtime.scene.settings import Difficulty, SceneSettings, difficulty_of, ranges_of

DESIGN_HEIGHT = 300.0
"""Design pixels of a tall product; a pose's scale is frame pixels per design pixel."""
TYPICAL_WIDTH = 150.0
"""Design pixels, for spacing."""
VISIT_S = 9.0
"""How long a hand shows one product before it goes for the next."""


class Pose(NamedTuple):
    """An object's place in the frame."""

    x_px: float
    y_px: float
    """Where the object stands: the middle of its foot for a shelf, its centre in a hand."""
    scale: float
    roll: float
    """Radians in the picture plane, clockwise positive."""
    yaw: float
    pitch: float
    """Radians out of the picture plane."""
    velocity_px_s: Tuple[float, float]
    visit: int
    """How many times the object has left and come back, perhaps as another product."""


class Lane(NamedTuple):
    """A row of objects drifting together; what leaves on one side comes back on the other."""

    foot_y_px: float
    scale: float
    speed_px_s: float
    loop_px: float
    """Length of the way round: the frame and room to leave it on both sides."""
    spacing_px: float
    margin_px: float
    phases: Tuple[float, ...]
    """One per object, 0..1: its own jitter, rocking and turning."""


class HandPath(NamedTuple):
    """A hand that comes up from below, shows a product, and goes down again."""

    x_px: float
    y_px: float
    reach_px: float
    """How far it wanders from there, and half of what it sinks by to leave."""
    scale: float
    phase: float


class Layout(NamedTuple):
    """All the places of a scene, back to front, and its shelves."""

    lanes: Tuple[Lane, ...]
    hands: Tuple[HandPath, ...]
    boards_y_px: Tuple[float, ...]
    """Where shelf boards are: objects stand on these lines."""
    camera_roll: float
    """Radians."""


def layout_of(rng: np.random.RandomState, settings: SceneSettings, width: int, height: int) -> Layout:
    """Share the objects out over shelves and hands."""
    size = (width, height)
    ranges, difficulty = ranges_of(settings), difficulty_of(settings)
    hand_count = 0 if settings.products < 2 else min(3, max(1, settings.products // 4))
    on_shelves = settings.products - hand_count
    rows = 1 if on_shelves <= 2 else 2 if on_shelves <= 9 else 3 if on_shelves <= 18 else 4
    pitch_px = height / (rows + 0.12)
    shift_px = rng.uniform(*ranges.board_shift) * height
    lanes, boards = [], []
    for row in range(rows):
        board_px = pitch_px * (row + 0.92) + shift_px
        boards.append(board_px)
        count = on_shelves // rows + (1 if row < on_shelves % rows else 0)
        tall_px = min(pitch_px * 0.76, 0.31 * height) * rng.uniform(*difficulty.size)
        scale = min(tall_px / DESIGN_HEIGHT, 2.2 * width / (TYPICAL_WIDTH * max(1, count)))
        direction = 1 if (row + rng.randint(2)) % 2 else -1
        front = count // 3
        lanes.append(_lane(rng, size, board_px - 0.012 * height, scale, count - front, direction, difficulty))
        if front:
            nearer = board_px + 0.006 * height
            lanes.append(_lane(rng, size, nearer, scale * 1.07, front, -direction, difficulty))
    hands = tuple(_hand(rng, number, hand_count, size, difficulty) for number in range(hand_count))
    roll = math.radians(rng.uniform(*ranges.camera_roll_degrees)) * (1 if rng.randint(2) else -1)
    return Layout(tuple(lanes), hands, tuple(boards), roll)


def _lane(
    rng: np.random.RandomState,
    size: Tuple[int, int],
    foot_y_px: float,
    scale: float,
    count: int,
    direction: int,
    difficulty: Difficulty,
) -> Lane:
    width, height = size
    margin_px = 0.50 * DESIGN_HEIGHT * scale
    loop_px = width + 2 * margin_px
    spacing_px = loop_px / max(1, count)
    if difficulty.crowding < 1:
        spacing_px = min(spacing_px, difficulty.crowding * TYPICAL_WIDTH * scale)
    speed_px_s = direction * rng.uniform(0.035, 0.085) * height
    return Lane(foot_y_px, scale, speed_px_s, loop_px, spacing_px, margin_px, tuple(rng.uniform(0, 1, count)))


def _hand(
    rng: np.random.RandomState, number: int, count: int, size: Tuple[int, int], difficulty: Difficulty
) -> HandPath:
    width, height = size
    x_px = width * ((number + 0.5) / count + rng.uniform(-0.08, 0.08))
    tall_px = height * rng.uniform(0.30, 0.37) * (0.5 + 0.5 * difficulty.size[0])
    y_px = height * rng.uniform(0.50, 0.60)
    return HandPath(x_px, y_px, 0.07 * height, tall_px / DESIGN_HEIGHT, rng.uniform(0.25, 0.75) + number * 0.41)


def lane_pose(lane: Lane, number: int, time_s: float) -> Pose:
    """The pose of the lane's object `number`; `x_px, y_px` is its foot."""
    phase = lane.phases[number]
    start = lane.spacing_px * (number + 0.30 * (phase - 0.5)) + lane.margin_px
    way = start % lane.loop_px + lane.speed_px_s * time_s
    laps = math.floor(way / lane.loop_px)
    x_px = way - laps * lane.loop_px - lane.margin_px
    turn = 2 * math.pi * phase
    return Pose(
        x_px,
        lane.foot_y_px,
        lane.scale * (0.94 + 0.12 * phase),
        0.05 * math.sin(0.8 * time_s + turn),
        0.42 * math.sin(0.5 * time_s + 2 * turn),
        0.14 * math.sin(0.37 * time_s + 3 * turn),
        (lane.speed_px_s, 0.0),
        abs(laps),
    )


def hand_pose(hand: HandPath, time_s: float) -> Pose:
    """The pose of what the hand holds; `x_px, y_px` is its centre."""
    visits = time_s / VISIT_S + hand.phase
    visit = math.floor(visits)
    share = visits - visit
    turn = 2 * math.pi * (hand.phase + 0.37 * visit)

    def at(seconds: float, part: float) -> Tuple[float, float]:
        away = 1 - _ease(part / 0.10) * _ease((1 - part) / 0.10)
        return (
            hand.x_px + 2.2 * hand.reach_px * math.sin(0.70 * seconds + turn),
            hand.y_px + hand.reach_px * math.sin(1.13 * seconds + turn) + 12 * hand.reach_px * away,
        )

    x_px, y_px = at(time_s, share)
    before = at(time_s - 0.01, max(0.0, share - 0.01 / VISIT_S))
    return Pose(
        x_px,
        y_px,
        hand.scale * (1 + 0.10 * math.sin(0.5 * time_s + turn)),
        0.30 * math.sin(0.62 * time_s + turn),
        0.45 * math.sin(0.47 * time_s + 2 * turn),
        0.20 * math.sin(0.81 * time_s + turn),
        ((x_px - before[0]) / 0.01, (y_px - before[1]) / 0.01),
        visit,
    )


def _ease(share: float) -> float:
    """0 to 1 with a soft start and end."""
    share = min(1.0, max(0.0, share))
    return share * share * (3 - 2 * share)


def sway_px(time_s: float, height: int) -> Tuple[int, int]:
    """How far a hand-held camera has wandered, whole pixels so that the backdrop is only ever copied."""
    reach = height / 90.0
    return int(round(reach * math.sin(0.43 * time_s))), int(round(0.6 * reach * math.sin(0.71 * time_s + 1)))
